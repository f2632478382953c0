"""Which record goes to train, dev and test: rules over the order of the file, no id lists."""

from itertools import groupby
from typing import Dict, List, Sequence

from .records import CorpusError, Record, join_sentences

SPLITS = ("document", "sentence", "sentence_contiguous")
UNITS = ("sentence", "document")
Parts = Dict[str, List[Record]]


def split_records(sentences: Sequence[Record], *, split: str, unit: str) -> Parts:
    """Deal the sentences of a file, in file order, into train, dev and test.

    split: "document" keeps every article in one part: test is the last tenth of the articles,
        dev the tenth before; of an article that comes twice the later copy counts. "sentence"
        is the split of most GENIA papers: test is the last tenth of the sentences, dev every
        fourth of the first ones, so that train and dev share articles. "sentence_contiguous"
        has the same test, and dev right before it.
    unit: What becomes one text, a "sentence" or the whole "document".
    RAISES (CorpusError): An unknown name, a part that would be empty, or whole documents with
        a split by sentence.
    """
    if split not in SPLITS:
        raise CorpusError(f"Unknown split '{split}': choose one of {', '.join(SPLITS)}.")
    if unit not in UNITS:
        raise CorpusError(f"Unknown unit '{unit}': choose one of {', '.join(UNITS)}.")
    if unit == "document" and split != "document":
        raise CorpusError(
            f"Unit 'document' with split '{split}' would put one article into two parts: "
            "choose split 'document'."
        )
    if split == "document":
        parts = _split_articles(sentences, unit)
    else:
        parts = _split_sentences(sentences, split)
    if not all(parts.values()):
        n_articles = len({sentence.document for sentence in sentences})
        raise CorpusError(
            f"{n_articles} articles with {len(sentences)} sentences are too few for train, dev "
            f"and test by split '{split}': give at least 10 articles and 11 sentences."
        )
    return parts


def _split_articles(sentences: Sequence[Record], unit: str) -> Parts:
    copies = [list(article) for _, article in groupby(sentences, key=lambda s: s.article)]
    # of two articles of one name the later one counts, at the place where it stands
    last = {article[0].document: article for article in copies}
    articles = [article for article in copies if article is last[article[0].document]]
    if unit == "document":
        articles = [[join_sentences(article)] for article in articles]
    tenth = len(articles) // 10
    n_train = len(articles) - 2 * tenth
    return {
        "train": [s for article in articles[:n_train] for s in article],
        "dev": [s for article in articles[n_train : n_train + tenth] for s in article],
        "test": [s for article in articles[n_train + tenth :] for s in article],
    }


def _split_sentences(sentences: Sequence[Record], split: str) -> Parts:
    n_rest = len(sentences) - len(sentences) // 10
    n_dev = n_rest // 10
    if split == "sentence":
        dev = set(range(0, 4 * n_dev, 4))
    else:
        dev = set(range(n_rest - n_dev, n_rest))
    return {
        "train": [s for i, s in enumerate(sentences[:n_rest]) if i not in dev],
        "dev": [sentences[i] for i in sorted(dev)],
        "test": list(sentences[n_rest:]),
    }
