"""Self-training: a corpus, and beside it texts with the spans that a pipeline predicts.

python -m spacy_nested_ner annotate PIPELINE texts.jsonl predicted --format docbin
python -m spacy_nested_ner configure CONFIG CORPUS OUT --predicted predicted
"""

from pathlib import Path
from typing import Callable, Iterator, NamedTuple

from spacy.language import Language
from spacy.training import Corpus, Example
from spacy.training.corpus import walk_corpus
from spacy.vocab import Vocab
from thinc.api import Config

from ..config_errors import as_config_error
from ..files.docbin import read_docs
from ..files.pipelines import distinct_keys, the_only_key
from ..user_error import UserError

# predicted documents for each document of the corpus, copies included, so that a wrong
# prediction has little weight; measured with this number alone (docs/results.md, "Little data")
PREDICTED_PER_GOLD = 5


@as_config_error()
def make_corpus_with_predicted(
    *, path: Path, predicted: Path, copies: int
) -> Callable[[Language], Iterator[Example]]:
    """Make a reader for `corpora.train`; registered as
    spacy_nested_ner.CorpusWithPredicted.v1.

    path: The annotated corpus, a .spacy file or a folder of them.
    predicted: Documents with predicted spans, in the same form.
    copies: How often the reader yields the annotated corpus.
    RAISES (ValueError): If copies is less than 1.
    """
    if copies < 1:
        raise ValueError(
            f"copies={copies} leaves out the annotated corpus: choose a number of 1 or more."
        )
    gold, others = Corpus(path), Corpus(predicted)

    def read(nlp: Language) -> Iterator[Example]:
        for _ in range(copies):
            yield from gold(nlp)
        yield from others(nlp)

    return read


class Counts(NamedTuple):
    """Documents, and spans under the key that training reads."""

    docs: int
    spans: int


def add_predicted(config: Config, predicted: Path, n_docs: int) -> None:
    """Let the training read texts with predicted spans, and copies of the corpus beside them.

    n_docs: Documents of the training part.
    RAISES (UserError): There are no documents, or none of them has a span under the key of the
        config.
    """
    key = the_only_key(distinct_keys(config["components"].values()), "The pipes of the config")
    found = count_spans(predicted, key)
    if not found.spans:
        raise UserError(
            f"No document of {predicted} has a span in doc.spans['{key}']: give the folder "
            "that `annotate --format docbin` wrote with a trained pipeline."
        )
    config["paths"]["predicted"] = str(predicted)
    config["corpora"]["train"] = {
        "@readers": "spacy_nested_ner.CorpusWithPredicted.v1",
        "path": "${paths.train}",
        "predicted": "${paths.predicted}",
        "copies": max(1, round(found.docs / (PREDICTED_PER_GOLD * max(1, n_docs)))),
    }


def count_spans(path: Path, key: str) -> Counts:
    """Count the documents of a .spacy file, or of all in a folder.

    RAISES (UserError): A file is damaged or has no documents.
    """
    docs = spans = 0
    for file in walk_corpus(path, ".spacy"):
        for doc in read_docs(Path(file), Vocab()):
            docs += 1
            spans += len(doc.spans.get(key, ()))
    return Counts(docs, spans)
