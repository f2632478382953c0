"""The HTML of a drawing, without a browser."""

import re
from html.parser import HTMLParser
from random import Random

import pytest

from spacy_nested_ner.rendering import Bar, draw
from tests.rendering.texts import latin_text, random_bars


class Parsed(HTMLParser):
    """Text and boxes of a drawing; fails at a tag that is not closed in order."""

    def __init__(self, html):
        super().__init__()
        self.text, self.boxes, self.stack = "", [], []
        self.level = self.depth = 0
        self.feed(html)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag, attrs):
        self.stack.append(tag)
        if tag == "mark":
            self.boxes.append(dict(attrs))
            self.level += 1
            self.depth = max(self.depth, self.level)

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag
        self.level -= tag == "mark"

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("seed", range(10))
def test_the_text_is_kept_and_every_bar_is_labelled_once(seed):
    rng = Random(seed)
    text = latin_text(rng, 50)
    above, below = random_bars(rng, text, 12), random_bars(rng, text, 25)
    drawn = Parsed(draw(text, above, below))
    assert drawn.text == text
    tagged = [box for box in drawn.boxes if "data-tag" in box]
    assert sorted((box["data-span"], box["data-label"]) for box in tagged) == sorted(
        (f"{bar.start}:{bar.end}", bar.label) for bar in above + below
    )
    assert all("first" in box["class"].split() for box in tagged)
    n_above = sum("above" in box["class"].split() for box in tagged)
    assert n_above == len(above)
    assert sum("last" in box.get("class", "").split() for box in drawn.boxes) == len(tagged)


def test_outside_of_mentions_text_stays_text():
    text = "the pump leaks & <drips>, "
    html = draw(text * 1000, (), [Bar(4, 8, "part")])
    assert html.count("<") == 4
    assert html.endswith("the pump leaks &amp; &lt;drips&gt;, </div>")


def test_equal_bars_are_both_drawn():
    drawn = Parsed(draw("pump", (), [Bar(0, 4, "x"), Bar(0, 4, "x")]))
    assert [box["data-tag"] for box in drawn.boxes] == ["x", "x"]


def test_the_pointer_shows_label_score_judgement_mention_and_note():
    bar = Bar(4, 8, "part", 0.98765, "boundary", "begins a token late")
    (box,) = Parsed(draw("the pump", [bar], ())).boxes
    title = "part, 0.9877, boundary off\npump\nbegins a token late"
    assert box["title"] == title
    assert box["data-kind"] == "boundary"
    assert box["data-tag"] == "↔ part"
    (box,) = Parsed(draw("the pump", (), [bar], show_scores=True)).boxes
    assert box["data-tag"] == "↔ part 0.99"
    (box,) = Parsed(draw("the pump", (), [Bar(4, 8, "part")], show_scores=True)).boxes
    assert (box["title"], box["data-tag"]) == ("part\npump", "part")


def test_a_long_mention_is_cut_for_the_pointer():
    """Else the page would grow with the square of its length: each word of it has one."""
    text = "pump " * 2000
    html = draw(text, (), [Bar(0, len(text), "x")])
    assert len(html) < 60 * len(text)


def test_what_html_cannot_carry_is_replaced():
    text = "a\x00b\ud800c\r\nd"
    html = draw(text, (), [Bar(0, 5, "\udfff")])
    assert Parsed(html).text == "a\ufffdb\ufffdc\r\nd"
    html.encode("utf8")


def test_a_mention_takes_in_what_a_reader_sees_as_one_character():
    html = str(draw("xe\u0301y", (), [Bar(0, 2, "a"), Bar(2, 3, "b")]))
    assert re.search(r">\u0301", html) is None
    assert Parsed(html).text == "xe\u0301y"
    assert {box["data-span"] for box in Parsed(html).boxes} == {"0:2", "2:3"}


@pytest.mark.parametrize(
    ("bar", "message"),
    [
        (Bar(2, 2, "x"), " 2 to 2 .* 4 "),
        (Bar(-1, 2, "x"), " -1 to 2 "),
        (Bar(0, 5, "x"), " 0 to 5 "),
        (
            Bar(0, 4, "x", kind="odd"),
            "'odd': .*correct, boundary",
        ),
    ],
)
def test_a_bar_that_cannot_be_drawn_is_refused(bar, message):
    for above, below in (([bar], []), ([], [bar])):
        with pytest.raises(ValueError, match=message):
            draw("pump", above, below)


@pytest.mark.slow
def test_400_mentions_one_in_the_other():
    text = "a pump leaks " * 65
    drawn = Parsed(draw(text, (), [Bar(400 - i, 401 + i, "x") for i in range(400)]))
    assert drawn.text == text
    assert drawn.depth == 400


def test_a_page_of_5000_words_with_hundreds_of_mentions_is_small():
    rng = Random(3)
    text = latin_text(rng, 5000)
    above, below = random_bars(rng, text, 300), random_bars(rng, text, 300)
    assert len(draw(text, above, below)) < 20 * len(text)
