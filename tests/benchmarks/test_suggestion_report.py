"""The table and the plot of simulated annotation."""

import srsly

from benchmarks.suggestion_report import main, make_table, read_curves


def line(arm, seed, f1_by_share, dataset="pumps"):
    points = [
        {
            "share": share,
            "documents": 100 * share + (5 if arm == "suggest" else 0),
            "mentions": 1000 * share,
            "f1": f1,
            "macro_f1": f1 / 2,
        }
        for share, f1 in f1_by_share.items()
    ]
    return {"arm": arm, "seed": seed, "corpus": {"dataset": dataset}, "points": points}


LINES = [
    line("random", 0, {0.1: 40, 0.5: 60, 1.0: 70}),
    line("suggest", 0, {0.1: 40, 0.5: 66}),
    line("suggest", 1, {0.1: 42, 0.5: 67}),
    line("random", 1, {0.1: 42, 0.5: 64, 1.0: 72}),
    # still without the other arm
    line("random", 2, {0.1: 99, 0.5: 99, 1.0: 99}),
]


def test_a_row_has_means_over_the_seeds_of_both_arms_and_their_difference():
    header, _, half, whole = make_table(read_curves(LINES))
    half = dict(zip(header, half))
    assert half["annotated mentions"] == "50%"
    assert (half["documents, random"], half["documents, `suggest`"]) == ("50", "55")
    assert (half["F1, random"], half["F1, `suggest`"]) == ("62.0", "66.5")
    assert (half["macro F1, random"], half["macro F1, `suggest`"]) == ("31.0", "33.2")
    assert half["F1 `suggest` − random"] == "+4.5 (+3.0 to +6.0)"
    whole = dict(zip(header, whole))
    assert (whole["F1, random"], whole["F1, `suggest`"]) == ("71.0", "71.0")


def test_the_report_fills_a_table_and_draws_both_arms_for_each_corpus(tmp_path):
    lines, page = tmp_path / "lines.jsonl", tmp_path / "page.md"
    genes = [
        line("random", 0, {0.3: 50, 1.0: 70}, "genes"),
        line("suggest", 0, {0.3: 55}, "genes"),
        # still without the other arm
        line("random", 0, {0.3: 50, 1.0: 70}, "letters"),
    ]
    srsly.write_jsonl(lines, [*LINES, *genes])
    empty = [
        f"<!-- table: suggestion-{name} -->\n<!-- end -->\n" for name in ("pumps", "genes")
    ]
    page.write_text(f"before\n{''.join(empty)}after\n", "utf8")
    main(page=page, lines=lines)
    before, *table, after = page.read_text("utf8").split("\n")[:-1]
    assert (before, after) == ("before", "after")
    assert len([row for row in table if row.startswith("|")]) == 5 + 4
    assert [row for row in table if row.startswith("| 30%")] == [
        "| 30% | 30 | 35 | 50.0 | 55.0 | 25.0 | 27.5 | +5.0 (+5.0 to +5.0) |"
    ]
    drawn = (tmp_path / "page" / "suggestion.svg").read_text("utf8")
    for text in ("random", "suggest", "pumps", "genes"):
        assert f">{text}<" in drawn
