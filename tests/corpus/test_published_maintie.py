"""The readers of MaintIE against the counts of its gold corpus."""

import json
from collections import Counter
from pathlib import Path
from typing import List

import pytest

from spacy_nested_ner.corpus.readers.maintie import read_maintie, read_maintie_top
from spacy_nested_ner.corpus.readers.token_json import read_token_json
from spacy_nested_ner.corpus.records import Record
from tests.corpus.token_counts import TokenCounts, count_tokens, percentile

pytestmark = [pytest.mark.corpus, pytest.mark.slow]


@pytest.fixture(scope="module")
def folder(datasets: Path) -> Path:
    return datasets / "maintie"


@pytest.fixture(scope="module")
def records(folder: Path) -> List[Record]:
    return list(read_maintie(folder))


@pytest.fixture(scope="module")
def counts(records: List[Record]) -> TokenCounts:
    return count_tokens(records)


def test_counts(counts, records):
    assert (counts.texts, counts.tokens, counts.mentions) == (1076, 6119, 3397)
    assert not any(record.lost for record in records)
    assert {record.part for record in records} == {None}


def test_first_levels(folder):
    assert count_tokens(list(read_maintie_top(folder))).labels == {
        "PhysicalObject": 1994,
        "Activity": 784,
        "State": 438,
        "Process": 146,
        "Property": 35,
    }


def test_whole_paths_are_those_of_the_scheme_and_most_are_rare(folder, counts):
    def paths(nodes):
        for node in nodes:
            yield node["fullname"]
            yield from paths(node["children"])

    scheme = json.loads((folder / "scheme.json").read_text("utf8"))
    assert set(counts.labels) <= set(paths(scheme["entity"]))
    assert len(counts.labels) == 155
    assert sum(n < 10 for n in counts.labels.values()) == 89


def test_nesting(counts):
    assert (counts.inside, counts.nested_texts, counts.depth) == (362, 328, 3)
    assert counts.inside / counts.mentions == pytest.approx(0.107, abs=5e-4)
    assert counts.nested_share * counts.mentions == pytest.approx(701)
    assert counts.nested_share == pytest.approx(0.206, abs=5e-4)
    assert (counts.crossing, counts.same_span) == (0, 0)


def test_mentions_nest_in_their_own_type(folder, records):
    def count_inside(records):
        """Mentions inside another, longer one of their label."""
        n_inside = Counter(
            any(o.start <= m.start and m.end <= o.end and o[:2] != m[:2] for o in others)
            for record in records
            for m in record.mentions
            for others in [[o for o in record.mentions if o.label == m.label]]
        )
        return n_inside[True]

    assert count_inside(records) == 344
    assert count_inside(read_maintie_top(folder)) == 362


def test_widths_and_lengths(counts):
    widths = [percentile(counts.widths, percent) for percent in (50, 90, 95, 99, 100)]
    lengths = [percentile(counts.lengths, percent) for percent in (50, 95, 100)]
    assert (widths, lengths) == ([1, 2, 2, 3, 4], [6, 9, 12])


def test_it_is_a_form_of_token_json(folder, records):
    assert list(read_token_json(folder / "gold_release.json")) == records
