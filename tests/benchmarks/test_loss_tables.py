"""The tables of docs/losses.md."""

import pytest

from benchmarks.loss_report import Experiments
from benchmarks.loss_tables import arm_table, beta_table, control_of
from benchmarks.pages import save_plot
from tests.benchmarks.result_lines import line, runs_of


@pytest.mark.parametrize(
    ("arm", "control"),
    [("eiou-emc-0.3", "emc*0.7"), ("eiou-emc-0.5-box-area", "emc*0.5"), ("bce", None)],
)
def test_the_control_of_an_arm_has_its_class_term(arm, control):
    assert control_of(arm) == control


def test_the_table_has_the_arm_that_is_best_on_dev_first():
    header, *rows = arm_table(runs_of({"emc": [50, 52], "b": [60, 64], "c": [10, 12]}))
    assert [row[0] for row in rows] == ["`b`", "`emc`", "`c`"]
    table = [dict(zip(header, row)) for row in rows]
    assert table[0]["test F1"] == "62.0"
    assert table[0]["± sd"] == "2.8"
    assert table[0]["test F1 − EMC"].startswith("+11.0 (+10.0 to +12.0)")
    assert table[1]["test F1 − EMC"] == ""


def test_tables_of_several_experiments_have_a_column_for_each():
    plan = {
        "few-1": {"at_most": {"Z": 1}},
        "few-9": {"at_most": {"Z": 9}},
        "wide": {"documents": 0.05},
        "deep": {},
    }
    lines = [
        line("emc", seed, [[15, 16, 7]], experiment=name) for name in plan for seed in (0, 1)
    ]
    several = {"few": ["few-1", "few-9"], "size": ["wide", "not-done", "deep"]}
    experiments = Experiments(lines, {"experiments": plan, "tables": several})
    assert experiments.table("few") == [
        ["arm", "Z, 1", "Z, 9", "all labels, 1", "all labels, 9"],
        ["`emc`", *["20.0 ± 0.0"] * 2, *["45.2 ± 0.0"] * 2],
    ]
    size = experiments.table("size")
    assert size == [["arm", "5%", "100%"], ["`emc`", *["45.2 ± 0.0"] * 2]]


def test_a_table_over_several_experiments_leaves_out_the_arms_of_one_alone():
    plan = {"experiments": {"a": {}, "b": {}}, "tables": {"size": ["a", "b"]}}
    cells = [("a", "emc"), ("a", "alone"), ("b", "emc")]
    lines = [line(arm, 0, [[15, 16, 7]], experiment=name) for name, arm in cells]
    assert [row[0] for row in Experiments(lines, plan).table("size")] == ["arm", "`emc`"]


def test_the_table_of_betas_names_the_best_on_dev_and_what_it_gains_on_test():
    runs = {
        "helps": {"emc": [50, 52], "eiou-emc-0.1": [52, 54], "eiou-emc-0.9": [40, 40]},
        "hurts": {"emc": [50, 52], "eiou-emc-0.5": [40, 40]},
    }
    header, helps, hurts = beta_table({name: runs_of(scores) for name, scores in runs.items()})
    assert dict(zip(header, helps)) == {
        "experiment": "`helps`",
        "β = 0": "51.0",
        "0.1": "53.0",
        "0.3": "",
        "0.5": "",
        "0.7": "",
        "0.9": "40.0",
        "best on dev": "0.1",
        "test F1 − EMC": "+2.0 (+2.0 to +2.0) *",
    }
    assert hurts[-2:] == ["0", ""]


@pytest.mark.slow
def test_every_plot_is_drawn_and_twice_the_same(tmp_path):
    betas = (0.1, 0.3, 0.5, 0.7, 0.9)
    arms = [
        "emc",
        *(f"eiou-emc-{b}" for b in betas),
        *(f"emc*{1 - b:.1f}" for b in betas),
    ]
    plan = {"maintie": {}, "small": {"documents": 0.01}, "large": {}}
    lines = [
        line(arm, seed, [[15, 16, 7]], experiment=name)
        for name in plan
        for arm in arms
        for seed in (0, 1)
    ]
    several = {"beta": ["small", "maintie"], "genia-size": ["small", "large"]}
    drawn = Experiments(lines, {"experiments": plan, "tables": several}).plots()
    assert set(drawn) == {"beta", "boundary", "labels", "size"}
    for name, draw in drawn.items():
        files = [tmp_path / f"{name}-{i}.svg" for i in (1, 2)]
        for file in files:
            save_plot(file, draw)
        assert files[0].read_bytes() == files[1].read_bytes()
        assert b"test" in files[0].read_bytes()
        assert b"mathdefault" not in files[0].read_bytes()  # ticks are numbers
