"""Drawings as Chromium shows them."""

from itertools import pairwise
from random import Random

import pytest

from spacy_nested_ner.rendering import Bar, draw, draw_legend
from tests.rendering.measure import (
    check,
    check_that_nothing_overlaps,
    find_lines,
    measure,
    wrap,
)
from tests.rendering.texts import han_text, latin_text, random_bars

pytestmark = pytest.mark.slow

WIDTHS = (320, 800, 1400)
HEBREW = "הפרופסור דוד כהן חקר את XK-2 gene promoter בשנת 2019 עם John Smith."
# letters, digits and signs of each kind that Unicode's algorithm tells apart
DIRECTED = ["דג", "ים", "باب", "ab", "cd", "12", "3.5", "(", ")", "-", ",", "$", "٣٤", "+", "ב"]


@pytest.fixture(scope="module")
def page(browser):
    return browser.new_page()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("seed", range(6))
def test_nothing_overlaps_and_bars_stand_under_their_characters(page, seed, width):
    """Nested and crossing mentions at random, of words and of parts of words, on both sides."""
    rng = Random(seed)
    text = latin_text(rng, 60)
    above = random_bars(rng, text, (0, 4, 20)[seed % 3])
    below = random_bars(rng, text, (1, 10, 40)[seed % 3])
    check(measure(page, draw(text, above, below), width), text, above, below)


@pytest.mark.parametrize("width", WIDTHS)
def test_chinese_lines_break_between_characters(page, width):
    rng = Random(width)
    text = han_text(rng, 150)
    above, below = random_bars(rng, text, 5), random_bars(rng, text, 25)
    m = measure(page, draw(text, above, below), width)
    check(m, text, above, below)


def test_a_long_chinese_mention_fills_its_lines(page):
    text = "更换水泵轴承，" * 20
    below = [Bar(3, 130, "dis"), Bar(40, 43, "bod")]
    m = measure(page, draw(text, (), below), 320)
    check(m, text, (), below)
    lines = find_lines(m.chars)
    ends = [m.chars[lines == line, 2].max() for line in range(1, lines.max())]
    assert min(ends) > 250
    starts = {text[(lines == line).argmax()] for line in range(1, lines.max() + 1)}
    assert "，" not in starts


def test_a_mention_of_many_words_is_one_bar_that_wraps_with_the_text(page):
    text = "pump " * 60
    below = [Bar(5, 250, "x")]
    m = measure(page, draw(text, (), below), 500)
    check(m, text, (), below)
    lines = {round(piece.rect[1]) for piece in m.pieces}
    assert len(lines) > 3
    for top in lines:  # without a hole
        spans = sorted(piece.rect[::2] for piece in m.pieces if round(piece.rect[1]) == top)
        assert all(b[0] <= a[1] + 0.01 for a, b in pairwise(spans))
    assert sum(bool(piece.tag) for piece in m.pieces) == 1


@pytest.mark.parametrize("seed", range(8))
def test_no_bar_has_a_hole_where_labels_are_wider_than_words(page, seed):
    rng = Random(seed)
    text = " ".join("abcdefgh"[: rng.randint(1, 8)] for _ in range(8))
    below = random_bars(rng, text, 10, words=0.2)
    m = measure(page, draw(text, (), below), 4000)
    check(m, text, (), below)
    for bar in {piece.bar for piece in m.pieces}:
        spans = sorted(piece.rect[::2] for piece in m.pieces if piece.bar == bar)
        assert all(b[0] <= a[1] + 0.01 for a, b in pairwise(spans)), (bar, spans)


@pytest.mark.parametrize("depth", [1, 7, pytest.param(60, marks=pytest.mark.slow)])
def test_a_line_grows_by_what_stands_on_it(page, depth):
    text = "ab " * 70 + "\nnext"
    above = [Bar(0, 3 * i + 2, "x") for i in range(depth)]
    below = [Bar(3 * i, 209, "y") for i in range(2 * depth) if i < 69]
    m = measure(page, draw(text, above, below), 4000)  # in one line, however wide the font
    check(m, text, above, below)
    tops = [piece.rect[1] for piece in m.pieces if piece.bar[3]]
    assert len({round(top) for top in tops}) == depth


