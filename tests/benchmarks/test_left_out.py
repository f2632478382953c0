"""Which mentions other libraries leave out is counted, and the page has the counts."""

import re

import srsly

from benchmarks.peers.left_out import count_left_out
from benchmarks.subsets import Gold
from tests.conftest import ROOT


def test_overlaps_of_one_label_and_wide_mentions_are_counted():
    spans = [(0, 13, "a"), (0, 2, "a"), (1, 3, "b"), (2, 4, "b"), (4, 13, "b")]
    counts = count_left_out([Gold("d", ["w"] * 14, [True] * 14, spans)])
    assert counts == {"mentions": 5, "same_label": 2, "wider_than_12": 1, "wider_than_8": 2}


def test_the_table_of_the_comparison_has_the_counts():
    page = (ROOT / "docs" / "comparison.md").read_text(encoding="utf8")
    *_, genia, maintie = srsly.read_jsonl(ROOT / "benchmarks" / "results" / "left_out.jsonl")
    rows = dict(re.findall(r"^\| `(\w+)`.*\| ([\d,]+ \| [\d,]+) \|$", page, re.M))
    for library, count in {
        "spancat": "wider_than_12",
        "eds_nlp": "same_label",
        "gliner": "wider_than_12",
        "gliner2": "wider_than_8",
    }.items():
        assert rows[library] == f"{genia[count]:,} | {maintie[count]:,}"
    for line in (genia, maintie):
        assert f"of {line['mentions']:,}" in page
