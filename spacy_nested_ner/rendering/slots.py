"""At which height a bar is drawn, so that none of them overlap."""

from typing import Iterator, List, NamedTuple, Optional, Sequence, Tuple


class Bar(NamedTuple):
    """A mention to be drawn.

    start, end: half-open, in characters.
    score: probability.
    kind: how it was judged ("correct", "boundary", "type", "both", "missed", "spurious"), or
        "". It changes the look of the bar.
    note: a text for the pointer.
    """

    start: int
    end: int
    label: str
    score: Optional[float] = None
    kind: str = ""
    note: str = ""


def assign_slots(spans: Sequence[Tuple[int, int]]) -> List[int]:
    """The slot of each span, 0 next to the text.

    Two spans that overlap have different slots. Shorter ones choose first, each the lowest slot
    that is free. So one that lies inside another has the lower slot: whatever keeps it from one
    keeps the other from it, too.

    spans: Half-open, none empty.
    """
    slots = [0] * len(spans)
    for members in _overlapping(spans):
        placed: List[int] = []
        for i in sorted(members, key=lambda i: (spans[i][1] - spans[i][0], spans[i], i)):
            start, end = spans[i]
            taken = {slots[j] for j in placed if spans[j][0] < end and start < spans[j][1]}
            while slots[i] in taken:
                slots[i] += 1
            placed.append(i)
    return slots


def _overlapping(spans: Sequence[Tuple[int, int]]) -> Iterator[List[int]]:
    """The spans in groups that share no part of the text."""
    members: List[int] = []
    reached = 0
    for i in sorted(range(len(spans)), key=spans.__getitem__):
        if members and spans[i][0] >= reached:
            yield members
            members = []
        members.append(i)
        reached = max(reached, spans[i][1])
    if members:
        yield members
