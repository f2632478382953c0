"""The reader of columns against the counts of DaN+."""

import re
from pathlib import Path
from typing import Dict, List

import pytest

from spacy_nested_ner.corpus.readers.columns import read_columns
from spacy_nested_ner.corpus.records import Record
from tests.corpus.token_counts import TokenCounts, count_tokens, percentile

pytestmark = [pytest.mark.corpus, pytest.mark.slow]

# sentences, tokens, mentions, inside another, same span with two types, share in a nesting
COUNTS = {
    "train": (4383, 80378, 4040, 171, 122, 0.115),
    "dev": (564, 10332, 504, 21, 30, 0.143),
    "test": (565, 10023, 566, 24, 32, 0.140),
}


@pytest.fixture(scope="module")
def records(datasets: Path) -> List[Record]:
    with pytest.warns(UserWarning, match="I-") as warned:
        records = list(read_columns(datasets / "danplus"))
    # the published tags have nine slips, without which the mentions are too few
    messages = [str(warning.message) for warning in warned]
    assert len(messages) == 2
    assert re.search(r"test\.tsv: 1 .* line 5430,", messages[0])
    assert re.search(r"train\.tsv: 8 .* line 2331,", messages[1])
    return records


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
        counts.same_span,
        pytest.approx(counts.nested_share, abs=5e-4),
    )


def test_labels(parts):
    labels = {label for counts in parts.values() for label in counts.labels}
    types = ("PER", "LOC", "ORG", "MISC")
    assert labels == {f"{type}{kind}" for type in types for kind in ("", "deriv", "part")}


def test_widths_and_the_longest_sentence(parts):
    widths = [width for counts in parts.values() for width in counts.widths]
    found = [percentile(widths, percent) for percent in (50, 95, 99, 100)]
    assert found == [1, 3, 4, 17]
    assert max(length for counts in parts.values() for length in counts.lengths) == 91


def test_whole_corpus(records, parts):
    counts = count_tokens(records)
    assert (counts.texts, counts.mentions, counts.depth) == (5512, 5110, 2)
    assert counts.nested_share == pytest.approx(0.120, abs=5e-4)
    assert len({record.id for record in records}) == 5512


def test_a_mention_that_both_layers_have_counts_once(records):
    lost = [(record.part, lost.reason) for record in records for lost in record.lost]
    assert sorted(lost) == [("test", "repeated"), *[("train", "repeated")] * 3]
