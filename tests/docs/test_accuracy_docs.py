"""The numbers that README.md and docs/accuracy.md promise are those of the result lines."""

import re

import pytest
import srsly

from benchmarks.experiments import read_lines
from benchmarks.pages import BLOCK, as_markdown
from benchmarks.recipe_report import EXPECTED, find_runs
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text(encoding="utf8")
PAGE = (ROOT / "docs" / "accuracy.md").read_text(encoding="utf8")
RESULTS = ROOT / "benchmarks" / "results"
LINES = [line for name in ("recipe", "small") for line in read_lines(RESULTS / f"{name}.jsonl")]


@pytest.mark.parametrize(
    ("page", "names"),
    [(README, ["accuracy"]), (PAGE, ["accuracy", "genia-articles"])],
    ids=["README", "accuracy"],
)
def test_the_tables_of_expected_scores_are_those_of_their_lines(page, names):
    tables = {block["name"]: block[0] for block in BLOCK.finditer(page)}
    assert list(tables) == names
    for name, table in tables.items():
        assert f"\n{as_markdown(EXPECTED[name](LINES))}\n" in table


def test_the_readme_compares_speed_as_measured():
    lines = {line["name"]: line for line in srsly.read_jsonl(RESULTS / "speed.jsonl")}
    shown = re.findall(r"([\d,]+) words/s", README)
    pipes = ("nested_spancat", "spancat 1-12")
    expected = [
        f"{lines[name][what][pipe]['words_per_second']:,}"
        for name, what in (("documents-numpy", "inference"), ("sentences-numpy", "training"))
        for pipe in pipes
    ]
    assert shown == expected


def test_the_readme_compares_memory_as_measured():
    lines = list(srsly.read_jsonl(RESULTS / "memory.jsonl"))
    shown = re.findall(r"([\d,]+) MB above the encoder", README)
    rows = [
        line
        for pipe, tokens in (("nested_spancat", 100_000), ("spancat", 5_000))
        for line in lines
        if (line["varies"], line["pipe"], line["tokens"]) == ("length", pipe, tokens)
    ]
    assert shown == [f"{row['peak_mb'] - row['encoder_peak_mb']:,.0f}" for row in rows]


def test_the_readme_compares_rare_labels_as_measured():
    runs = find_runs(LINES, "maintie-shipped")
    shown = re.findall(r"macro F1 ([\d.]+)", README)
    arms = ("shipped", "shipped-spancat", "shipped-spancat-cross-entropy")
    assert shown == [f"{runs.scores(arm, 'macro').mean():.1f}" for arm in arms]
