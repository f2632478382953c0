"""The reader of columns against the counts of GermEval 2014."""

from pathlib import Path
from typing import Dict, List

import pytest

from spacy_nested_ner.corpus.readers.columns import read_columns
from spacy_nested_ner.corpus.records import Record
from tests.corpus.token_counts import TokenCounts, count_tokens, percentile

pytestmark = [pytest.mark.corpus, pytest.mark.slow]

# sentences, tokens, mentions, inside another, share in a nesting, without a mention
COUNTS = {
    "train": (24000, 452853, 31545, 2466, 0.150, 9948),
    "dev": (2200, 41653, 2886, 212, 0.141, 866),
    "test": (5100, 96499, 6693, 512, 0.148, 2065),
}


@pytest.fixture(scope="module")
def records(datasets: Path) -> List[Record]:
    return list(read_columns(datasets / "germeval2014"))


@pytest.fixture(scope="module")
def parts(records: List[Record]) -> Dict[str, TokenCounts]:
    return {part: count_tokens([r for r in records if r.part == part]) for part in COUNTS}


@pytest.mark.parametrize("part", COUNTS)
def test_parts_have_the_published_counts(parts, part):
    counts = parts[part]
    assert COUNTS[part] == (
        counts.texts,
        counts.tokens,
        counts.mentions,
        counts.inside,
        pytest.approx(counts.nested_share, abs=5e-4),
        counts.without_mention,
    )


def test_labels_of_train(parts):
    assert parts["train"].labels == {
        "LOC": 9419,
        "PER": 8051,
        "ORG": 5477,
        "LOCderiv": 3410,
        "OTH": 3073,
        "ORGpart": 812,
        "LOCpart": 546,
        "OTHderiv": 239,
        "PERpart": 206,
        "OTHpart": 191,
        "PERderiv": 77,
        "ORGderiv": 44,
    }


def test_some_mentions_cross_and_none_is_inside_two(parts):
    assert parts["test"].crossing == 4
    assert max(counts.depth for counts in parts.values()) == 2


def test_widths_of_train_and_the_longest_sentence(parts):
    widths = parts["train"].widths
    found = [percentile(widths, percent) for percent in (50, 90, 95, 99, 99.9, 100)]
    assert found == [1, 2, 3, 5, 10, 20]
    assert max(length for counts in parts.values() for length in counts.lengths) == 56


def test_a_line_that_begins_with_a_hash_is_a_token(records):
    tokens = [token for record in records for token in record.text.split(" ")]
    assert sum(token.startswith("#") for token in tokens) == 12


def test_ids_are_unique_and_nothing_is_lost(records):
    assert len({record.id for record in records}) == 31300
    assert sum(len(record.mentions) for record in records) == 41124
    assert not any(record.lost for record in records)
