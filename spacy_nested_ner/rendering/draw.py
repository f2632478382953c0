"""Draw one document as HTML: its text, with bars above and below it."""

import re
from importlib.resources import files
from typing import Dict, Iterable, Iterator, List, Mapping, Optional, Sequence, Set, Tuple
from unicodedata import bidirectional

from markupsafe import Markup, escape

from .colors import label_color
from .layout import Close, Element, Open, Placed, Room, Text, lay_out, snap
from .slots import Bar, assign_slots
from .tags import KINDS, write_tag
from .widths import least_width

# for the <style> of a page; it only styles the elements of `draw` and `draw_legend`
STYLE = Markup(files(__package__).joinpath("style.css").read_text(encoding="utf8"))
# for the <script> of a page: keys for its drawings
BARS_SCRIPT = files(__package__).joinpath("bars.js").read_text(encoding="utf8")
# characters; a longer mention is cut in its middle in the tooltip
LONGEST_TITLE = 100
# on each side
MOST_BARS = 5000
MOST_SLOTS = 40
# characters of the HTML beside the text
LARGEST = 2_000_000
# characters that HTML cannot hold, and the carriage return, which it reads as a newline
UNWRITABLE = re.compile("[\x00\r\ud800-\udfff]")


def draw(
    text: str,
    above: Sequence[Bar],
    below: Sequence[Bar],
    *,
    show_scores: bool = False,
    rows: Optional[Tuple[str, str]] = None,
    colors: Mapping[str, str] = {},
    redrawable: bool = False,
) -> Markup:
    """Draw bars above and below a text.

    above, below: In any order; they may nest, cross, and be equal.
    show_scores: Show scores beside the labels where there is room. The tooltip always shows
        them.
    rows: Names of the bars above and of those below, shown beside the first line and in the
        tooltips.
    colors: CSS colours of labels; others have `label_color`.
    redrawable: The script redraw.js can hide some of the bars, and the others close up.
    RETURNS: An element <div class="nested-ner">. Its text is exactly the given text. Its page
        needs `STYLE`. A drawing that would be too large lacks bars: those behind the first
        MOST_BARS, and the highest ones. A line below it says how many.
    RAISES (ValueError): A bar is empty, outside the text, or of an unknown kind.
    """
    painter = _Painter(text, above, below, show_scores, rows, colors, redrawable)
    return Markup(painter.paint())


