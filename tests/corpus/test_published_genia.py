"""The reader, the splits and the tokenizer against the counts of the published corpus."""

import json
from collections import Counter
from pathlib import Path
from typing import Any, Dict, List

import pytest
import spacy

from spacy_nested_ner.corpus.conversion.convert import make_doc
from spacy_nested_ner.corpus.conversion.reading import read_source
from spacy_nested_ner.corpus.conversion.splits import split_records
from spacy_nested_ner.corpus.conversion.statistics import (
    PartCounts,
    count_nesting,
    count_widths,
)
from spacy_nested_ner.corpus.records import Record
from spacy_nested_ner.corpus.tokenizers import PUNCTUATION_TOKENIZER

pytestmark = [pytest.mark.corpus, pytest.mark.slow]

# articles, both copies of the repeated one counted; sentences, mentions, mentions inside
# another, share of mentions in a nesting, sentences without a mention
COUNTS = {
    "document": {
        "train": (1601, 15038, 46203, 4383, 0.180, 1518),
        "dev": (199, 1765, 4714, 444, 0.180, 232),
        "test": (199, 1732, 5119, 603, 0.226, 229),
    },
    "sentence": {
        "train": (1788, 15023, 45164, 4229, 0.178, 1582),
        "dev": (706, 1669, 5371, 571, 0.201, 165),
        "test": (213, 1854, 5511, 631, 0.219, 236),
    },
}


@pytest.fixture(scope="module")
def folder(datasets: Path) -> Path:
    return datasets / "genia"


@pytest.fixture(scope="module")
def sentences(folder: Path) -> List[Record]:
    return read_source("genia", folder).records


@pytest.fixture(scope="module")
def whole(sentences: List[Record]) -> Dict[str, Any]:
    """Counts over all sentences."""
    nlp = spacy.blank(
        "en", config={"nlp": {"tokenizer": {"@tokenizers": PUNCTUATION_TOKENIZER}}}
    )
    counts = PartCounts()
    for record in sentences:
        counts.add(record, *make_doc(nlp, record, "sc"))
    return counts.report()


def test_labels_and_nesting(whole):
    assert whole["labels"] == {
        "DNA": 10001,
        "RNA": 944,
        "cell_line": 3844,
        "cell_type": 7017,
        "protein": 34240,
    }
    assert (whole["articles"], whole["docs"], whole["spans"]) == (1999, 18546, 56046)
    assert whole["nested_share"] == pytest.approx(0.184, abs=5e-4)
    assert whole["depth"] == 4


def test_widths(sentences, whole):
    names = ("p50", "p90", "p95", "p99", "p99.9", "max")
    mentions = [m.end - m.start for record in sentences for m in record.mentions]
    texts = [len(record.text) for record in sentences]
    assert count_widths(mentions) == dict(zip(names, (10, 27, 34, 49, 71, 118), strict=True))
    assert count_widths(texts) == dict(zip(names, (150, 249, 286, 365, 541, 887), strict=True))
    assert whole["width"] == dict(zip(names, (3, 5, 6, 10, 15, 28), strict=True))


def test_mentions_with_one_span_or_one_label(sentences):
    spans = Counter((r.id, m.start, m.end) for r in sentences for m in r.mentions)
    assert sum(n for n in spans.values() if n > 1) == 62
    of_one_label = [
        [m for m in record.mentions if m.label == label]
        for record in sentences
        for label in {m.label for m in record.mentions}
    ]
    assert count_nesting(of_one_label).inside == 2932


def test_hardly_a_mention_is_inside_a_token(whole):
    assert whole["misaligned"]["count"] == 18
    assert whole["written"] == 56046 - 18


def test_repeats_are_reported(sentences):
    reasons = Counter(lost.reason for record in sentences for lost in record.lost)
    assert reasons == {"repeated": 33}


def test_ids_are_unique(sentences):
    assert len({record.id for record in sentences}) == len(sentences)


@pytest.mark.parametrize("split", COUNTS)
def test_splits_have_the_published_counts(sentences, split):
    parts = split_records(sentences, split=split, unit="sentence")
    for name, counts in COUNTS[split].items():
        records = parts[name]
        nesting = count_nesting(record.mentions for record in records)
        n_mentions = sum(len(record.mentions) for record in records)
        assert counts == (
            len({record.article for record in records}),
            len(records),
            n_mentions,
            nesting.inside,
            pytest.approx(nesting.overlapping / n_mentions, abs=5e-4),
            sum(not record.mentions for record in records),
        )


def test_the_contiguous_split_has_the_published_counts(sentences):
    parts = split_records(sentences, split="sentence_contiguous", unit="sentence")
    counts = [sum(len(record.mentions) for record in part) for part in parts.values()]
    assert counts == [46164, 4371, 5511]


def test_the_document_split_has_the_published_articles(folder, sentences):
    published = json.loads((folder / "splits.json").read_text("utf8"))["document"]
    parts = split_records(sentences, split="document", unit="document")
    articles = {name: [record.document for record in part] for name, part in parts.items()}
    assert {name: sorted(part) for name, part in articles.items()} == {
        name: sorted(part) for name, part in published.items()
    }


def test_only_the_document_split_keeps_articles_apart(sentences):
    def documents(split: str) -> List[set]:
        parts = split_records(sentences, split=split, unit="sentence")
        return [{record.document for record in part} for part in parts.values()]

    train, dev, test = documents("document")
    assert not train & dev
    assert not (train | dev) & test
    train, dev, test = documents("sentence")
    assert dev <= train


def test_whole_documents_keep_every_mention(sentences):
    parts = split_records(sentences, split="document", unit="document")
    n_mentions = [sum(len(record.mentions) for record in part) for part in parts.values()]
    assert n_mentions == [46203, 4714, 5119]
    by_id = {record.id: record for record in sentences}
    title = by_id["MEDLINE:95369245:0"].text
    assert parts["train"][0].text.startswith(f"{title}\n{by_id['MEDLINE:95369245:1'].text} ")
