"""What the found spans of a document may do to each other: anything, nest, or not overlap.

A policy goes through the spans from the best to the worst and keeps each that gets along with
those kept so far. Only spans that are in anyone's way are looked at one by one, and never a
pair of them.
"""

from typing import Iterator, List, Literal, Optional, Tuple

import numpy
from numpy import ndarray

from ..scoring.nesting import find_depth, relate
from .decode import DecodedSpans

Overlap = Literal["all", "nested", "flat"]
Preference = Literal["probability", "length"]


def choose_spans(
    found: DecodedSpans,
    *,
    overlap: Overlap,
    prefer: Preference,
    max_depth: Optional[int] = None,
) -> DecodedSpans:
    """Those of the found spans that a policy keeps, in their order.

    overlap (Overlap): "all" keeps all. "nested" keeps spans that do not cross: they may lie
        inside each other and, with different labels, on the same tokens. "flat" keeps spans
        that have no token in common, so one label of those on the same tokens.
    prefer (Preference): Which of two spans that cannot both stay is the better one:
        "probability", the more probable; "length", the one with more tokens, the more probable
        of equally long ones. Between equals, the first in document order.
    max_depth (Optional[int]): Of what is left, keep the spans that no longer chain of spans,
        each inside the one before, ends with; 1 for the outermost ones.
    """
    if overlap != "all" and len(found.doc):
        found = found.where(_get_along(found, overlap, prefer))
    if max_depth is not None and len(found.doc):
        found = found.where(find_depth(*_in_one_row(found)) <= max_depth)
    return found


def _get_along(found: DecodedSpans, overlap: Overlap, prefer: Preference) -> ndarray:
    """True for the spans that stay, (N,)."""
    start, end = _in_one_row(found)
    relations = relate(start, end, found.label)
    contested = relations.crossing if overlap == "nested" else relations.overlapping
    keep = ~contested
    order = numpy.flatnonzero(contested)[_best_first(found.where(contested), prefer)]
    choose = _choose_nested if overlap == "nested" else _choose_flat
    chosen = choose(start[order].tolist(), end[order].tolist(), int(end.max()))
    keep[order] = numpy.fromiter(chosen, dtype=bool, count=len(order))
    return keep


def _in_one_row(found: DecodedSpans) -> Tuple[ndarray, ndarray]:
    """Starts and ends as if the documents lay one behind the other, (N,)."""
    length = numpy.zeros(found.doc[-1] + 1, dtype=found.end.dtype)
    numpy.maximum.at(length, found.doc, found.end)
    offset = (length.cumsum() - length)[found.doc]
    return found.start + offset, found.end + offset


def _best_first(found: DecodedSpans, prefer: Preference) -> ndarray:
    """The order of preference; spans are in document order before, (N,)."""
    if prefer == "length":
        return numpy.lexsort((-found.probability, found.start - found.end))
    return numpy.argsort(-found.probability, kind="stable")


def _choose_flat(starts: List[int], ends: List[int], n_tokens: int) -> Iterator[bool]:
    """Whether a span, the best first, overlaps none that was chosen before."""
    taken = numpy.zeros(n_tokens, dtype=bool)
    for start, end in zip(starts, ends):
        free = not taken[start:end].any()
        if free:
            taken[start:end] = True
        yield free


def _choose_nested(starts: List[int], ends: List[int], n_tokens: int) -> Iterator[bool]:
    """Whether a span, the best first, crosses none that was chosen before."""
    # of the chosen ones, the last end of those that begin at a token, and the first start of
    # those that end before a token
    last_end = numpy.zeros(n_tokens + 1, dtype=int)
    first_start = numpy.full(n_tokens + 1, n_tokens)
    for start, end in zip(starts, ends):
        inside = slice(start + 1, end)
        free = not ((last_end[inside] > end).any() or (first_start[inside] < start).any())
        if free:
            last_end[start] = max(last_end[start], end)
            first_start[end] = min(first_start[end], start)
        yield free
