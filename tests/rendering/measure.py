"""What Chromium makes of a drawing, in pixels."""

from typing import List, NamedTuple, Sequence, Tuple

import numpy

from spacy_nested_ner.rendering import STYLE, Bar

# pixels; half of one is lost in rounding, and between two bars one is free
TOLERANCE = 1.01
MEASURE = """() => {
    const root = document.querySelector(".nested-ner");
    const number = parseFloat;
    const chars = [], bars = [], labels = [];
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    for (let node; (node = walker.nextNode()); ) {
        for (let i = 0; i < node.length; ) {
            const n = node.data.codePointAt(i) > 0xffff ? 2 : 1;
            range.setStart(node, i);
            range.setEnd(node, i + n);
            const rects = [...range.getClientRects()];
            const r = rects[rects.length - 1] || { left: 0, top: 0, right: 0, bottom: 0 };
            chars.push([r.left, r.top, r.right, r.bottom]);
            i += n;
        }
    }
    for (const mark of root.querySelectorAll("mark:not(.off)")) {
        const above = mark.classList.contains("above");
        const style = getComputedStyle(mark);
        const s = number(style.getPropertyValue("--s"));
        const padding = number(above ? style.paddingTop : style.paddingBottom);
        const high = padding / (1 + s) - 2;
        for (const r of mark.getClientRects()) {
            const top = above ? r.top : r.bottom - high;
            bars.push({
                rect: [r.left, top, r.right, top + high],
                bar: [...mark.dataset.span.split(":").map(Number), mark.dataset.label, above],
            });
        }
    }
    for (const label of root.querySelectorAll("[data-tag]:not(.off)")) {
        const late = label.classList.contains("late");
        const style = getComputedStyle(label, late ? "::after" : "::before");
        const box = label.getClientRects()[0];
        const left = box.left + number(style.left), top = box.top + number(style.top);
        labels.push({
            rect: [left, top, left + number(style.width), top + number(style.height)],
            tag: label.dataset.tag,
            label: label.dataset.label,
        });
    }
    const selection = getSelection();
    selection.selectAllChildren(root);
    const copied = selection.toString();
    selection.empty();
    return {
        chars, bars, labels, copied,
        text: root.textContent, inner: root.innerText,
        width: document.documentElement.scrollWidth,
    };
}"""


class Piece(NamedTuple):
    """A bar, or the part of it that is on a line: left, top, right, bottom."""

    bar: Tuple[int, int, str, bool]
    rect: Sequence[float]


class Label(NamedTuple):
    label: str
    tag: str
    rect: Sequence[float]


class Measured(NamedTuple):
    """What is on a page.

    chars: left, top, right, bottom in pixels, (n, 4).
    """

    chars: numpy.ndarray
    pieces: List[Piece]
    labels: List[Label]
    text: str
    inner: str
    copied: str
    width: float


def wrap(drawing: str, font: str = "sans-serif") -> str:
    """A page with one drawing."""
    return (
        f"<!DOCTYPE html><meta charset=utf8><style>{STYLE} body {{ font: 16px/1.5 {font}; "
        f"margin: 10px }}</style>{drawing}"
    )


def measure(page, drawing: str, width: int, font: str = "sans-serif") -> Measured:
    page.set_viewport_size({"width": width, "height": 600})
    page.set_content(wrap(drawing, font))
    return read(page)


def read(page) -> Measured:
    found = page.evaluate(MEASURE)
    return Measured(
        numpy.array(found["chars"], dtype=float).reshape(-1, 4),
        [Piece(tuple(one["bar"]), one["rect"]) for one in found["bars"]],
        [Label(one["label"], one["tag"], one["rect"]) for one in found["labels"]],
        found["text"],
        found["inner"],
        found["copied"],
        found["width"],
    )


