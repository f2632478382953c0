"""Draw one document as HTML: its text, with bars above and below it."""

import re
from importlib.resources import files
from typing import Iterable, Iterator, List, Mapping, Sequence, Tuple
from unicodedata import bidirectional, category

from markupsafe import Markup, escape

from .breaks import width
from .colors import label_color
from .direction import LTR, NUMBER, RTL, find_directions
from .layout import Close, Group, Open, Placed, Text, find_boxes, find_groups, snap
from .slots import Bar, assign_slots

# for the <style> of a page; it only styles the elements of `draw` and `draw_legend`
STYLE = Markup(files(__package__).joinpath("style.css").read_text(encoding="utf8"))
# characters; a longer label is cut in its middle, and the tooltip shows all of it
LONGEST_TAG = 24
# characters; a longer mention is cut in its middle in the tooltip
LONGEST_TITLE = 100
# sign and meaning of each kind: not everyone sees colours
KINDS: Mapping[str, Tuple[str, str]] = {
    "correct": ("", "correct"),
    "boundary": ("↔", "boundary off"),
    "type": ("≠", "wrong label"),
    "both": ("↔≠", "boundary off and wrong label"),
    "missed": ("−", "missed"),
    "spurious": ("+", "spurious"),
}
# for a browser a box has no direction: these put invisible characters with the right direction
# around the boxes of a run
WRAPPERS = {
    LTR: ('<span class="ltr">', "</span>"),
    RTL: ('<span class="rtl">', "</span>"),
    NUMBER: ('<span class="rtl"><span class="number">', "</span></span>"),
}
# Arabic letters that never join the next one
UNJOINED = re.compile(
    "[ءآأؤإاةدذرزو\u0671-\u0677\u0688-\u0699\u06c0\u06c3-\u06cb\u06cd\u06cf\u06d2-\u06d5]"
)
# characters that HTML cannot hold, and the carriage return, which it reads as a newline
UNWRITABLE = re.compile("[\x00\r\ud800-\udfff]")


def draw(
    text: str, above: Sequence[Bar], below: Sequence[Bar], *, show_scores: bool = False
) -> Markup:
    """Draw bars above and below a text.

    above, below: In any order; they may nest, cross, and be equal.
    show_scores: Show scores beside the labels. The tooltip always shows them.
    RETURNS: An element <div class="nested-ner">. Its text is exactly the given text. Its page
        needs `STYLE`.
    RAISES (ValueError): A bar is empty, outside the text, or of an unknown kind.
    """
    painter = _Painter(text, above, below, show_scores)
    html: List[str] = []
    done = 0
    for group in find_groups(text, painter.placed):
        html += (escape_text(text[done : group.start]), painter.paint(group))
        done = group.end
    html.append(escape_text(text[done:]))
    return Markup('<div class="nested-ner">' + "".join(html) + "</div>")


def draw_legend(labels: Iterable[str] = (), kinds: Iterable[str] = ()) -> Markup:
    """Explain the colours and the signs of the bars, as a list.

    kinds: Kinds of bars, see `Bar`.
    RETURNS: An element <ul class="nested-ner-legend">. Its page needs `STYLE`.
    """
    items = [
        f'<li><i style="--c:{escape_text(label_color(label))}"></i>{escape_text(label)}</li>'
        for label in labels
    ]
    for kind in kinds:
        sign, meaning = KINDS[kind]
        items.append(f'<li><i data-kind="{kind}" data-tag="{sign}"></i>{meaning}</li>')
    return Markup(f'<ul class="nested-ner-legend">{"".join(items)}</ul>')


def escape_text(text: str) -> str:
    """Text as HTML, with its carriage returns. U+FFFD replaces characters that HTML cannot
    hold: NUL and halves of surrogate pairs."""
    return UNWRITABLE.sub(
        lambda match: "&#13;" if match[0] == "\r" else "\ufffd", str(escape(text))
    )


