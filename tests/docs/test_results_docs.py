"""The tables of docs/results.md, docs/comparison.md and docs/annotate.md are those of their
result lines."""

import pytest

from benchmarks.experiments import read_cells, read_lines
from benchmarks.pages import BLOCK, as_markdown
from benchmarks.recipe_report import PLANS, make_table, read_baselines, read_done, shown_plots
from benchmarks.suggestion_report import LINES as SUGGESTION
from benchmarks.suggestion_report import NAME, read_corpora
from benchmarks.suggestion_report import PAGE as ANNOTATE
from benchmarks.suggestion_report import make_table as make_suggestion_table
from tests.conftest import ROOT

PAGE, COMPARISON = (
    (ROOT / "docs" / f"{name}.md").read_text(encoding="utf8")
    for name in ("results", "comparison")
)
LINES = read_done()
ERRORS = read_lines(ROOT / "benchmarks" / "results" / "errors.jsonl")


def tables(page):
    return {block["name"]: block[0] for block in BLOCK.finditer(page)}


@pytest.mark.parametrize("name", tables(PAGE + COMPARISON))
def test_a_table_is_that_of_its_lines(name):
    made = as_markdown(make_table(name, LINES, ERRORS, read_baselines()))
    assert f"\n{made}\n" in tables(PAGE + COMPARISON)[name]


def test_the_tables_of_simulated_annotation_are_those_of_their_lines():
    shown = tables(ANNOTATE.read_text(encoding="utf8"))
    corpora = read_corpora(read_lines(SUGGESTION))
    assert set(shown) == {f"{NAME}-{corpus}" for corpus in corpora}
    for corpus, curves in corpora.items():
        assert f"\n{as_markdown(make_suggestion_table(curves))}\n" in shown[f"{NAME}-{corpus}"]
    assert (ANNOTATE.with_suffix("") / f"{NAME}.svg").is_file()


def test_every_line_is_of_a_cell_of_the_plan_and_no_cell_has_two():
    cells = [(line["experiment"], line["arm"], line["seed"]) for line in LINES]
    planned = {
        (cell.experiment, cell.arm, cell.seed)
        for name in PLANS
        for cell in read_cells(ROOT / "benchmarks" / f"{name}.yml")
    }
    peers = {
        (line["experiment"], line["arm"], line["seed"]) for line in LINES if "peer" in line
    }
    assert len(cells) == len(set(cells)) > 0
    assert set(cells) - peers <= planned
    assert {experiment for experiment, *_ in peers} <= {
        experiment for experiment, *_ in planned
    }


def test_the_plots_are_those_that_are_shown_each_with_its_table():
    shown = shown_plots(PAGE)
    assert {f"{name}.svg" for name in shown} == {
        path.name for path in (ROOT / "docs" / "results").iterdir()
    }
    assert set(shown) <= set(tables(PAGE))
