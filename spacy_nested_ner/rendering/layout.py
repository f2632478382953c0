"""Find the parts of a text that stay together, and the boxes of the bars in them."""

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

# half-widths, with labels; no group grows beyond this to make room for a label
WIDEST_GROUP = 24


class Placed(NamedTuple):
    """A bar with its place.

    start, end: half-open characters; grapheme clusters stay whole.
    above: whether it is above the text.
    slot: height, counted from the text.
    room: width of its label, in half-widths.
    number: number of the bar on its side, from 0.
    """

    start: int
    end: int
    above: bool
    slot: int
    room: float
    number: int


class Group(NamedTuple):
    """A part of the text in which no line ends. Its bars may go beyond it."""

    start: int
    end: int
    bars: List[Placed]


class Open(NamedTuple):
    """The beginning of a box, for a bar or a part of one.

    start, end: characters inside the box.
    gap: number of free slots between its bar and the bars inside it on the same side.
    stretched: whether the box is as wide as the box around it, which has the same characters.
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
    """The end of the innermost open box."""


Event = Union[Open, Text, Close]
# a bar, or the part of it in a part of the text: start, end, bar
Cut = Tuple[int, int, Placed]


def snap(text: str, start: int, end: int) -> Tuple[int, int]:
    """Extend a span so that grapheme clusters at its ends are whole."""
    while is_glued(text, start):
        start -= 1
    while is_glued(text, end):
        end += 1
    return start, end


def find_groups(text: str, bars: Sequence[Placed]) -> Iterator[Group]:
    """The parts of the text with bars, in order. A newline is a part of its own."""
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

    directions: Direction of each character of the text; None if all run from left to right.
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


def _end_group(text: str, atoms: Sequence[int], i: int, bars: Sequence[Placed]) -> int:
    """The number of the atom behind the group that begins with atom i. It is the next atom, or
    a later one if a label in the group needs more room and its bar goes on."""
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
    """Approximate width of a group: the text, and the labels where they are wider."""
    return width(text[start:end]) + sum(
        max(0, bar.room - width(text[bar.start : min(bar.end, end)]))
        for bar in bars
        if start <= bar.start < end
    )


def _cut(start: int, end: int, bars: Sequence[Placed]) -> List[Tuple[int, int]]:
    """Cut a part of the text so that no bar has a gap.

    A label may make a box wider than its text. The extra space is at the end of the box. A bar
    that goes on behind this end would have a gap there, unless its part in the box is stretched
    over the whole box. So a box begins where a bar begins that goes on behind the box, and
    where a bar begins that crosses another one in the box.
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
    """The nested boxes of a part of the text. If bars cross, the one farther from the text
    stays whole; if they are on different sides, the longer one."""
    events: List[Event] = []
    # a stack of open tasks: events, or parts of the text with their bars
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
        # by side, the highest slot that is taken inside the next box
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
    """Where to divide a part: at the ends of groups of overlapping bars or, if there is one
    group only, at the ends of the outermost bar. If this bar covers the part, only at its own
    ends."""
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
    """A sort key. Only the bar farthest from the text on its side can be the outermost."""
    top = _find_top(cuts)

    def key(cut: Cut) -> Tuple[bool, int, bool]:
        a, b, bar = cut
        return bar.slot == top[bar.above], b - a, bar.above

    return key


def _find_top(cuts: Sequence[Cut]) -> Dict[bool, int]:
    """By side, the slot farthest from the text; -1 if there is none."""
    return {
        above: max((bar.slot for _, _, bar in cuts if bar.above == above), default=-1)
        for above in (True, False)
    }
