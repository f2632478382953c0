"""Choose the height of each bar so that no bars overlap."""

from typing import Iterator, List, NamedTuple, Optional, Sequence, Tuple


class Bar(NamedTuple):
    """A mention to draw.

    start, end: half-open, in characters.
    score: probability.
    kind: result of the comparison with gold ("correct", "boundary", "type", "both", "missed",
        "spurious"), or "". It changes the look of the bar.
    note: more text for the tooltip.
    """

    start: int
    end: int
    label: str
    score: Optional[float] = None
    kind: str = ""
    note: str = ""


def assign_slots(spans: Sequence[Tuple[int, int]]) -> List[int]:
    """The slot of each span, 0 next to the text.

    Overlapping spans have different slots. Spans choose in order of length, the shortest first,
    and each takes the lowest free slot. So a span inside another one has the lower slot: every
    slot that is taken for the inner span is also taken for the outer one.

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
    """Groups of spans that do not overlap each other."""
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