def draw_legend(
    labels: Iterable[str] = (),
    kinds: Iterable[str] = (),
    *,
    colors: Mapping[str, str] = {},
) -> Markup:
    """Explain the colours and the signs of the bars, as a list.

    kinds: Kinds of bars, see `Bar`.
    colors: See `draw`.
    RETURNS: An element <ul class="nested-ner-legend">. Its page needs `STYLE`.
    """
    items = []
    for label in labels:
        color = escape_text(colors.get(label) or label_color(label))
        items.append(f'<li><i style="--c:{color}"></i>{escape_text(label)}</li>')
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
    """Makes the HTML of one text."""

    def __init__(
        self,
        text: str,
        above: Sequence[Bar],
        below: Sequence[Bar],
        show_scores: bool,
        rows: Optional[Tuple[str, str]],
        colors: Mapping[str, str],
        redrawable: bool,
    ) -> None:
        self.text = text
        self.bars = {True: above, False: below}
        self.show_scores = show_scores
        self.rows = rows
        self.colors = colors
        self.redrawable = redrawable
        _check(text, (*above, *below))

    def paint(self) -> str:
        placed = [one for side in self.bars for one in self._place(side)]
        n_slots = MOST_SLOTS
        while True:
            drawn = [one for one in placed if one.slot < n_slots]
            n_left_out = sum(map(len, self.bars.values())) - len(drawn)
            html = self._paint(drawn, f"{n_left_out:,} spans not drawn" if n_left_out else "")
            if n_slots == 1 or len(html) - len(self.text) <= LARGEST:
                return html
            n_slots //= 2

    def _paint(self, placed: Sequence[Placed], left_out: str) -> str:
        events = lay_out(self.text, placed)
        last: Dict[Element, int] = {
            event.element: i for i, event in enumerate(events) if isinstance(event, Open)
        }
        parts: List[str] = []
        open_tags: List[str] = []
        for i, event in enumerate(events):
            if isinstance(event, Text):
                parts.append(escape_text(self.text[event.start : event.end]))
            elif isinstance(event, Close):
                parts.append(f"</{open_tags.pop()}>")
            elif isinstance(event, Room):
                parts.append(self._make_room(event))
            elif event.element.is_label:
                open_tags.append("span")
                parts.append(self._open_label(event.element, last[event.element] == i))
            else:
                open_tags.append("mark")
                parts.append(self._open_bar(event, last[event.element] == i))
        if self.rows is None:
            outer = _tag("div", {"class": "nested-ner", "data-left-out": left_out})
            return f"{outer}{''.join(parts)}</div>"
        # the first line has room for the names, whatever bars it has
        sides = {"above": self.bars[True], "below": self.bars[False]}
        names = {f"data-{side}": name for side, name in zip(sides, self.rows) if sides[side]}
        rows = _tag("i", {"class": "rows", **names}) + "</i>" if names else ""
        if names:
            rows += self._make_room(Room(*(int(bool(bars)) for bars in sides.values())))
        side = "rtl" if _direction(self.text) == {"R"} else "ltr"
        names = {"class": f"nested-ner named {side}", "data-left-out": left_out}
        return f"{_tag('div', names)}{rows}{''.join(parts)}</div>"

    def _place(self, above: bool) -> Iterator[Placed]:
        bars = self.bars[above]
        numbers: Sequence[int] = range(len(bars))
        if len(bars) > MOST_BARS:
            numbers = sorted(numbers, key=lambda i: bars[i].start)[:MOST_BARS]
        places = [snap(self.text, bars[i].start, bars[i].end) for i in numbers]
        for i, place, slot in zip(numbers, places, assign_slots(places)):
            yield Placed(*place, above, slot, i)

    def _color(self, bar: Bar) -> str:
        return self.colors.get(bar.label) or label_color(bar.label)

    def _open_bar(self, event: Open, is_last: bool) -> str:
        placed = event.element.bar
        bar = self.bars[placed.above][placed.number]
        states = {"above": placed.above, "first": event.is_first, "last": is_last}
        slot = f";--s:{placed.slot}" if placed.slot else ""
        attributes = {
            "class": " ".join(state for state, holds in states.items() if holds),
            "data-label": bar.label,
            "data-kind": bar.kind,
            "data-span": f"{bar.start}:{bar.end}",
            "title": self._describe(bar, placed.above),
            "style": f"--c:{self._color(bar)}{slot}",
            # for the keyboard and for touch: the tooltip of what has the focus is shown
            "tabindex": "0" if event.is_first else "",
        }
        return _tag("mark", attributes)

    def _open_label(self, element: Element, is_last: bool) -> str:
        """The element of a label. If its label stands at its end, only the last part has it."""
        placed = element.bar
        bar = self.bars[placed.above][placed.number]
        mention = self.text[placed.start : placed.end]
        directions = _direction(mention, every=True)
        least = least_width(mention)
        tag, is_cut_in_front = write_tag(bar, self.show_scores, least)
        states = {
            "above": placed.above,
            "late": element.is_late,
            "rtl": "R" in directions and _direction(mention) == {"R"},
            "tail": is_cut_in_front,
        }
        slot = f";--s:{placed.slot}" if placed.slot else ""
        # in two directions the next words may stand on either side
        wide = "" if element.is_whole or len(directions) > 1 else f";--w:{least:.3g}"
        if element.end > placed.end:
            wide += ";--word:0px"
        attributes = {
            "class": " ".join(state for state, holds in states.items() if holds),
            "data-tag": tag,
            "data-label": bar.label,
            "data-kind": bar.kind,
            "data-span": f"{bar.start}:{bar.end}" if self.redrawable else "",
            "style": f"--c:{self._color(bar)}{slot}{wide}",
        }
        return _tag("span", attributes)

    def _make_room(self, room: Room) -> str:
        sides = {"a": room.above, "b": room.below}
        attributes = {
            "data-word": f"{room.start}:{room.end}" if self.redrawable and room.end else "",
            "style": ";".join(f"--{side}:{n}" for side, n in sides.items() if n),
        }
        return _tag("i", attributes) + "</i>"

    def _describe(self, bar: Bar, above: bool) -> str:
        row = "" if self.rows is None else f"{self.rows[not above]}: "
        score = [] if bar.score is None else [f"{bar.score:.4f}"]
        kind = [KINDS[bar.kind][1]] if bar.kind else []
        mention = self.text[bar.start : bar.end]
        if len(mention) > LONGEST_TITLE:
            half = LONGEST_TITLE // 2
            mention = f"{mention[: half - 1]}…{mention[-half:]}"
        lines = (row + ", ".join([bar.label, *score, *kind]), mention, bar.note)
        return "\n".join(line for line in lines if line)


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


def _tag(name: str, attributes: Mapping[str, str]) -> str:
    written = (f'{key}="{escape_text(x)}"' for key, x in attributes.items() if x)
    return f"<{' '.join((name, *written))}>"


def _direction(text: str, *, every: bool = False) -> Set[str]:
    """The directions of a text, "L" and "R": of its first letter, or all of them."""
    found: Set[str] = set()
    for character in text:
        kind = bidirectional(character)
        if kind in ("L", "R", "AL", "AN", "EN"):
            found.add("L" if kind in ("L", "EN", "AN") else "R")
            if not every and kind not in ("AN", "EN"):
                return {"R"} if kind in ("R", "AL") else {"L"}
    return found if every else set()
