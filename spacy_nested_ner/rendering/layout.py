"""Which parts of a text stay together, and the boxes that bars make of them."""

from itertools import pairwise
from typing import (
    Callable,
    Dict,
    Iterable,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Set,
    Tuple,
    Union,
)

from .breaks import BLANKS, LONGEST_ATOM, find_atoms, is_glued, may_break, width

# half-widths, labels included; no group is made wider than this to give a label room
WIDEST_GROUP = 24


class Placed(NamedTuple):
    """A bar with its place.

    start, end: half-open characters, never inside of what a reader sees as one character.
    above: on which side of the text.
    slot: counted from the text.
    room: what its label takes, in half-widths.
    number: of the bar, on its side, from 0.
    """

    start: int
    end: int
    above: bool
    slot: int
    room: float
    number: int


class Group(NamedTuple):
    """A part of the text within which no line is broken. Its bars are not cut to it."""

    start: int
    end: int
    bars: List[Placed]


class Open(NamedTuple):
    """A box begins: all of a bar, or a part of it.

    start, end: what the box goes around.
    gap: number of slots left free between its bar and those of its side that are in it.
    stretched: whether it is to be as wide as the box that it is in, which begins and ends as
        it does.
    """

    bar: Placed
    start: int
    end: int
    gap: int
    stretched: bool


class Text(NamedTuple):
    """A part of the text, half-open."""

    start: int
    end: int


class Close(NamedTuple):
    """The box that was opened last, and is still open, ends."""


Event = Union[Open, Text, Close]
# a bar cut to a part of the text: start, end, bar
Cut = Tuple[int, int, Placed]


def snap(text: str, start: int, end: int) -> Tuple[int, int]:
    """Take in what a reader sees as one character with the first and the last."""
    while is_glued(text, start):
        start -= 1
    while is_glued(text, end):
        end += 1
    return start, end


def find_groups(text: str, bars: Sequence[Placed]) -> Iterator[Group]:
    """The parts of the text that bars stand on, in order. A newline is one by itself."""
    waiting = sorted(bars, reverse=True)
    near: List[Placed] = []
    for region_start, region_end in _find_regions(text, bars):
        atoms = find_atoms(text, region_start, region_end)
        i = 0
        while i + 1 < len(atoms):
            start = atoms[i]
            reach = max(atoms[i + 1], start + WIDEST_GROUP)
            while waiting and waiting[-1].start < reach:
                near.append(waiting.pop())
            near = [bar for bar in near if bar.end > start]
            i = _end_group(text, atoms, i, near)
            yield Group(start, atoms[i], [bar for bar in near if bar.start < atoms[i]])


def find_boxes(
    group: Group, directions: Optional[bytearray]
) -> Iterator[Tuple[Optional[int], List[Event]]]:
    """The boxes of a group, in runs of one direction.

    directions: Of the characters of the text; None if all go from left to right.
    YIELDS: Runs, each with its direction or None.
    """
    bounds = [group.start, group.end]
    if directions is not None:
        inner = range(group.start + 1, group.end)
        bounds[1:1] = [i for i in inner if directions[i] != directions[i - 1]]
    for run_start, run_end in pairwise(bounds):
        events: List[Event] = []
        for start, end in _cut(run_start, run_end, group.bars):
            events += _nest(start, end, group.bars)
        yield None if directions is None else directions[run_start], events


def _find_regions(text: str, bars: Sequence[Placed]) -> Iterator[Tuple[int, int]]:
    """The bars with the rest of the words that they begin and end in, joined if they meet."""
    region: Optional[Tuple[int, int]] = None
    for start, end in sorted({(bar.start, bar.end) for bar in bars}):
        for _ in range(LONGEST_ATOM):
            start -= not may_break(text, start)
            # a blank behind it may stay outside
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


def _end_group(text: str, atoms: Sequence[int], i: int, bars: Sequence[Placed]) -> int:
    """Of the group that begins with atom i, the number of the atom behind it: the next one, or
    a later one if a label that begins in the group has not room in it, but text to go on."""
    start = atoms[i]
    for j in range(i + 1, len(atoms) - 1):
        end, wider = atoms[j], atoms[j + 1]
        if "\n" in (text[end - 1], text[wider - 1]) or wider - start > WIDEST_GROUP:
            return j
        wants_more = (
            start <= bar.start < end < bar.end and bar.room > width(text[bar.start : end])
            for bar in bars
        )
        if not any(wants_more) or _full_width(text, start, wider, bars) > WIDEST_GROUP:
            return j
    return len(atoms) - 1


