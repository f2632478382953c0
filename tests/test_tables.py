"""Tables fit the terminal, and numbers have one form."""

import pytest

from spacy_nested_ner.tables import (
    Heading,
    Table,
    Warned,
    format_blocks,
    interval,
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