def check(
    m: Measured, plain: Measured, text: str, above: Sequence[Bar], below: Sequence[Bar]
) -> None:
    """All that holds of a drawing, whatever the text, the bars and the width.

    plain: The same text without bars.
    """
    assert m.text == text
    assert m.copied.rstrip("\n") == plain.copied.rstrip("\n")
    assert len(m.chars) == len(text)
    check_that_no_letter_moved(m, plain)
    bars = {(*bar[:3], side) for side, bars in ((True, above), (False, below)) for bar in bars}
    assert {piece.bar for piece in m.pieces} == bars
    assert len(m.labels) == len(bars)
    check_that_nothing_overlaps(m)
    lines = find_lines(plain.chars)
    left, right = m.chars[:, 0], m.chars[:, 2]
    visible = numpy.array([not c.isspace() for c in text]) & (right - left > 1)
    for bar in bars:
        inside = numpy.zeros(len(text), dtype=bool)
        inside[bar[0] : bar[1]] = True
        covered, touched = numpy.zeros((2, len(text)), dtype=bool)
        for piece in m.pieces:
            if piece.bar == bar:
                begin, top, stop, bottom = piece.rect
                here = lines == line_of(m.chars, lines, top, bottom, bar[3])
                covered |= here & (begin - TOLERANCE <= left) & (right <= stop + TOLERANCE)
                touched |= here & (begin + TOLERANCE < right) & (left < stop - TOLERANCE)
        assert covered[inside & visible].all(), (bar, text)
        assert not touched[~inside & visible].any(), (bar, text)


def check_that_no_letter_moved(m: Measured, plain: Measured) -> None:
    """Not sideways, and within a line not up or down.

    Chromium rounds the width of each element up to 1/64 pixel: with hundreds of elements in a
    line its end moves a little, though each letter stands beside the one before as it did.
    """
    lines = find_lines(plain.chars)
    moved = m.chars[:, 0] - plain.chars[:, 0]
    tabs = numpy.array([c == "\t" for c in m.text], dtype=bool)
    # a hair before a tab stop or behind it makes the difference of a whole tab
    free = ~numpy.isin(lines, lines[tabs])
    assert abs(moved[free]).max(initial=0) <= 0.5 + 2 * len(m.pieces) / 64
    seen = numpy.flatnonzero((plain.chars[:, 2] > plain.chars[:, 0]) & free)
    neighbours = lines[seen][1:] == lines[seen][:-1]
    assert abs(numpy.diff(moved[seen])[neighbours]).max(initial=0) <= 0.5
    seen = plain.chars[:, 2] > plain.chars[:, 0]
    for line in numpy.unique(lines[seen]):
        here = seen & (lines == line)
        shift = m.chars[here, 3] - plain.chars[here, 3]
        assert numpy.ptp(shift) < 0.02


def check_that_nothing_overlaps(m: Measured) -> None:
    """Neither bars with bars, nor bars or labels with letters."""
    rects = _rects(m.pieces)
    names = sorted({piece.bar for piece in m.pieces})
    owner = numpy.array([names.index(piece.bar) for piece in m.pieces], dtype=int)
    hits = overlap(rects, rects) & (owner[:, None] != owner[None, :])
    assert not hits.any(), [(m.pieces[i], m.pieces[j]) for i, j in numpy.argwhere(hits)[:3]]
    for things in (m.pieces, m.labels):
        hits = overlap(_rects(things), m.chars)
        assert not hits.any(), [(things[i], m.text[j]) for i, j in numpy.argwhere(hits)[:3]]


def overlap(one: numpy.ndarray, other: numpy.ndarray) -> numpy.ndarray:
    """Which rectangles share more than an edge, (n, m)."""
    a, b = one[:, None], other[None]
    shared = numpy.minimum(a[..., 2:], b[..., 2:]) - numpy.maximum(a[..., :2], b[..., :2])
    return (shared > TOLERANCE).all(axis=-1)


def find_lines(chars: numpy.ndarray) -> numpy.ndarray:
    """The line of each character, by the height at which it ends, (n,)."""
    lines = numpy.zeros(len(chars), dtype=int)
    order = numpy.argsort(chars[:, 3], kind="stable")
    number, last = 0, -numpy.inf
    for i in order:
        if chars[i, 3] > last + 6:
            number += 1
        last = chars[i, 3]
        lines[i] = number
    return lines


def line_of(
    chars: numpy.ndarray, lines: numpy.ndarray, top: float, bottom: float, above: bool
) -> int:
    """The line that a bar belongs to: the next one on its side."""
    if above:
        return int(lines[chars[:, 1] >= bottom - TOLERANCE].min())
    return int(lines[chars[:, 3] <= top + TOLERANCE].max())


def _rects(things) -> numpy.ndarray:
    return numpy.array([thing.rect for thing in things], dtype=float).reshape(-1, 4)
