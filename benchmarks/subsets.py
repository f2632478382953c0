"""Parts of a training corpus: a share of its documents, few mentions of some labels.

Sentences are dropped, annotations never: a sentence without the annotation of a mention that
it has would teach the model not to find it. Importing this module registers the reader.

A process reads a file once, however many runs it does: DocBin takes a millisecond a document,
longer than a small run takes to train on it.
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


@registry.readers("benchmarks.Subset.v1")
def make_subset_reader(
    path: Path,
    documents: float = 1.0,
    at_most: Optional[Mapping[str, int]] = None,
    seed: int = 0,
    spans_key: str = "sc",
) -> Reader:
    """Reads part of a .spacy file.

    documents: Share of the documents (articles) to keep, 0 to 1; one at least. A smaller
        share is a part of every larger one with the same seed.
    at_most: Number of mentions to keep of a label, by label.
    """

    def read(nlp: Language) -> Iterator[Example]:
        gold = keep_documents(read_gold(Path(path), spans_key), documents, seed)
        for one in keep_few_mentions(gold, at_most or {}, seed):
            reference = one.make_doc(nlp.vocab, spans_key)
            yield Example(nlp.make_doc(reference.text), reference)

    return read


class Gold(NamedTuple):
    """A gold doc without a vocabulary, so that one run's does not become another's."""

    document: str
    words: List[str]
    spaces: List[bool]
    spans: List[Tuple[int, int, str]]  # tokens, half-open, and label

    def make_doc(self, vocab: Vocab, spans_key: str) -> Doc:
        doc = Doc(vocab, self.words, self.spaces, user_data={"document": self.document})
        doc.spans[spans_key] = [
            Span(doc, start, end, label) for start, end, label in self.spans
        ]
        return doc


@lru_cache(maxsize=8)
def read_gold(path: Path, spans_key: str) -> List[Gold]:
    """The docs of a .spacy file that have a token."""
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
    """The docs of a share of the documents, in their order."""
    names = sorted({one.document for one in gold})
    Random(seed).shuffle(names)
    kept = set(names[: max(1, round(share * len(names)))])
    return [one for one in gold if one.document in kept]


def keep_few_mentions(
    gold: Sequence[Gold], at_most: Mapping[str, int], seed: int
) -> List[Gold]:
    """The docs without some, so that no label of `at_most` has more mentions than it may.

    They are looked at in random order, and one is dropped if it would bring too many.
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
