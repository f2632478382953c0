"""Find the elements of a drawing: which characters each of them is around.

Bars become inline elements around their words, so the browser sets the text as if they were not
there. Elements must nest. Where bars cross, the one with the lower slot is cut.

Browsers set text across the borders of inline elements as one piece, with kerning, ligatures
and joined letters, unless something stands there that takes part in the layout. Two things do:
the label of a bar, and the room for its height. They stand where fonts have no kerning, above
all beside a blank.
"""

from bisect import bisect_right
from itertools import pairwise
from typing import Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple, Union

from .breaks import BLANKS, HAN, LONGEST_ATOM, find_atoms, is_glued, may_break

# letters and signs that fonts move towards a blank before or behind them
KERNED_BEHIND_BLANK = frozenset("ATVWYjАТУΑΤΥ\"'‘“„«")
KERNED_BEFORE_BLANK = frozenset("ALPFTVWYrvwyАРТУΑΡΤΥ\"'’”»1.,:;!?…")


# letters and signs that fonts do not move towards each other
CALM = (frozenset("abcdeghilmnopqsu0235689"), frozenset("BDEHIMNU023568"))


class Placed(NamedTuple):
    """A bar with its place.

    start, end: half-open characters; grapheme clusters stay whole.
    above: whether it is above the text.
    slot: height, counted from the text.
    number: number of the bar on its side, from 0.
    """

    start: int
    end: int
    above: bool
    slot: int
    number: int


class Atom(NamedTuple):
    """Characters between which no line ends, half-open; `core` is where blanks begin."""

    start: int
    core: int
    end: int


class Element(NamedTuple):
    """An inline element around the words of a bar, or around the word where its label stands.

    is_late: The label stands at the end of this element, not at its start.
    is_whole: The element of a label, around the whole bar.
    """

    start: int
    end: int
    bar: Placed
    is_label: bool = False
    is_late: bool = False
    is_whole: bool = False


class Open(NamedTuple):
    """The start of an element, or of a later part of it."""

    element: Element
    is_first: bool


class Close(NamedTuple):
    """The end of the innermost open element."""


class Room(NamedTuple):
    """Here the line needs room for this number of slots above and below the text.

    start, end: the word that needs it, half-open.
    """

    above: int
    below: int
    start: int = 0
    end: int = 0


class Text(NamedTuple):
    """A part of the text, half-open."""

    start: int
    end: int


Event = Union[Open, Close, Room, Text]


def snap(text: str, start: int, end: int) -> Tuple[int, int]:
    """Extend a span so that grapheme clusters at its ends are whole."""
    while is_glued(text, start):
        start -= 1
    while is_glued(text, end):
        end += 1
    return start, end


def lay_out(text: str, bars: Sequence[Placed]) -> List[Event]:
    """The whole text with its elements, in order."""
    events: List[Event] = []
    for event in _find_events(text, bars):
        if isinstance(event, Close) and isinstance(events[-1], Open):
            events.pop()  # cut where it began: it has nothing inside
        else:
            events.append(event)
    return events


def _find_events(text: str, bars: Sequence[Placed]) -> Iterator[Event]:
    atoms = [atom for region in _find_regions(text, bars) for atom in _split(text, *region)]
    opening: Dict[int, List[Element]] = {}
    for bar in bars:
        for element in (Element(bar.start, bar.end, bar), _find_label(text, bar, atoms)):
            opening.setdefault(element.start, []).append(element)
    rooms: Dict[int, List[Room]] = {}
    for place, room in _find_rooms(text, bars, atoms):
        rooms.setdefault(place, []).append(room)
    ends = {element.end for elements in opening.values() for element in elements}
    stack: List[Element] = []
    done = 0
    for place in sorted({*opening, *ends, *rooms, len(text)}):
        if done < place:
            yield Text(done, place)
            done = place
        yield from rooms.get(place, ())
        yield from _close(stack, place)
        # the higher slot outside: an element lies over all slots up to its own for the pointer
        for element in sorted(opening.get(place, ()), key=_rank):
            yield from _open(stack, element, place)


def _rank(element: Element) -> Tuple[bool, int, int]:
    return element.is_label, -element.bar.slot, -element.end


def _close(stack: List[Element], place: int) -> Iterator[Event]:
    """Close what ends here. Elements inside of it go on in another part."""
    inside = []
    while any(element.end == place for element in stack):
        element = stack.pop()
        yield Close()
        if element.end > place:
            inside.append(element)
    yield from _go_on(stack, inside, place)


