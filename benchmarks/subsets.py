"""Subsets of a training corpus: a share of its documents, few mentions of some labels.

Whole sentences are dropped, never single annotations: a mention without annotation would train
the model not to predict it. Importing this module registers the reader.

A process reads a file once for all of its runs: DocBin needs a millisecond per document, more
than a small run needs to train on it.
"""

from collections import Counter
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import (
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

from spacy import Language
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example
from spacy.util import registry
from spacy.vocab import Vocab

Reader = Callable[[Language], Iterable[Example]]
Mention = Tuple[int, int, str]  # tokens, half-open, and label


class Gold(NamedTuple):
    """A gold doc without a vocab, so that runs do not share one."""

    document: str
    words: List[str]
    spaces: List[bool]
    spans: List[Mention]
    unannotated: Sequence[Mention] = ()  # regions that do not count for their label

    def make_doc(self, vocab: Vocab, spans_key: str) -> Doc:
        doc = Doc(vocab, self.words, self.spaces, user_data={"document": self.document})
        groups = {spans_key: self.spans, f"{spans_key}_unannotated": self.unannotated}
        for key, mentions in groups.items():
            doc.spans[key] = [Span(doc, start, end, label) for start, end, label in mentions]
        return doc


Change = Callable[[List[Gold], List[Gold], int], List[Gold]]


@registry.readers("benchmarks.Subset.v1")
def make_subset_reader(
    path: Path,
    documents: float = 1.0,
    at_most: Optional[Mapping[str, int]] = None,
    seed: int = 0,
    spans_key: str = "sc",
    change: Optional[Change] = None,
) -> Reader:
    """Read a subset of a .spacy file.

    documents: Share of the source documents to keep, 0 to 1; at least one document. With the
        same seed, a larger share contains each smaller one.
    at_most: Maximum number of mentions of a label, by label.
    change: Gets the docs of the subset, those of the other source documents, and the seed;
        returns the docs to read.
    """

    def read(nlp: Language) -> Iterator[Example]:
        everything = read_gold(Path(path), spans_key)
        kept = keep_documents(everything, documents, seed)
        gold = keep_few_mentions(kept, at_most or {}, seed)
        if change is not None:
            names = {one.document for one in kept}
            rest = [one for one in everything if one.document not in names]
            gold = change(gold, rest, seed)
        for one in gold:
            reference = one.make_doc(nlp.vocab, spans_key)
            yield Example(nlp.make_doc(reference.text), reference)

    return read


@lru_cache(maxsize=8)
def read_gold(path: Path, spans_key: str) -> List[Gold]:
    """Read the docs of a .spacy file, without empty docs."""
    return [
        Gold(
            doc.user_data["document"],
            [token.text for token in doc],
            [bool(token.whitespace_) for token in doc],
            [(span.start, span.end, span.label_) for span in doc.spans.get(spans_key, ())],
        )
        for doc in DocBin().from_disk(path).get_docs(Vocab())
        if len(doc)
    ]


def keep_documents(gold: Sequence[Gold], share: float, seed: int) -> List[Gold]:
    """Keep the docs of a share of the source documents, in their order."""
    names = sorted({one.document for one in gold})
    Random(seed).shuffle(names)
    kept = set(names[: max(1, round(share * len(names)))])
    return [one for one in gold if one.document in kept]


def keep_few_mentions(
    gold: Sequence[Gold], at_most: Mapping[str, int], seed: int
) -> List[Gold]:
    """Drop docs until no label of `at_most` has more mentions than allowed.

    Docs are checked in random order; a doc that would exceed a maximum is dropped.
    """
    order = list(range(len(gold)))
    Random(seed).shuffle(order)
    count: Dict[str, int] = Counter()
    kept = []
    for i in order:
        mentions = Counter(label for *_, label in gold[i].spans if label in at_most)
        if all(count[label] + n <= at_most[label] for label, n in mentions.items()):
            count.update(mentions)
            kept.append(i)
    return [gold[i] for i in sorted(kept)]
