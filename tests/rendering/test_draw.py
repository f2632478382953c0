"""The HTML of a drawing, without a browser."""

import re
from html.parser import HTMLParser
from random import Random

import pytest

from spacy_nested_ner.rendering import Bar, draw
from spacy_nested_ner.rendering.draw import MOST_SLOTS
from tests.rendering.texts import latin_text, random_bars


class Parsed(HTMLParser):
    """Text and boxes of a drawing; fails at a tag that is not closed in order."""

    def __init__(self, html):
        super().__init__()
        self.text, self.boxes, self.labels, self.stack = "", [], [], []
        self.level = self.depth = 0
        self.feed(html)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag, attrs):
        self.stack.append(tag)
        if "data-tag" in dict(attrs):
            self.labels.append(dict(attrs))
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
    first = [box for box in drawn.boxes if "first" in box.get("class", "").split()]
    assert sorted((box["data-span"], box["data-label"]) for box in first) == sorted(
        (f"{bar.start}:{bar.end}", bar.label) for bar in above + below
    )
    assert all(box["tabindex"] == "0" for box in first)
    n_above = sum("above" in box["class"].split() for box in first)
    assert n_above == len(above)
    assert sum("last" in box.get("class", "").split() for box in drawn.boxes) == len(first)
    assert sorted(label["data-label"] for label in drawn.labels) == sorted(
        bar.label for bar in above + below
    )


def test_outside_of_mentions_text_stays_text():
    text = "the pump leaks & <drips>, "
    html = draw(text * 1000, (), [Bar(4, 8, "part")])
    assert html.count("<") == 8  # the drawing, a bar, its label and the room of its line
    assert html.endswith("the pump leaks &amp; &lt;drips&gt;, </div>")


def test_equal_bars_are_both_drawn():
    drawn = Parsed(draw("pump", (), [Bar(0, 4, "x"), Bar(0, 4, "x")]))
    assert [label["data-tag"] for label in drawn.labels] == ["x", "x"]


def test_the_pointer_shows_label_score_judgement_mention_and_note():
    text = "the very long feed pump"
    bar = Bar(4, 23, "part", 0.98765, "boundary", "begins a token late")
    drawn = Parsed(draw(text, [bar], ()))
    (box,), (label,) = drawn.boxes, drawn.labels
    assert (
        box["title"] == "part, 0.9877, boundary off\nvery long feed pump\nbegins a token late"
    )
    assert box["data-kind"] == "boundary"
    assert label["data-tag"] == "↔ part"
    (label,) = Parsed(draw(text, (), [bar], show_scores=True)).labels
    assert label["data-tag"] == "↔ part 0.99"
    (label,) = Parsed(draw("a pump", (), [Bar(0, 1, "part", 0.5)], show_scores=True)).labels
    assert label["data-tag"] == "part"  # no room for more
    drawn = Parsed(draw("the pump", (), [Bar(4, 8, "part")], show_scores=True))
    assert (drawn.boxes[0]["title"], drawn.labels[0]["data-tag"]) == ("part\npump", "part")


def test_the_rows_have_names():
    html = draw("pump", [Bar(0, 4, "x")], [Bar(0, 4, "x", 0.5)], rows=("gold", "predicted"))
    titles = [box["title"] for box in Parsed(html).boxes]
    assert sorted(titles) == ["gold: x\npump", "predicted: x, 0.5000\npump"]
    assert 'data-above="gold" data-below="predicted"' in html


def test_a_long_mention_is_cut_for_the_pointer():
    text = "pump " * 2000
    html = draw(text, (), [Bar(0, len(text), "x")])
    assert len(html) < 8 * len(text)


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
def test_of_400_mentions_one_in_the_other_the_inner_ones_are_drawn():
    text = "a pump leaks " * 65
    html = draw(text, (), [Bar(400 - i, 401 + i, "x") for i in range(400)])
    drawn = Parsed(html)
    assert drawn.text == text
    assert drawn.depth == MOST_SLOTS
    assert f'data-left-out="{400 - MOST_SLOTS} ' in html


def test_a_page_of_5000_words_with_hundreds_of_mentions_is_small():
    rng = Random(3)
    text = latin_text(rng, 5000)
    above, below = random_bars(rng, text, 300), random_bars(rng, text, 300)
    assert len(draw(text, above, below)) < 15 * len(text)
