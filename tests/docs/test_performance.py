"""The tables of docs/performance.md are those of the result lines."""

import re

import pytest
import srsly

from benchmarks.table import markdown_table
from tests.conftest import ROOT

DOC = (ROOT / "docs" / "performance.md").read_text(encoding="utf8")
RESULTS = ROOT / "benchmarks" / "results"
SPEED = {line["name"]: line for line in srsly.read_jsonl(RESULTS / "speed.jsonl")}
MEMORY = list(srsly.read_jsonl(RESULTS / "memory.jsonl"))
TABLES = [
    *(("inference", [line]) for line in SPEED.values()),
    *(("training", [SPEED[name]]) for name in ("sentences-numpy", "sentences-blis", "minilm")),
    *(("stages", [SPEED[name]]) for name in ("sentences-numpy", "minilm")),
    *((kind, MEMORY) for kind in ("length", "growth", "width", "labels", "batch")),
]


@pytest.mark.parametrize(("kind", "lines"), TABLES, ids=[kind for kind, _ in TABLES])
def test_a_table_is_that_of_its_lines(kind, lines):
    assert markdown_table(kind, lines) in DOC


def test_there_is_no_table_of_numbers_beside_them():
    tables = {markdown_table(kind, lines) for kind, lines in TABLES}
    found = re.findall(r"(?:^\|.*\n)+", DOC, flags=re.M)
    others = [table for table in found if table.rstrip() not in tables]
    assert [table.split("\n")[0] for table in others] == ["| setting | effect |"]


def test_the_ratios_of_threads_are_those_of_the_line():
    (line,) = srsly.read_jsonl(RESULTS / "threads.jsonl")
    ratios = [line["ratio_to_one_thread"][kind] for kind in ("training", "prediction")]
    section = DOC.split("### Threads")[1].split("###")[0]
    said = [int(number) for number in re.findall(r"(\d+) times as long", section)]
    assert said == [round(ratio["2 torch, 1 BLAS"]) for ratio in ratios]
    assert all(0.8 < ratio["1 torch, 2 BLAS"] < 1.3 for ratio in ratios)
    assert line["load_before"] == pytest.approx(10 + line["machine"]["cores"], abs=0.5)
