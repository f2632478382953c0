"""Drawings of any text with any bars."""

import re

import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, Span

from spacy_nested_ner.rendering import Bar, draw
from spacy_nested_ner.rendering.layout import snap
from spacy_nested_ner.rendering.slots import assign_slots
from spacy_nested_ner.rendering.visualize import visualize
from tests.rendering.test_draw import Parsed

PIECES = [
    *("a", "AV", " ", "  ", "\n", "\r\n", "\r", "\t", "\0", "\ud83d", "\x1b"),
    *("<b>", "&amp;", '"', "😀", "👩\u200d👧", "🇩🇪", "👍🏽", "שלום", "مرحبا"),
    *("\u202e", "e\u0301", "\u0301", "\u200d", "水泵", "각"),
]  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES) | st.characters(codec=None), min_size=1, max_size=25)


@st.composite
def drawings(draw):
    """A text and bars above and below it."""
    text = "".join(draw(TEXTS))
    ends = st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))
    bar = st.builds(
        lambda ends, label, score: Bar(min(ends), max(ends), label, score),
        ends.filter(lambda e: e[0] != e[1]),
        st.sampled_from(["x", "DNA", "a label of words", "<&\0", "\u202e"]),
        st.none() | st.floats(0, 1),
    )
    return text, *(draw(st.lists(bar, max_size=8)) for _ in "12")


class Boxes(Parsed):
    """Also the characters of each part of a bar, as (first, behind, side, slot, span)."""

    def __init__(self, html):
        self.parts, self.open = [], []
        super().__init__(html)

    def handle_starttag(self, tag, attrs):
        super().handle_starttag(tag, attrs)
        if tag == "mark":
            box = dict(attrs)
            side = "above" in box.get("class", "").split()
            slot = re.search(r"--s:(\d+)", box["style"])
            slot = int(slot[1]) if slot else 0
            self.open.append((len(self.text), side, slot, box["data-span"]))

    def handle_endtag(self, tag):
        super().handle_endtag(tag)
        if tag == "mark":
            first, *rest = self.open.pop()
            self.parts.append((first, len(self.text), *rest))


def as_html_has_it(text):
    return re.sub("[\0\ud800-\udfff]", "\ufffd", text)


@given(drawings(), st.booleans(), st.booleans(), st.sampled_from([None, ("gold", "found")]))
def test_a_drawing_has_exactly_its_text_and_each_bar_on_its_characters(
    drawing, show_scores, redrawable, rows
):
    text, above, below = drawing
    html = draw(text, above, below, show_scores=show_scores, redrawable=redrawable, rows=rows)
    drawn = Boxes(str(html))
    assert drawn.text == as_html_has_it(text)
    places = {}
    for first, behind, side, _, span in drawn.parts:
        places.setdefault((side, span), set()).update(range(first, behind))
    assert places == {
        (side, f"{bar.start}:{bar.end}"): {*range(*snap(text, bar.start, bar.end))}
        for side, bars in ((True, above), (False, below))
        for bar in bars
    }


@given(drawings())
def test_no_two_bars_of_a_side_have_a_character_and_a_slot_in_common(drawing):
    text, above, below = drawing
    taken = [
        (place, side, slot)
        for first, behind, side, slot, _ in Boxes(str(draw(text, above, below))).parts
        for place in range(first, behind)
    ]
    assert len(taken) == len(set(taken))


SPANS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(1, 5)).map(lambda s: (s[0], sum(s))),
    min_size=4,
    max_size=12,
)


@given(SPANS)
def test_each_span_has_the_lowest_slot_that_shorter_ones_leave(spans):
    slots = assign_slots(spans)
    for i, (start, end) in enumerate(spans):
        before = {
            slots[j]
            for j, other in enumerate(spans)
            if other[0] < end
            and start < other[1]
            and (other[1] - other[0], other, j) < (end - start, (start, end), i)
        }
        assert slots[i] == next(n for n in range(len(spans)) if n not in before)


@given(st.lists(st.sampled_from([p for p in PIECES if p != "\ud83d"]), max_size=9), SPANS)
def test_a_document_of_any_words_is_drawn_with_its_text(words, spans):
    doc = Doc(spacy.blank("en").vocab, words=words)
    places = [(start, end) for start, end in spans if end <= len(doc)]
    doc.spans["sc"] = [Span(doc, *place, label="x") for place in places]
    drawing = visualize(doc)
    article = (
        str(drawing).partition("<article")[2].partition(">")[2].rpartition("</article>")[0]
    )
    assert Parsed(article).text == as_html_has_it(doc.text)
    assert drawing.n_spans == len(places)
    assert "\0" not in drawing.page()
