"""The tables of docs/results.md."""

from functools import partial

from benchmarks.pages import save_plot
from benchmarks.recipe_report import (
    GENIA_SHARES,
    ROWS,
    accuracy_table,
    agreement_table,
    comparison_table,
    draw_curves,
    growth_table,
    repair_table,
    result_table,
    shares_table,
    size_of,
    threshold_table,
)
from benchmarks.runs import Runs
from tests.benchmarks.result_lines import line

RIGHT = {"ours": [60, 64], "stock": [50, 52]}


def runs():
    lines = [
        {
            **line(arm, seed, [[100, 100, right]]),
            "updates": 80,
            "seconds": 90,
            "curve": [[0, 0.0], [40, right / 200], [80, right / 100]],
        }
        for arm, rights in RIGHT.items()
        for seed, right in enumerate(rights)
    ]
    return Runs(lines, "e")


def test_a_row_has_means_over_seeds_and_the_difference_to_the_baseline():
    header, *rows = result_table(runs(), "stock")
    ours, stock = (dict(zip(header, row)) for row in rows)
    assert ours["arm"] == "`ours`"
    assert (ours["seeds"], ours["updates"], ours["minutes"]) == ("2", "80", "1.5 (EPYC)")
    assert (ours["test F1"], ours["± sd"], ours["95 % interval"]) == (
        "62.0",
        "2.8",
        "60.0 to 64.0",
    )
    assert ours["test F1 − `stock`"] == "+11.0 (+10.0 to +12.0) *"
    assert stock["test F1 − `stock`"] == ""


def test_curves_are_of_every_arm_and_twice_the_same(tmp_path):
    files = [tmp_path / "1.svg", tmp_path / "2.svg"]
    for file in files:
        save_plot(file, partial(draw_curves, runs=runs()))
    assert files[0].read_bytes() == files[1].read_bytes()
    drawn = files[0].read_text()
    assert ">ours<" in drawn
    assert ">stock<" in drawn


def lines_with_thresholds(arm, more):
    return [
        {
            **line(arm, seed, [[100, 100, right]]),
            "updates": 80,
            "seconds": 90,
            "at_best_threshold": {
                **line(arm, seed, [[100, 100, right + more]]),
                "threshold": 0.3 + seed / 10,
            },
        }
        for seed, right in enumerate(RIGHT[arm.split("-")[0]])
    ]


def test_minutes_are_means_for_each_kind_of_cpu():
    two = [dict(one) for one in runs().by_cell.values() if one["arm"] == "ours"]
    two[1] |= {"machine": {"cpu": "Intel(R) Xeon(R) Processor"}, "seconds": 60}
    assert size_of(Runs(two, "e"), "ours")[2] == "1.5 (EPYC), 1.0 (Xeon)"
    two[1] |= {"machine": {"cpu": "AMD EPYC", "units": ["avx2", "avx512f"]}}
    assert size_of(Runs(two, "e"), "ours")[2] == "1.5 (EPYC), 1.0 (EPYC with AVX-512)"


def test_at_its_best_threshold_an_arm_is_compared_with_another_at_its_own():
    lines = [*lines_with_thresholds("ours", 1), *lines_with_thresholds("stock", 5)]
    header, *rows = threshold_table(Runs(lines, "e"), "stock")
    ours, stock = (dict(zip(header, row)) for row in rows)
    assert (ours["seeds"], ours["updates"], ours["minutes"]) == ("2", "80", "1.5 (EPYC)")
    assert (ours["threshold"], ours["test F1"]) == ("0.30, 0.40", "63.0")
    assert (ours["over threshold 0.5"], stock["over threshold 0.5"]) == ("+1.0", "+5.0")
    assert ours["test F1 − `stock`"] == "+7.0 (+6.0 to +8.0) *"


def test_an_arm_with_a_former_setting_is_not_in_the_table():
    arms = "ours", "stock", "stock-dropout-0.4"
    lines = [one for arm in arms for one in lines_with_thresholds(arm, 1)]
    _, *rows = threshold_table(Runs(lines, "e"), "stock")
    assert [row[0] for row in rows] == ["`ours`", "`stock`"]


