"""The tables of docs/losses.md are those of the result lines."""

import re

import pytest
import srsly

from benchmarks.experiments import read_cells, read_lines
from benchmarks.loss_report import Experiments
from benchmarks.pages import BLOCK, as_markdown
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "losses.md").read_text(encoding="utf8")
PLAN = ROOT / "benchmarks" / "losses.yml"
LINES = read_lines(ROOT / "benchmarks" / "results" / "losses.jsonl")
TABLES = {block["name"]: block[0] for block in BLOCK.finditer(PAGE)}


@pytest.fixture(scope="module")
def experiments():
    return Experiments(LINES, srsly.read_yaml(PLAN))


@pytest.mark.parametrize("name", TABLES)
def test_a_table_is_that_of_its_lines(name, experiments):
    assert f"\n{as_markdown(experiments.table(name))}\n" in TABLES[name]


def test_every_line_is_of_a_cell_of_the_plan_and_no_cell_has_two():
    cells = [(line["experiment"], line["arm"], line["seed"]) for line in LINES]
    planned = {(cell.experiment, cell.arm, cell.seed) for cell in read_cells(PLAN)}
    assert len(cells) == len(set(cells)) > 0
    assert set(cells) <= planned


def test_tables_over_several_experiments_name_experiments_of_the_plan():
    plan = srsly.read_yaml(PLAN)
    assert {name for some in plan["tables"].values() for name in some} <= set(
        plan["experiments"]
    )


def test_a_line_has_the_command_that_makes_it_again():
    for line in LINES:
        assert line["command"] == (
            "python -m benchmarks.experiments --plan benchmarks/losses.yml "
            f"--out benchmarks/results/losses.jsonl --experiment {line['experiment']} "
            f"--arm {quoted(line['arm'])} --seed {line['seed']} --gpu -1"
        )
        assert re.fullmatch("[0-9a-f]{40}", line["commit"])


def quoted(arm):
    return f"'{arm}'" if "*" in arm else arm


def test_every_plot_that_is_shown_is_there():
    for path in re.findall(r"\]\((losses/\S+\.svg)\)", PAGE):
        assert (ROOT / "docs" / path).is_file()