def test_without_bars_lines_are_as_close_as_in_plain_text(page):
    text = "no pump\nno seal\n\tno fault"
    plain = measure(page, f'<div class="nested-ner">{text}</div>', 800)
    assert measure(page, draw(text, (), ()), 800).chars.tolist() == plain.chars.tolist()


@pytest.mark.parametrize("seed", range(12))
def test_letters_stand_in_the_order_of_the_plain_text_whatever_their_direction(page, seed):
    """Whatever direction Chromium's own algorithm gives them."""
    rng = Random(seed)
    text = rng.choice(["", "דג ", "ab "]) + "".join(
        rng.choice(DIRECTED) + rng.choice([" ", " ", ""]) for _ in range(14)
    )
    plain = measure(page, draw(text, (), ()), 4000)
    below = random_bars(rng, text, 4, words=0.5)
    m = measure(page, draw(text, (), below), 4000)
    assert m.text == text
    visible = [i for i, c in enumerate(text) if not c.isspace()]
    order, expected = (
        sorted(visible, key=lambda i: x.chars[i, [0, 2]].mean()) for x in (m, plain)
    )
    assert [text[i] for i in order] == [text[i] for i in expected], below


@pytest.mark.parametrize("width", WIDTHS)
def test_bars_stand_in_place_in_hebrew_with_latin_words(page, width):
    below = [
        Bar(HEBREW.index(part), HEBREW.index(part) + len(part), label)
        for part, label in (
            ("דוד כהן", "PER"),
            ("כהן", "a long label of it"),
            ("XK-2 gene promoter", "DNA"),
            ("XK-2", "protein"),
            ("promoter בשנת", "x"),
            ("2019", "DATE"),
            ("John Smith", "PER"),
        )
    ]
    m = measure(page, draw(HEBREW, (), below), width)
    check(m, HEBREW, (), below)
    assert m.chars[0, 2] > m.width - 20  # it begins on the right


def test_arabic_letters_keep_their_forms_in_a_box_of_their_own(page):
    """A letter that is not joined any more is of another width."""
    text = "والمضخة"
    whole = measure(page, draw(text, (), [Bar(0, 7, "x")]), 800).chars
    parts = measure(page, draw(text, (), [Bar(1, 7, "x"), Bar(3, 5, "y")]), 800).chars
    widths = [(chars[:, 2] - chars[:, 0]).round(1).tolist() for chars in (whole, parts)]
    assert widths[0] == widths[1]


@pytest.mark.parametrize(
    "text", ["a\r\nb\r\n\r\nc", "a\rb", " a  b\t\tc ", "\n\na\n", "a\n", "\t", "\u00a0a\u3000b"]
)
def test_white_space_is_kept(page, text):
    """Also where mentions begin, end, or consist of it."""
    every = [Bar(i, j, "x") for i in range(len(text)) for j in range(i + 1, len(text) + 1)]
    m = measure(page, draw(text, every[::2], every[1::2]), 800)
    assert m.text == text
    assert {piece.bar[:2] for piece in m.pieces} == {bar[:2] for bar in every}
    check_that_nothing_overlaps(m)


def test_white_space_between_two_mentions_in_one_word_is_kept(page):
    text = "a\t b"
    check(
        measure(page, draw(text, (), [Bar(0, 1, "x"), Bar(2, 4, "y")]), 800),
        text,
        (),
        [Bar(0, 1, "x"), Bar(2, 4, "y")],
    )


def test_no_bar_has_a_hole_where_a_longer_one_crosses_it(page):
    text = "abcdefgh"
    below = [Bar(0, 5, "a label of many words"), Bar(3, 7, "x")]
    m = measure(page, draw(text, (), below), 800)
    check(m, text, (), below)
    spans = sorted(piece.rect[::2] for piece in m.pieces if piece.bar[2] == "x")
    assert all(b[0] <= a[1] + 0.01 for a, b in pairwise(spans)), spans


