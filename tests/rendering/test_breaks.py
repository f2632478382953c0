import unicodedata
from itertools import pairwise

import pytest

from spacy_nested_ner.rendering.breaks import find_atoms, is_glued, may_break
from spacy_nested_ner.rendering.layout import snap


def atoms(text):
    bounds = find_atoms(text, 0, len(text))
    return [text[a:b] for a, b in pairwise(bounds)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the pump, (worn)", ["the ", "pump, ", "(worn)"]),
        ("a  b\tc", ["a  ", "b\t", "c"]),
        ("a\u00a0b", ["a\u00a0b"]),  # a no-break space
        ("a \n\nb", ["a ", "\n", "\n", "b"]),
        ("a\r\nb", ["a", "\r\n", "b"]),
        ("水泵，（轴承）。", ["水", "泵，", "（轴", "承）。"]),
        ("XK-2型泵", ["XK-", "2", "型", "泵"]),
        ("ポンプー「弁」", ["ポ", "ン", "プー", "「弁」"]),
        ("ちょっと", ["ちょっ", "と"]),
        ("펌프가 샌다", ["펌프가 ", "샌다"]),
        ("дом горит", ["дом ", "горит"]),
        ("e\u0301t\u0301 水\u3099泵", ["e\u0301t\u0301 ", "水\u3099", "泵"]),
    ],
)
def test_lines_may_end_where_readers_expect_it(text, expected):
    assert atoms(text) == expected


def test_what_has_no_blanks_is_broken_somewhere_but_not_in_a_character():
    text = "ab" * 40 + "e\u0301" * 40
    assert max(map(len, atoms(text))) <= 33
    assert all(not unicodedata.combining(atom[0]) for atom in atoms(text))


@pytest.mark.parametrize(
    "cluster",
    [
        "e\u0301",
        "q\u0307\u0323",
        "👩\u200d🔧",  # two persons in one, joined
        "👍🏽",
        "❤\ufe0f",
        "🇩🇰",
        "🏴\U000e0067\U000e0062\U000e007f",
        "ᄀ\u1161\u11a8",
        "क\u094dष",
        "\r\n",
    ],
)
def test_what_a_reader_sees_as_one_character_is_not_split(cluster):
    text = f"a{cluster}b{cluster}{cluster}c"
    starts = [i for i, _ in enumerate(text) if not is_glued(text, i)]
    n = len(cluster)
    assert starts == [0, 1, n + 1, n + 2, 2 * n + 2, 3 * n + 2]
    for i in range(1, n + 1):
        assert snap(text, i, i + 1) == ((1, n + 1) if i <= n else (i, i + 1))
    assert not any(may_break(text, i) for i in range(2, n + 1))


def test_a_mark_after_a_newline_has_nothing_to_belong_to():
    assert not is_glued("a\n\u0301", 2)
