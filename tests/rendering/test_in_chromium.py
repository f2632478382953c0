"""Drawings as Chromium shows them."""

import re
from itertools import pairwise
from random import Random

import numpy
import pytest

from spacy_nested_ner.rendering import Bar, draw, draw_legend
from tests.rendering.measure import (
    check,
    check_that_no_letter_moved,
    check_that_nothing_overlaps,
    find_lines,
    measure,
    read,
    wrap,
)
from tests.rendering.texts import han_text, latin_text, random_bars

pytestmark = pytest.mark.slow

WIDTHS = (320, 800, 1400)
FONTS = ("serif", "monospace", "italic 16px/1.5 sans-serif")
HEBREW = "הפרופסור דוד כהן חקר את XK-2 gene promoter בשנת 2019 עם John Smith."
# letters, digits and signs of each kind that Unicode's algorithm tells apart
DIRECTED = ["דג", "ים", "باب", "ab", "cd", "12", "3.5", "(", ")", "-", ",", "$", "٣٤", "+", "ב"]


@pytest.fixture(scope="module")
def page(browser):
    return browser.new_page()


def look(page, text, above, below, width, font="sans-serif"):
    """Check a drawing and return what is on it."""
    plain = measure(page, draw(text, (), ()), width, font)
    m = measure(page, draw(text, above, below), width, font)
    check(m, plain, text, above, below)
    return m


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("seed", range(6))
def test_no_letter_moves_and_bars_stand_under_their_letters(page, seed, width):
    """Nested and crossing mentions at random, of words and of parts of words, on both sides."""
    rng = Random(seed)
    text = latin_text(rng, 60)
    above = random_bars(rng, text, (0, 4, 20)[seed % 3])
    below = random_bars(rng, text, (1, 10, 40)[seed % 3])
    look(page, text, above, below, width)


@pytest.mark.parametrize("label", ["short", "a label of many letters"])
def test_a_label_is_drawn_once(page, label):
    """At the start of its element or at the end."""
    bars = [Bar(0, 5, label), Bar(3, 8, label)]
    page.set_content(wrap(draw("oAVAToWen", bars, bars)))
    contents = page.evaluate(
        """() => [...document.querySelectorAll(".nested-ner [data-tag]")].map((element) =>
            ["::before", "::after"].map((side) => getComputedStyle(element, side).content))"""
    )
    assert len(contents) == 4
    assert [sides.count("none") for sides in contents] == [1] * 4


def draw_kerned(text):
    """Drawings of bars that begin and end between kerned letters, and of one bar a word."""
    whole = Bar(0, len(text), "x")
    for start in range(0, len(text) - 6, 3):
        yield draw(text, (), [Bar(start, start + 5, "a label of many letters"), whole])
    words = [Bar(one.start(), one.end(), "label") for one in re.finditer(r"\S+", text)]
    yield draw(text, [whole, *words], ())


@pytest.mark.parametrize("font", FONTS)
def test_letters_that_overhang_stay_where_they_are(page, font):
    """Kerned pairs and ligatures, in words that also have letters without kerning."""
    text = "oAVAToWen Tan noTon. LTno noTyn olive nAVAn nY.no nVo Ten"
    plain = measure(page, draw(text, (), ()), 800, font)
    for drawing in draw_kerned(text):
        check_that_no_letter_moved(measure(page, drawing, 800, font), plain)


@pytest.mark.parametrize("font", FONTS)
def test_a_word_of_overhanging_letters_moves_towards_a_blank_at_most(page, font):
    """Some fonts kern letters with blanks, too. A label or the room of a line ends that, and in
    these words it has no other place."""
    text = "AVAToWe Ta To. LT Ty olive AVA Y. Vo Te"
    plain = measure(page, draw(text, (), ()), 800, font)
    in_word = numpy.array([not (a.isspace() or b.isspace()) for a, b in pairwise(text)])
    for drawing in draw_kerned(text):
        moved = numpy.diff(measure(page, drawing, 800, font).chars[:, 0] - plain.chars[:, 0])
        assert abs(moved[in_word]).max() <= 0.5
        # fonts kern by less than a tenth of their size
        assert abs(moved).max() <= 1.6