def _open(stack: List[Element], element: Element, place: int) -> Iterator[Event]:
    """Open an element outside of those that it would be cut by, or that it would cover."""
    inside = []
    while any(_is_inside(one, element) for one in stack[_find_floor(stack) :]):
        inside.append(stack.pop())
        yield Close()
    stack.append(element)
    yield Open(element, True)
    yield from _go_on(stack, inside, place)


def _is_inside(one: Element, new: Element) -> bool:
    """Whether an open element has to be inside a new one."""
    if new.is_label:  # at the end of which its label stands: it cannot be cut
        return new.is_late and one.end < new.end
    return not one.is_label and one.bar.slot < new.bar.slot


def _find_floor(stack: Sequence[Element]) -> int:
    """The number of elements that must not be closed: up to the last label that stands at the
    end of its element."""
    return max(
        (i + 1 for i, one in enumerate(stack) if one.is_label and one.is_late), default=0
    )


def _go_on(stack: List[Element], inside: List[Element], place: int) -> Iterator[Event]:
    for element in reversed(inside):
        # a label at the start of its element needs no second part
        if not element.is_label or element.is_late:
            stack.append(element)
            yield Open(element, element.start == place)


def _find_regions(text: str, bars: Iterable[Placed]) -> Iterator[Tuple[int, int]]:
    """The bars, extended to whole words, and joined where they overlap."""
    region: Optional[Tuple[int, int]] = None
    for start, end in sorted({(bar.start, bar.end) for bar in bars}):
        for _ in range(LONGEST_ATOM):
            start -= not may_break(text, start)
            # a blank behind the bar may stay outside
            end += not (may_break(text, end) or text[end] in BLANKS)
        start, end = snap(text, start, end)
        if region and start < region[1]:
            region = (min(region[0], start), max(region[1], end))
        else:
            if region:
                yield region
            region = (start, end)
    if region:
        yield region


def _split(text: str, start: int, end: int) -> Iterator[Atom]:
    bounds = find_atoms(text, start, end)
    for begin, stop in pairwise(bounds):
        core = stop
        while core > begin and (text[core - 1] in BLANKS or text[core - 1] in "\r\n"):
            core -= 1
        yield Atom(begin, core, stop)


def _find_label(text: str, bar: Placed, atoms: Sequence[Atom]) -> Element:
    """The element where the label of a bar stands: in its first word, so on one line."""
    atom = _atom_at(atoms, bar.start)
    end = min(bar.end, max(atom.core, bar.start + 1))
    is_whole = end == bar.end
    if _is_safe(text, bar.start):
        return Element(bar.start, end, bar, True, False, is_whole)
    if end < atom.core:  # the bar ends inside the word: the element goes on to the end of it
        end, is_whole = atom.core, False
    # no font moves a letter towards a blank as much as towards some letters
    is_late = _is_safe(text, end) or not text[bar.start - 1].isspace()
    return Element(bar.start, end, bar, True, is_late, is_whole)


def _find_rooms(
    text: str, bars: Sequence[Placed], atoms: Sequence[Atom]
) -> Iterator[Tuple[int, Room]]:
    """For each word with bars the place of its room: its end, or where fonts allow it."""
    waiting = sorted(bars, reverse=True)
    near: List[Placed] = []
    for atom in atoms:
        while waiting and waiting[-1].start < atom.end:
            near.append(waiting.pop())
        near = [bar for bar in near if bar.end > atom.start]
        above, below = (
            max((bar.slot + 1 for bar in near if bar.above == side), default=0)
            for side in (True, False)
        )
        if above or below:
            # not at its start, where it could stay in the line before
            places = range(atom.core, atom.start, -1)
            yield (
                next((i for i in places if _is_safe(text, i)), atom.core),
                Room(above, below, atom.start, atom.end),
            )


def _is_safe(text: str, i: int) -> bool:
    """Whether an element before character i leaves the letters beside it where they are."""
    if i <= 0 or i >= len(text):
        return True
    if is_glued(text, i):
        return False
    before, after = text[i - 1], text[i]
    if before.isspace():
        return after.isspace() or after not in KERNED_BEHIND_BLANK
    if after.isspace():
        return before not in KERNED_BEFORE_BLANK
    return any(before in calm and after in calm for calm in CALM) or bool(
        HAN.match(before) and HAN.match(after)
    )


def _atom_at(atoms: Sequence[Atom], place: int) -> Atom:
    number = bisect_right(atoms, (place, len(atoms) and atoms[-1].end + 1)) - 1
    return atoms[max(number, 0)]