def test_a_library_is_shown_with_its_scores_at_both_thresholds_and_its_costs():
    def with_costs(arm, right, speed):
        best = {**line(arm, 0, [[100, 100, right + 5]]), "threshold": 0.3}
        best["test"] |= {"nested": [4, 3], "same_label": [2, 1]}
        best["test"] |= {"per_type": {"common": [9, 9, 9], "rare": [1, 1, 0]}}
        costs = {"updates": 80, "seconds": 90, "peak_mb": 1234}
        costs["predicted_words_per_second"] = speed
        return {**line(arm, 0, [[100, 100, right]]), **costs, "at_best_threshold": best}

    lines = [with_costs("ours", 60, 5000), with_costs("peer", 50, 400)]
    header, *rows = comparison_table(Runs(lines, "e"), "ours")
    ours, peer = (dict(zip(header, row)) for row in rows)
    assert (ours["library"], ours["test F1"], ours["at its own threshold"]) == (
        "`ours`",
        "65.0",
        "60.0",
    )
    assert (peer["macro F1"], peer["nested R"], peer["same label R"]) == (
        "50.0",
        "75.0",
        "50.0",
    )
    assert (ours["minutes"], ours["words/s"], ours["MB"]) == ("1.5 (EPYC)", "5,000", "1,234")
    assert peer["test F1 − `ours`"].startswith("-10.0 (")


def test_a_share_is_shown_with_the_lead_over_the_other_pipe():
    def one(arm, seed, right, on_dev):
        counts = line(arm, seed, [[100, 100, right]], plan={"documents": 0.25})
        counts["dev"] = line(arm, seed, [[100, 100, on_dev]])["dev"]
        return {**counts, "at_best_threshold": {**counts, "threshold": 0.5}}

    lines = [one("ours", 0, 60, 70), one("ours", 1, 62, 70), one("other", 0, 50, 69)]
    header, row = shares_table([(Runs(lines, "e"), "ours", "other")])
    assert row[:4] == ["25%", "1", "61.0", "50.0"]
    shown = dict(zip(header, row))
    assert shown["difference"].startswith("+10.0 (")
    assert shown["difference on dev"].startswith("+1.0 (")


def test_expected_scores_are_those_of_each_corpus_beside_stock():
    lines = [
        {
            **line(arm, 0, [[100, 100, right]], experiment=experiment),
            "updates": 8,
            "seconds": 90,
        }
        for ours, stock, *_ in ROWS
        for (experiment, arm), right in ((ours, 60), (stock, 50))
    ]
    header, *rows = accuracy_table(lines)
    assert len(rows) == len(ROWS)
    for row in rows:
        shown = dict(zip(header, row))
        assert (shown["test F1"], shown["`spancat`"], shown["minutes"]) == (
            "60.0",
            "50.0",
            "1.5 (EPYC)",
        )


def test_scores_by_number_of_articles_are_those_of_the_chosen_model():
    lines = [
        {
            **line(arm, seed, [[100, 100, 60 + seed]], experiment=experiment, plan=plan),
            "updates": 8,
            "seconds": 90,
        }
        for experiment, arm in GENIA_SHARES
        for plan in [{} if experiment == "genia-shipped" else {"documents": 0.1}]
        for seed in (0, 2)
    ]
    lines.append({**lines[0], "arm": "other", "seed": 1})
    header, *rows = growth_table(lines)
    assert [row[0] for row in rows] == ["160"] * 5 + ["1,601"]
    shown = dict(zip(header, rows[0]))
    assert (shown["test F1"], shown["95 % interval"]) == ("61.0", "60.0 to 62.0")
    assert (shown["seeds"], shown["minutes"]) == ("2", "1.5 (EPYC)")


def test_errors_are_shown_with_what_their_repair_would_bring():
    kinds = {
        "correct": {"mentions": 50, "f1": 50.0},
        "missed": {"mentions": 1200, "f1": 62.5},
    }
    header, row = repair_table({"kinds": kinds})
    assert dict(zip(header, row)) == {
        "error": "missed",
        "mentions": "1,200",
        "F1 without it": "62.5",
        "gain": "+12.5",
    }


def test_agreement_is_shown_with_its_share_of_all_errors():
    table = agreement_table({"agreement": {"never": [10, 4, 0, 0], "always": [90, 80, 85, 81]}})
    assert table[1:] == [
        ["never", "10", "40.0", "0", "0.0", "30 %"],
        ["always", "90", "88.9", "85", "95.3", "70 %"],
    ]