@pytest.mark.parametrize("seed", range(3))
def test_a_page_without_a_doctype_has_room_for_the_bars(page, seed):
    """There Chromium leaves elements without text out of the height of a line (quirks mode)."""
    rng = Random(seed)
    # there a tab or a newline alone in its element has no height
    text = latin_text(rng, 60).replace("\t", " ").replace("\n", " ")
    above, below = random_bars(rng, text, 6 * (seed > 0)), random_bars(rng, text, 25)
    page.set_viewport_size({"width": 600, "height": 600})
    pages = [wrap(draw(text, *bars)) for bars in (((), ()), (above, below))]
    measured = []
    for html in pages:
        page.set_content(html.removeprefix("<!DOCTYPE html>"))
        assert page.evaluate("document.compatMode") == "BackCompat"
        measured.append(read(page))
    plain, m = measured
    check(m, plain, text, above, below)


@pytest.mark.parametrize("width", WIDTHS)
def test_chinese_lines_break_between_characters(page, width):
    rng = Random(width)
    text = han_text(rng, 150)
    look(page, text, random_bars(rng, text, 5), random_bars(rng, text, 25), width)


def test_a_long_chinese_mention_fills_its_lines(page):
    text = "更换水泵轴承，" * 20
    m = look(page, text, (), [Bar(3, 130, "dis"), Bar(40, 43, "bod")], 320)
    lines = find_lines(m.chars)
    ends = [m.chars[lines == line, 2].max() for line in range(1, lines.max())]
    assert min(ends) > 250


def test_a_mention_of_many_words_is_one_bar_that_wraps_with_the_text(page):
    text = "pump " * 60
    m = look(page, text, (), [Bar(5, 250, "x")], 500)
    assert len(m.pieces) == len({round(piece.rect[1]) for piece in m.pieces}) > 3
    assert len(m.labels) == 1


@pytest.mark.parametrize("seed", range(8))
def test_a_bar_that_is_cut_has_no_hole(page, seed):
    rng = Random(seed)
    text = " ".join("abcdefgh"[: rng.randint(1, 8)] for _ in range(8))
    m = look(page, text, (), random_bars(rng, text, 10, words=0.2), 4000)
    for bar in {piece.bar for piece in m.pieces}:
        spans = sorted(piece.rect[::2] for piece in m.pieces if piece.bar == bar)
        assert all(b[0] <= a[1] + 0.02 for a, b in pairwise(spans)), (bar, spans)


def test_a_bar_in_two_parts_has_no_seam(page):
    """In one row of pixels the bar has one colour."""
    text = "aaa bbb ccc"
    below = [Bar(0, 7, "x"), Bar(4, 11, "y")]
    html = draw(text, (), below, colors={"x": "#c7f5e2", "y": "#c7f5e2"})
    m = measure(page, html, 400)
    assert len(m.pieces) > 2
    page.add_style_tag(content="[data-tag]::before { color: #0000 !important }")
    for name in "xy":
        rects = [piece.rect for piece in m.pieces if piece.bar[2] == name]
        left, right = min(r[0] for r in rects), max(r[2] for r in rects)
        clip = {"x": left + 4, "y": rects[0][1] + 5, "width": right - left - 8, "height": 4}
        colors = pixels(page.screenshot(clip=clip))
        assert len(colors) == 1, colors