def _full_width(text: str, start: int, end: int, bars: Iterable[Placed]) -> float:
    """About how wide a group would be: the text, and what the labels need beyond their text."""
    return width(text[start:end]) + sum(
        max(0, bar.room - width(text[bar.start : min(bar.end, end)]))
        for bar in bars
        if start <= bar.start < end
    )


def _cut(start: int, end: int, bars: Sequence[Placed]) -> List[Tuple[int, int]]:
    """Cut a part of the text so that no bar is torn.

    A box that is wider than its text, for its label, is so at its end. A bar that goes on
    behind that end would have a hole there, unless its part in the box is stretched, and that
    it is if it goes through all of the box. So a box begins where the bars begin that go on
    behind it, and where one begins that crosses another of the box.
    """
    parts = []
    while end > start:
        begin = max((b.start for b in bars if b.start < end < b.end), default=start)
        begin = max(begin, start)
        inside = [b for b in bars if begin <= b.start < end]
        crossing = (
            y.start for x in inside for y in inside if x.start < y.start < x.end < y.end
        )
        begin = max(crossing, default=begin)
        parts.append((begin, end))
        end = begin
    return parts[::-1]


def _nest(start: int, end: int, bars: Sequence[Placed]) -> List[Event]:
    """The boxes in a part of the text, one in the other. Of bars that cross, the one farther
    from the text stays whole, of both sides the longer."""
    events: List[Event] = []
    # what is still to be done, the next at the end: events, or a part with its bars
    tasks: List[Union[Event, Tuple[int, int, List[Cut]]]] = [
        (start, end, _clip(start, end, [(b.start, b.end, b) for b in bars]))
    ]
    while tasks:
        task = tasks.pop()
        if isinstance(task, (Open, Text, Close)):
            events.append(task)
            continue
        start, end, cuts = task
        if not cuts:
            events.append(Text(start, end))
            continue
        bounds = _find_bounds(start, end, cuts)
        if len(bounds) > 2:
            for a, b in reversed(list(pairwise(bounds))):
                tasks.append((a, b, _clip(a, b, cuts)))
            continue
        inner = [cut for cut in cuts if cut[:2] != (start, end)]
        # by side, the slots that are taken between the text and the next box
        top = _find_top(inner)
        around = [bar for a, b, bar in cuts if (a, b) == (start, end)]
        inner += [(start, end, bar) for bar in around if bar.slot < top[bar.above]]
        boxes = []
        for bar in sorted(around, key=lambda bar: bar.slot):
            if bar.slot > top[bar.above]:
                boxes.append((bar, bar.slot - top[bar.above] - 1))
                top[bar.above] = bar.slot
        for number, (bar, gap) in enumerate(reversed(boxes)):
            events.append(Open(bar, start, end, gap, stretched=number > 0))
        tasks += [Close()] * len(boxes)
        tasks.append((start, end, inner))
    return events


def _clip(start: int, end: int, cuts: Sequence[Cut]) -> List[Cut]:
    return [(max(a, start), min(b, end), bar) for a, b, bar in cuts if a < end and start < b]


def _find_bounds(start: int, end: int, cuts: Sequence[Cut]) -> List[int]:
    """Where a part falls into parts: at the ends of what overlaps, or, if all of it does, at
    those of the outermost bar. Only its own ends if that goes through all of it."""
    bounds: Set[int] = {start, end}
    reached = start
    for a, b, _ in sorted(cuts, key=lambda cut: cut[:2]):
        if a >= reached:
            bounds.update((reached, a))
        reached = max(reached, b)
    bounds.add(reached)
    if len(bounds) == 2:
        bounds.update(max(cuts, key=_outermost(cuts))[:2])
    return sorted(bounds)


def _outermost(cuts: Sequence[Cut]) -> Callable[[Cut], Tuple[bool, int, bool]]:
    """A key: of each side only the bar farthest from the text can be the outermost."""
    top = _find_top(cuts)

    def key(cut: Cut) -> Tuple[bool, int, bool]:
        a, b, bar = cut
        return bar.slot == top[bar.above], b - a, bar.above

    return key


def _find_top(cuts: Sequence[Cut]) -> Dict[bool, int]:
    """By side, the slot that is farthest from the text; -1 where there is none."""
    return {
        above: max((bar.slot for _, _, bar in cuts if bar.above == above), default=-1)
        for above in (True, False)
    }
