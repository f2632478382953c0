"""What Chromium makes of a drawing, in pixels."""

from typing import Dict, List, NamedTuple, Sequence, Tuple

import numpy

from spacy_nested_ner.rendering import STYLE, Bar

# pixels; half of one is lost in rounding, and parts of one bar overlap by one
TOLERANCE = 1.01
MEASURE = """() => {
    const root = document.querySelector(".nested-ner");
    const chars = [], bars = [], number = (x) => parseFloat(x);
    const boxes = [...root.querySelectorAll("mark")];
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    let offset = 0;
    for (let node; (node = walker.nextNode()); offset += node.length) {
        for (let i = 0; i < node.length; ) {
            const n = node.data.codePointAt(i) > 0xffff ? 2 : 1;
            range.setStart(node, i);
            range.setEnd(node, i + n);
            const rects = [...range.getClientRects()];
            const r = rects[rects.length - 1] || { left: 0, top: 0, right: 0, bottom: 0 };
            let box = node.parentElement.closest("mark");
            while (box && box.parentElement.closest("mark"))
                box = box.parentElement.closest("mark");
            chars.push([r.left, r.top, r.right, r.bottom, boxes.indexOf(box)]);
            i += n;
        }
    }
    const probe = document.body.appendChild(document.createElement("span"));
    for (const mark of boxes) {
        const box = mark.getBoundingClientRect(), style = getComputedStyle(mark, "::after");
        const left = box.left + number(style.left), top = box.top + number(style.top);
        probe.textContent = mark.dataset.tag || "";
        probe.style.cssText = `font: ${style.font}; white-space: pre; position: absolute`;
        bars.push({
            rect: [left, top, left + number(style.width), top + number(style.height)],
            label: mark.dataset.label,
            span: mark.dataset.span.split(":").map(Number),
            above: mark.classList.contains("above"),
            needs: probe.getBoundingClientRect().width + 2 * number(style.paddingLeft),
            tag: mark.dataset.tag || "",
        });
    }
    probe.remove();
    const selection = getSelection();
    selection.selectAllChildren(root);
    const copied = selection.toString();
    selection.empty();
    return {
        chars, bars, copied,
        text: root.textContent, inner: root.innerText,
        width: document.documentElement.scrollWidth,
    };
}"""


class Piece(NamedTuple):
    """A bar, or the part of it that is on a line."""

    bar: Tuple[int, int, str, bool]
    rect: Sequence[float]
    tag: str
    needs: float


class Measured(NamedTuple):
    """What is on a page.

    chars: left, top, right, bottom in pixels, (n, 4).
    boxes: of each character, the number of the outermost box that it is in, or -1, (n,).
    """

    chars: numpy.ndarray
    boxes: numpy.ndarray
    pieces: List[Piece]
    text: str
    inner: str
    copied: str
    width: float

    def rects(self) -> numpy.ndarray:
        """Of the pieces, (n, 4)."""
        rects = [piece.rect for piece in self.pieces]
        return numpy.array(rects, dtype=float).reshape(-1, 4)


def wrap(drawing: str) -> str:
    """A page with one drawing."""
    return (
        f"<!DOCTYPE html><meta charset=utf8><style>{STYLE} body {{ font: 16px/1.5 sans-serif; "
        f"margin: 10px }}</style>{drawing}"
    )


def measure(page, drawing: str, width: int) -> Measured:
    page.set_viewport_size({"width": width, "height": 600})
    page.set_content(wrap(drawing))
    return read(page)


def read(page) -> Measured:
    found = page.evaluate(MEASURE)
    pieces = [
        Piece((*b["span"], b["label"], b["above"]), b["rect"], b["tag"], b["needs"])
        for b in found["bars"]
    ]
    chars = numpy.array(found["chars"], dtype=float).reshape(-1, 5)
    return Measured(
        chars[:, :4],
        chars[:, 4],
        pieces,
        found["text"],
        found["inner"],
        found["copied"],
        found["width"],
    )


def check(m: Measured, text: str, above: Sequence[Bar], below: Sequence[Bar]) -> None:
    """All that holds of a drawing, whatever the text, the bars and the width."""
    assert m.text == m.inner == text
    assert m.copied.rstrip("\n") == text.rstrip("\n")
    assert len(m.chars) == len(text)
    rects = m.rects()
    drawn = {piece.bar for piece in m.pieces}
    bars = {(*bar[:3], side) for side, bars in ((True, above), (False, below)) for bar in bars}
    assert drawn == bars
    check_that_nothing_overlaps(m)
    lines = find_lines(m.chars)
    visible = numpy.array([c not in "\r\n" for c in text]) & (m.chars[:, 2] > m.chars[:, 0])
    # a word whose labels are wider than the window is broken inside its box
    for box in numpy.unique(m.boxes[m.boxes >= 0]):
        if len(set(lines[m.boxes == box])) > 1:
            assert m.width < 400
            visible &= m.boxes != box
    left, right = m.chars[:, 0], m.chars[:, 2]
    for bar in drawn:
        start, end, _, is_above = bar
        covered, touched = numpy.zeros((2, len(text)), dtype=bool)
        heights: Dict[int, float] = {}
        for piece, (begin, top, stop, bottom) in zip(m.pieces, rects):
            if piece.bar == bar:
                line = line_of(m.chars, lines, top, bottom, is_above)
                here = lines == line
                if visible[here].any():
                    assert abs(heights.setdefault(line, top) - top) < TOLERANCE, bar
                covered |= here & (begin - TOLERANCE <= left) & (right <= stop + TOLERANCE)
                touched |= here & (begin + TOLERANCE < right) & (left < stop - TOLERANCE)
        inside = numpy.zeros(len(text), dtype=bool)
        inside[start:end] = True
        assert covered[inside & visible].all(), (bar, text)
        assert not touched[~inside & visible].any(), (bar, text)
    assert sum(bool(piece.tag) for piece in m.pieces) == len(bars)
    for piece, (begin, _, stop, _) in zip(m.pieces, rects):
        assert stop - begin >= piece.needs - TOLERANCE or not piece.tag, piece


def check_that_nothing_overlaps(m: Measured) -> None:
    rects = m.rects()
    names = sorted({piece.bar for piece in m.pieces})
    owner = numpy.array([names.index(piece.bar) for piece in m.pieces], dtype=int)
    hits = overlap(rects, rects) & (owner[:, None] != owner[None, :])
    assert not hits.any(), [(m.pieces[i], m.pieces[j]) for i, j in numpy.argwhere(hits)[:3]]
    hits = overlap(rects, m.chars)
    assert not hits.any(), [(m.pieces[i], m.text[j]) for i, j in numpy.argwhere(hits)[:3]]


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