def pixels(png):
    """The colours of a picture."""
    import struct
    import zlib

    chunks, place = {}, 8
    while place < len(png):
        (n,) = struct.unpack(">I", png[place : place + 4])
        chunks.setdefault(png[place + 4 : place + 8], b"")
        chunks[png[place + 4 : place + 8]] += png[place + 8 : place + 8 + n]
        place += 12 + n
    width, height, _, kind = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    n = {2: 3, 6: 4}[kind]
    rows = zlib.decompress(chunks[b"IDAT"])
    before, found = bytearray(width * n), set()
    for y in range(height):
        how, *row = rows[y * (width * n + 1) : (y + 1) * (width * n + 1)]
        for i in range(width * n):
            a = row[i - n] if i >= n else 0
            b, c = before[i], before[i - n] if i >= n else 0
            p = a + b - c
            paeth = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            row[i] = (row[i] + (0, a, b, (a + b) // 2, paeth)[how]) % 256
        before = row
        found |= {tuple(row[i : i + 3]) for i in range(0, width * n, n)}
    return found


@pytest.mark.parametrize("depth", [1, 7, pytest.param(20, marks=pytest.mark.slow)])
def test_a_line_grows_by_what_stands_on_it(page, depth):
    text = "ab " * 70 + "\nnext"
    above = [Bar(0, 3 * i + 2, "x") for i in range(depth)]
    below = [Bar(3 * i, 209, "y") for i in range(2 * depth) if i < 69]
    m = look(page, text, above, below, 4000)  # in one line, however wide the font
    tops = [piece.rect[1] for piece in m.pieces if piece.bar[3]]
    assert len({round(top) for top in tops}) == depth


def test_without_bars_lines_are_as_close_as_in_plain_text(page):
    text = "no pump\nno seal\n\tno fault"
    plain = measure(page, f'<div class="nested-ner">{text}</div>', 800)
    assert measure(page, draw(text, (), ()), 800).chars.tolist() == plain.chars.tolist()


@pytest.mark.parametrize("seed", range(12))
def test_letters_stand_where_they_do_in_the_plain_text_whatever_their_direction(page, seed):
    rng = Random(seed)
    text = rng.choice(["", "דג ", "ab "]) + "".join(
        rng.choice(DIRECTED) + rng.choice([" ", " ", ""]) for _ in range(14)
    )
    plain = measure(page, draw(text, (), ()), 4000)
    m = measure(page, draw(text, (), random_bars(rng, text, 4, words=0.5)), 4000)
    assert m.text == text
    check_that_no_letter_moved(m, plain)


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
    m = look(page, HEBREW, (), below, width)
    assert m.chars[0, 2] > m.width - 20  # it begins on the right


def test_arabic_letters_keep_their_forms_where_a_bar_begins(page):
    """A letter that is not joined any more is of another width."""
    text = "والمضخة"
    look(page, text, (), [Bar(1, 7, "x"), Bar(3, 5, "y")], 800)


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


@pytest.mark.parametrize(
    ("text", "tag"), [("pressurised container", "…/LevelSensingObject"), ("a b", "LSO")]
)
def test_long_labels_are_cut_in_front_and_whole_for_pointer_keyboard_and_touch(page, text, tag):
    label = "PhysicalObject/SensingObject/LevelSensingObject"
    m = look(page, text, (), [Bar(0, len(text), label)], 800)
    assert [one.tag for one in m.labels] == [tag]
    assert page.get_attribute("mark", "title").startswith(label)
    page.keyboard.press("Tab")
    shown = page.evaluate("getComputedStyle(document.activeElement, '::after').content")
    assert label in shown
    check_that_no_letter_moved(read(page), measure(page, draw(text, (), ()), 800))


@pytest.mark.parametrize("width", WIDTHS)
def test_what_has_the_focus_is_told_inside_of_the_window(page, width):
    text = "the pump leaks " * 12
    m = measure(
        page, draw(text, (), [Bar(i, i + 4, "a label") for i in range(4, 180, 15)]), width
    )
    for _ in m.labels:
        page.keyboard.press("Tab")
        left, room, width_of_tip = page.evaluate(
            """() => { const s = getComputedStyle(document.activeElement, "::after");
            return [s.left, document.documentElement.clientWidth, s.width].map(parseFloat); }"""
        )
        assert left >= 0
        assert left + width_of_tip <= room
    assert read(page).width <= width


def test_a_word_longer_than_the_window_is_broken(page):
    text = "see " + "acgt" * 100 + " there"
    m = look(page, text, (), [Bar(4, 404, "DNA")], 320)
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
            content="* { --c: #ccc !important; }[data-tag]::before { color: #ccc0 !important; }"
        )
        looks.add(page.screenshot())
    assert len(looks) == len(kinds)