def test_empty_lines_and_tabs_take_their_room(page):
    text = "pump\n\n\tseal"
    m = measure(page, draw(text, (), [Bar(0, 4, "x")]), 800)
    assert m.chars[7, 1] - m.chars[0, 1] > 60
    assert m.chars[7, 0] - m.chars[0, 0] > 15


HOSTILE = [
    "<script>window.pwned=1</script>",
    "</style><script>window.pwned=1</script>",
    '"onmouseover="window.pwned=1',
    "' onmouseover='window.pwned=1",
    '"><img src=x onerror=window.pwned=1>',
    "x;background:url(javascript:window.pwned=1)",
    "&lt;b&gt; &amp;",
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_label_and_note_appear_as_they_are_and_run_nothing(page, hostile):
    below = [Bar(0, len(hostile), hostile, 0.5, "type", hostile), Bar(1, 4, hostile)]
    drawing = draw(hostile, below[1:], below, show_scores=True) + draw_legend([hostile])
    m = measure(page, drawing, 800)
    assert m.text == hostile
    assert {piece.bar[2] for piece in m.pieces} == {hostile}
    titles = page.evaluate("[...document.querySelectorAll('mark')].map((x) => x.title)")
    assert all(hostile in title for title in titles)
    assert hostile in page.inner_text(".nested-ner-legend")
    page.hover("mark")
    page.wait_for_timeout(50)
    assert page.evaluate("window.pwned") is None
    names = page.evaluate("[...document.body.querySelectorAll('*')].map((x) => x.localName)")
    assert set(names) <= {"div", "span", "mark", "ul", "li", "i"}


def test_long_labels_are_cut_in_their_middle_and_whole_for_the_pointer(page):
    label = "PhysicalObject/SensingObject/LevelSensingObject"
    m = measure(page, draw("a b", (), [Bar(0, 1, label)]), 800)
    check(m, "a b", (), [Bar(0, 1, label)])
    assert [piece.tag for piece in m.pieces] == ["PhysicalObj…ensingObject"]
    assert page.get_attribute("mark", "title").startswith(label)


def test_a_word_longer_than_the_window_is_broken(page):
    text = "see " + "acgt" * 100 + " there"
    m = measure(page, draw(text, (), [Bar(4, 404, "DNA")]), 320)
    check(m, text, (), [Bar(4, 404, "DNA")])
    assert m.width == 320


@pytest.mark.slow
def test_a_document_of_5000_words(page):
    rng = Random(5)
    text = latin_text(rng, 5000)
    above, below = random_bars(rng, text, 300), random_bars(rng, text, 300)
    m = measure(page, draw(text, above, below), 1400)
    assert m.text == text
    check_that_nothing_overlaps(m)


def test_the_drawing_is_the_same_without_javascript(browser, tmp_path):
    rng = Random(8)
    text = latin_text(rng, 40)
    path = tmp_path / "drawing.html"
    path.write_text(wrap(draw(text, (), random_bars(rng, text, 15))), encoding="utf8")
    pictures = []
    for enabled in (True, False):
        page = browser.new_page(java_script_enabled=enabled)
        page.goto(path.as_uri())
        pictures.append(page.screenshot())
        page.close()
    assert pictures[0] == pictures[1]


def test_each_judgement_has_a_look_of_its_own_without_colours(page):
    """Signs and patterns: no two are the same in grey."""
    kinds = ("correct", "boundary", "type", "both", "missed", "spurious")
    looks = set()
    for kind in kinds:
        page.set_content(wrap(draw("pump seal", (), [Bar(0, 9, "x", kind=kind)])))
        page.add_style_tag(
            content="* { --c: #ccc !important; } mark::after { color: #ccc0 !important; }"
        )
        looks.add(page.screenshot())
    assert len(looks) == len(kinds)
