"""Self-training: a corpus, and beside it texts with the spans that a pipeline predicts.

python -m spacy_nested_ner annotate PIPELINE texts.jsonl predicted --format docbin
python -m spacy_nested_ner configure CONFIG CORPUS OUT --predicted predicted
"""

import warnings
from collections import Counter
from pathlib import Path
from typing import Callable, Collection, Iterable, Iterator, NamedTuple, Optional, Set

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.training.corpus import walk_corpus
from spacy.util import dot_to_object
from spacy.vocab import Vocab
from thinc.api import Config

from ..config_errors import as_config_error
from ..corpus.overlap import EXAMPLE_LENGTH, normalize_text
from ..files.corpora import find_corpus
from ..files.docbin import read_docs
from ..files.pipelines import keys_of_config, the_only_key
from ..user_error import UserError, shorten

# predicted documents for each document of the corpus, copies included, so that a wrong
# prediction has little weight; measured with this number alone (docs/results.md, "Little data")
PREDICTED_PER_GOLD = 5
SPACY_READER = "spacy.Corpus.v1"
HELD_OUT = ("dev", "test")

Reader = Callable[[Language], Iterable[Example]]


@as_config_error()
def make_corpus_with_predicted(
    *, annotated: Reader, predicted: Reader, copies: int
) -> Callable[[Language], Iterator[Example]]:
    """Make a reader for the training corpus; registered as
    spacy_nested_ner.CorpusWithPredicted.v1.

    annotated: Reader of the annotated corpus.
    predicted: Reader of the documents with predicted spans.
    copies: How often the reader yields the annotated corpus.
    RAISES (ValueError): If copies is less than 1.
    """
    if copies < 1:
        raise ValueError(
            f"copies={copies} leaves out the annotated corpus: choose a number of 1 or more."
        )

    def read(nlp: Language) -> Iterator[Example]:
        for _ in range(copies):
            yield from annotated(nlp)
        yield from predicted(nlp)

    return read


def describe_held_out(predicted: Path, corpus: Path) -> str:
    """A sentence about predicted documents with the text of a document of dev or test, "" if
    there are none. They are no error, because a stock sentence may stand in every part. Texts
    are compared by `normalize_text`; blank texts are skipped.

    corpus: Folder with dev.spacy, test.spacy, or both.
    RAISES (UserError): There are no predicted documents.
    """
    files = {part: corpus / f"{part}.spacy" for part in HELD_OUT}
    held_out = {
        part: {normalize_text(doc.text) for doc in read_docs(file, Vocab())} - {""}
        for part, file in files.items()
        if file.is_file()
    }
    found: Counter[str] = Counter()
    first = ""
    for doc in _read_predicted(predicted):
        text = normalize_text(doc.text)
        parts = [part for part in held_out if text in held_out[part]]
        found.update(parts)
        if parts and not first:
            first = shorten(" ".join(doc.text.split()), EXAMPLE_LENGTH)
    if not found:
        return ""
    counts = " and ".join(f"{n:,} of {part}" for part, n in sorted(found.items()))
    return (
        f"{predicted} has documents with the texts of the evaluation ({counts}; the first is "
        f"'{first}'), so its scores will be too high: leave them out"
    )


class Found(NamedTuple):
    """Number of documents, and labels of the spans under the key that training reads."""

    docs: int
    labels: Set[str]


def add_predicted(
    config: Config, predicted: Path, n_docs: int, labels: Collection[str]
) -> None:
    """Let the training read texts with predicted spans, and copies of the corpus beside them.
    The corpus keeps its reader.

    n_docs: Documents of the training part.
    labels: Labels of the training part.
    RAISES (UserError): There are no documents, or none of them has a span under the key of the
        config; a span has a label that the training part does not have.
    """
    key = the_only_key(keys_of_config(config), "The config")
    found = survey(predicted, key)
    if not found.labels:
        raise UserError(
            f"No document of {predicted} has a span in doc.spans['{key}']: give the folder "
            "that `annotate --format docbin` wrote with a trained pipeline."
        )
    unknown = sorted(found.labels.difference(labels))
    if unknown:
        raise UserError(
            f"The spans in {predicted} have labels that the training part of the corpus does "
            f"not have ({', '.join(unknown)}): let a pipeline for this corpus annotate them."
        )
    config["paths"]["predicted"] = str(predicted)
    parent, name = config["training"]["train_corpus"].rsplit(".", 1)
    annotated = find_corpus(config, "train")
    # as the annotated corpus, for example with its augmenter; another reader may have no path
    like = annotated if annotated["@readers"] == SPACY_READER else {"@readers": SPACY_READER}
    others = {"gold_preproc": False, **like, "path": "${paths.predicted}", "limit": 0}
    dot_to_object(config, parent)[name] = {
        "@readers": "spacy_nested_ner.CorpusWithPredicted.v1",
        "copies": max(1, round(found.docs / (PREDICTED_PER_GOLD * max(1, n_docs)))),
        "annotated": annotated,
        "predicted": others,
    }


def find_predicted(config: Config) -> Optional[Path]:
    """The predicted texts that the training of a config reads, None without them."""
    path = config["paths"].get("predicted")
    if path is None:
        return None
    corpus = dot_to_object(config, config["training"]["train_corpus"])
    return Path(path) if "predicted" in corpus else None


def survey(path: Path, key: str) -> Found:
    """The documents of a .spacy file, or of all in a folder.

    RAISES (UserError): There is no .spacy file; a file is damaged or has no documents.
    """
    n = 0
    labels: Set[str] = set()
    for doc in _read_predicted(path):
        n += 1
        labels.update(span.label_ for span in doc.spans.get(key, ()))
    return Found(n, labels)


def _read_predicted(path: Path) -> Iterator[Doc]:
    """The documents of the files that spaCy will read.

    RAISES (UserError): There is no .spacy file; a file is damaged or has no documents.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"\[W090\]")  # there is no file
        files = walk_corpus(path, ".spacy")
    if not files:
        raise UserError(
            f"There is no .spacy file in {path}: give the folder that "
            "`annotate --format docbin` wrote."
        )
    for file in files:
        yield from read_docs(Path(file), Vocab())
