"""Tables of runs: means, scatter, and differences that are paired by seed and by document."""

import numpy
import pytest

from benchmarks.loss_plots import save_plot
from benchmarks.loss_report import BLOCK, Experiments, fill_in
from benchmarks.loss_tables import Runs, arm_table, beta_table, control_of, f1


def line(arm, seed, per_document, *, experiment="e", per_type=None, plan=None):
    counts = {
        "total": numpy.sum(per_document, axis=0).tolist(),
        "boundary": [10, 10, 9],
        "nested": [4, 3],
        "per_type": per_type or {"X": [10, 8, 6], "Y": [0, 3, 0], "Z": [5, 5, 1]},
        "per_document": [list(row) for row in per_document],
    }
    return {
        "experiment": experiment,
        "arm": arm,
        "seed": seed,
        "plan": plan or {},
        "dev": counts,
        "test": counts,
    }


def runs_of(scores):
    """Runs of one document each, with so many right of 100, by arm and seed."""
    return Runs(
        [
            line(arm, seed, [[100, 100, right]])
            for arm, rights in scores.items()
            for seed, right in enumerate(rights)
        ],
        "e",
    )


def test_f1_is_that_of_gold_predicted_and_right_mentions():
    assert f1(numpy.array([[4, 6, 2], [1, 0, 0]])).tolist() == [40, 0]
    assert numpy.isnan(f1(numpy.array([0, 0, 0])))


def test_macro_f1_is_the_mean_over_types_with_gold_mentions():
    runs = Runs([line("a", 0, [[15, 16, 7]])], "e")
    assert runs.scores("a", "macro").tolist() == pytest.approx([(200 * 6 / 18 + 20) / 2])
    assert runs.scores("a", "X").tolist() == pytest.approx([200 * 6 / 18])


def test_a_difference_is_the_mean_over_the_seeds_that_both_arms_have():
    runs = runs_of({"a": [60, 62, 90], "b": [50, 58]})
    assert runs.difference("a", "b").mean == pytest.approx(7.0)
    assert runs.difference("a", "c") is None


def test_an_interval_is_the_spread_over_seeds_where_there_is_one_document():
    runs = runs_of({"a": [60, 62, 61], "b": [50, 51, 52]})
    difference = runs.difference("a", "b")
    assert (difference.low, difference.high) == pytest.approx((9, 11))
    assert difference.is_clear
    assert str(difference) == "+10.0 (+9.0 to +11.0) *"


def test_an_interval_counts_what_other_documents_would_change():
    documents = [[10, 10, right] for right in (10, 9, 8, 2, 1, 0)]
    better = [
        [10, 10, min(10, right + (i % 2) * 4)] for i, (_, _, right) in enumerate(documents)
    ]
    runs = Runs([line("a", 0, better), line("b", 0, documents)], "e")
    difference = runs.difference("a", "b")
    assert difference.low < difference.mean < difference.high
    same = Runs([line("a", 0, documents), line("b", 0, documents)], "e").difference("a", "b")
    assert same == (0, 0, 0)
    assert not same.is_clear


def test_arms_are_compared_on_the_same_documents():
    # the documents differ much, the arms in each of them by the same
    documents = [[10, 10, right] for right in (1, 9, 2, 8, 3, 7)]
    better = [[gold, predicted, right + 1] for gold, predicted, right in documents]
    difference = Runs([line("a", 0, better), line("b", 0, documents)], "e").difference("a", "b")
    assert (difference.low, difference.high) == pytest.approx((10, 10))


def test_two_lines_of_one_cell_are_refused():
    with pytest.raises(ValueError, match="e has two lines of arm 'a', seed 1"):
        Runs([line("a", 1, [[1, 1, 1]])] * 2, "e")


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


def test_a_page_gets_its_tables_and_keeps_the_rest():
    other = "<!-- end -->\n\n<!-- table: f -->\nx\n<!-- end -->\n"
    page = f"Before.\n\n<!-- table: e -->\nold\n{other}"
    experiments = Experiments(
        [line("emc", 0, [[4, 6, 2]])], {"experiments": {"e": {}, "f": {}}}
    )
    filled = fill_in(page, experiments)
    assert filled.startswith("Before.\n\n<!-- table: e -->\n| arm |")
    assert "| `emc` | 1 | 40.0 | 40.0 |" in filled
    assert filled.endswith(other)
    assert [block["name"] for block in BLOCK.finditer(filled)] == ["e", "f"]


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
        ["arm", "Z, 1", "Z, 9", "all types, 1", "all types, 9"],
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
    assert set(drawn) == {"beta", "boundary", "types", "size"}
    for name, draw in drawn.items():
        files = [tmp_path / f"{name}-{i}.svg" for i in (1, 2)]
        for file in files:
            save_plot(file, draw)
        assert files[0].read_bytes() == files[1].read_bytes()
        assert b"test" in files[0].read_bytes()
        assert b"mathdefault" not in files[0].read_bytes()  # ticks are numbers
