"""Unit tests; the tests in Chromium compare with its own algorithm."""

import pytest

from spacy_nested_ner.rendering.direction import find_directions


@pytest.mark.parametrize("text", ["", "the pump", "水泵 12", "дом\n"])
def test_text_that_goes_one_way_needs_no_directions(text):
    assert find_directions(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("אב ab", "11100"),  # the blank goes as the paragraph
        ("ab אב", "00011"),
        ("אב ab cd גד", "11100000111"),  # a blank between two of a kind goes as they do
        ("אב 12", "11122"),
        ("ab 12 אב", "00000011"),
        ("אב 3.5, גד", "1112221111"),
        ("אב 12cd", "1110000"),  # beside letters a number is one of them
        ("אב\nab\nגד", "1100001" + "1"),  # every line for itself
        ("باب ٣٤", "111122"),
        ("אב (ab) גד", "1111001111"),
        ("אב ab (cd) גד", "1110000000" + "111"),  # both brackets go with what is before them
        ("אב ab (גד)", "1110011111"),  # or as the paragraph, if a letter in them does
        ("אב $12%", "1112222"),
        ("ב\u0591 a", "1110"),  # a mark goes with its letter
    ],
)
def test_directions(text, expected):
    found = find_directions(text)
    assert found is not None
    assert "".join(map(str, found)) == expected
