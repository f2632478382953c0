"""Tables fit the terminal, and numbers have one form."""

import re

import pytest

from spacy_nested_ner.tables import (
    Heading,
    Table,
    Warned,
    format_blocks,
    interval,
    name_some,
    percent,
    points,
    signed,
)

TABLE = Table(
    ("label", "gold", "F1"), [("PhysicalObject/SensingObject", "1,234", "7.0"), ("x", "2", "–")]
)


@pytest.mark.parametrize("width", [25, 40, 200])
def test_names_give_way_to_numbers(width):
    lines = TABLE.format(width).splitlines()
    assert max(map(len, lines)) <= width
    assert len({len(line) for line in lines if line[-1] in "0–-1"}) == 1  # numbers end alike
    assert all(number in lines[2] for number in ("1,234", "7.0"))
    assert ("PhysicalObject/SensingObject" in lines[2]) == (width > 43)


def test_labels_that_differ_at_the_end_stay_different():
    rows = [(f"PhysicalObject/SensingObject/{name}", "1") for name in ("Heat", "Flow")]
    lines = Table(("", "gold"), rows).format(20).splitlines()[2:]
    assert max(map(len, lines)) <= 20
    assert ["Heat" in lines[0], "Flow" in lines[1]] == [True, True]


def test_columns_that_do_not_fit_are_a_table_below():
    header = ("", "micro F1", "macro F1", "precision")
    number = "12.34 → 56.78 (+44.44)"
    table = Table(header, [("used for fitting", number, number, number), ("x", "1", "2", "3")])
    lines = table.format(60).splitlines()
    assert max(map(len, lines)) <= 60
    assert [line.split()[0] for line in lines if number in line] == ["used"] * 2
    assert sum(line.count(number) for line in lines) == 3
    for name in header[1:]:
        assert sum(name in line for line in lines) == 1
    assert table.format(200).count("used for fitting") == 1


def test_a_long_list_of_labels_is_folded_on_a_terminal_only(monkeypatch):
    rows = [(f"label{i}", str(i)) for i in range(155)]
    table = Table(("label", "gold"), rows, n_shown=12)
    monkeypatch.setenv("COLUMNS", "20")
    shown = format_blocks(iter([table]))
    assert "label11" in shown
    assert "label12" not in shown
    assert re.search(r"\b143\b", shown)
    assert max(map(len, shown.splitlines())) <= 20
    monkeypatch.delenv("COLUMNS")
    assert "label154" in format_blocks(iter([table]))
    assert table.to_html().count("<tr>") == 156


def test_some_labels_are_named_and_the_others_counted():
    assert name_some(["a", "b"], n=2) == "a, b"
    assert name_some(["a", "b", "c", "d"], n=2).startswith("a, b ")
    assert re.findall(r"\d+", name_some(["a", "b", "c", "d"], n=2)) == ["2"]


def test_a_terminal_too_narrow_keeps_the_numbers():
    assert "1,234" in TABLE.format(5)


def test_blocks_are_as_wide_as_the_terminal(monkeypatch):
    blocks = [Heading("A"), "word " * 40, Warned("word " * 40), TABLE]
    monkeypatch.setenv("COLUMNS", "50")
    assert max(map(len, format_blocks(iter(blocks)).splitlines())) <= 50
    monkeypatch.delenv("COLUMNS")
    assert max(map(len, format_blocks(iter(blocks)).splitlines())) > 150  # no terminal here


def test_html_is_escaped():
    html = Table(("<b>",), [("<i>",)]).to_html()
    assert "<b>" not in html
    assert "&lt;i&gt;" in html


def test_numbers():
    assert (percent(0.1234), percent(0.1234, 2), percent(None)) == ("12.3", "12.34", "–")
    assert (points(-0.1), points(0.001, 2), points(None)) == ("-10.0", "+0.10", "–")
    assert (signed(0), signed(3), signed(-3)) == ("0", "+3", "-3")
    assert interval({"low": 0.1, "high": 0.25}) == "10.0 to 25.0"
    assert interval({"low": None, "high": None}) == "–"