class _Painter:
    """Makes the HTML of the groups of one text."""

    def __init__(
        self, text: str, above: Sequence[Bar], below: Sequence[Bar], show_scores: bool
    ) -> None:
        self.text = text
        self.bars = {True: above, False: below}
        _check(text, (*above, *below))
        self.tags = {
            side: [_tag(b, show_scores) for b in self.bars[side]] for side in self.bars
        }
        self.placed = [placed for side in self.bars for placed in self._place(side)]
        self.directions = find_directions(text) if self.placed else None

    def paint(self, group: Group) -> str:
        parts: List[str] = []
        whole = False
        for direction, events in find_boxes(group, self.directions):
            before, behind = ("", "") if direction is None else WRAPPERS[direction]
            parts.append(before)
            for event in events:
                if isinstance(event, Open):
                    parts.append(self._open(event))
                    whole |= (event.start, event.end) == (group.start, group.end)
                elif isinstance(event, Close):
                    parts.append("</mark>")
                else:
                    parts.append(self._write(event))
            parts.append(behind)
        html = "".join(parts)
        if self.text[group.end - 1] == "\n":  # a line cannot end inside a box
            return html + escape_text(self.text[group.start : group.end])
        return html if whole else f'<span class="together">{html}</span>'

    def _place(self, above: bool) -> Iterator[Placed]:
        bars = self.bars[above]
        places = [snap(self.text, bar.start, bar.end) for bar in bars]
        for i, (place, slot) in enumerate(zip(places, assign_slots(places))):
            # a label has smaller letters than the text, and a blank around it
            room = 0.7 * width(self.tags[above][i]) + 1
            yield Placed(*place, above, slot, room, i)

    def _open(self, event: Open) -> str:
        """The start tag of a box. Only the first box of a bar shows its label."""
        placed = event.bar
        bar = self.bars[placed.above][placed.number]
        is_first, is_last = event.start == placed.start, event.end == placed.end
        states = {
            "above": placed.above,
            "first": is_first,
            "last": is_last,
            "stretched": event.stretched,
        }
        attributes = {
            "class": " ".join(state for state, holds in states.items() if holds),
            "data-tag": self.tags[placed.above][placed.number] if is_first else "",
            "data-label": bar.label,
            "data-kind": bar.kind,
            "data-span": f"{bar.start}:{bar.end}",
            "title": self._describe(bar),
            "style": f"--c:{label_color(bar.label)}"
            + (f";--gap:{event.gap}" if event.gap else ""),
        }
        written = (f'{key}="{escape_text(x)}"' for key, x in attributes.items() if x)
        return f"<mark {' '.join(written)}>"

    def _describe(self, bar: Bar) -> str:
        score = [] if bar.score is None else [f"{bar.score:.4f}"]
        kind = [KINDS[bar.kind][1]] if bar.kind else []
        mention = _shorten(self.text[bar.start : bar.end], LONGEST_TITLE)
        lines = (", ".join([bar.label, *score, *kind]), mention, bar.note)
        return "\n".join(line for line in lines if line)

    def _write(self, part: Text) -> str:
        text, (start, end) = self.text, part
        if text[end - 1] == "\n":
            return '<i class="newline"></i>'
        html = escape_text(text[start:end])
        # Arabic letters that join keep their forms in two boxes
        joins = {"joined": _is_joined(text, start), "joins": _is_joined(text, end)}
        if any(joins.values()):
            states = " ".join(state for state, holds in joins.items() if holds)
            return f'<span class="{states}">{html}</span>'
        return html


def _check(text: str, bars: Sequence[Bar]) -> None:
    for bar in bars:
        if not 0 <= bar.start < bar.end <= len(text):
            raise ValueError(
                f"A bar from character {bar.start} to {bar.end} cannot be drawn on a text "
                f"of {len(text)} characters: give 0 <= start < end <= its length."
            )
        if bar.kind and bar.kind not in KINDS:
            raise ValueError(
                f"A bar cannot be of kind '{bar.kind}': choose one of {', '.join(KINDS)}."
            )


def _tag(bar: Bar, show_scores: bool) -> str:
    """The text on a bar."""
    label = _shorten(bar.label, LONGEST_TAG)
    score = f"{bar.score:.2f}" if show_scores and bar.score is not None else ""
    sign = KINDS[bar.kind][0] if bar.kind else ""
    return " ".join(part for part in (sign, label, score) if part)


def _shorten(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[: half - 1]}…{text[-half:]}"


def _is_joined(text: str, i: int) -> bool:
    """Whether character i is an Arabic letter that joins the one before."""
    if not 0 < i < len(text) or not _is_arabic(text[i]):
        return False
    before = i - 1
    while before > 0 and bidirectional(text[before]) == "NSM":
        before -= 1
    return _is_arabic(text[before]) and not UNJOINED.match(text[before])


def _is_arabic(character: str) -> bool:
    return bidirectional(character) == "AL" and category(character) in ("Lo", "Lm")
