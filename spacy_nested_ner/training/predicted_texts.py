"""Self-training: a corpus, and beside it texts with the spans that a pipeline predicts.

python -m spacy_nested_ner annotate PIPELINE texts.jsonl predicted --format docbin
python -m spacy_nested_ner configure CONFIG CORPUS OUT --predicted predicted
"""

from pathlib import Path
from typing import Callable, Collection, Iterable, Iterator, NamedTuple, Set

from spacy.language import Language
from spacy.training import Example
from spacy.training.corpus import walk_corpus
from spacy.util import dot_to_object
from spacy.vocab import Vocab
from thinc.api import Config

from ..config_errors import as_config_error
from ..files.corpora import find_corpus
from ..files.docbin import read_docs
from ..files.pipelines import keys_of_config, the_only_key
from ..user_error import UserError

# predicted documents for each document of the corpus, copies included, so that a wrong
# prediction has little weight; measured with this number alone (docs/results.md, "Little data")
PREDICTED_PER_GOLD = 5
SPACY_READER = "spacy.Corpus.v1"

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


def survey(path: Path, key: str) -> Found:
    """The documents of a .spacy file, or of all in a folder.

    RAISES (UserError): A file is damaged or has no documents.
    """
    n = 0
    labels: Set[str] = set()
    for file in walk_corpus(path, ".spacy"):
        for doc in read_docs(Path(file), Vocab()):
            n += 1
            labels.update(span.label_ for span in doc.spans.get(key, ()))
    return Found(n, labels)
