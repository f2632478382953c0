"""Overlap policies: predicted spans may overlap freely, only nest, or not overlap.

A policy is greedy. It visits the spans from the best to the worst and keeps each span that
does not conflict with those it has kept. Only spans that conflict with another one are
visited one by one, so a policy takes O(n log n) time for n spans, plus the tokens of the
visited ones.
"""

from typing import Iterator, List, Literal, Optional, Tuple

import numpy
from numpy import ndarray

from ..scoring.nesting import find_depth, relate
from .spans import PredictedSpans

Overlap = Literal["all", "nested", "flat"]
Preference = Literal["probability", "length"]


def resolve_overlaps(
    spans: PredictedSpans,
    *,
    overlap: Overlap,
    prefer: Preference,
    max_depth: Optional[int] = None,
) -> PredictedSpans:
    """The predicted spans that a policy keeps, in their order.

    overlap (Overlap): "all" keeps all spans. "nested" keeps spans that do not cross: one may
        lie inside another, and spans with different labels may have the same tokens. "flat"
        keeps spans that share no token, so at most one label for the same tokens.
    prefer (Preference): Which of two conflicting spans stays. "probability": the more probable
        one. "length": the one with more tokens; of equally long spans, the more probable one.
        Of equal spans, the first in document order.
    max_depth (Optional[int]): Then remove the spans that lie inside max_depth or more spans
        that lie inside one another; 1 keeps the outermost spans only. None for no limit.
    """
    if overlap != "all" and len(spans.doc):
        spans = spans.select(_is_kept(spans, overlap, prefer))
    if max_depth is not None and len(spans.doc):
        spans = spans.select(find_depth(*_batch_offsets(spans)) <= max_depth)
    return spans


def _is_kept(spans: PredictedSpans, overlap: Overlap, prefer: Preference) -> ndarray:
    """True for the spans that the policy keeps, (N,)."""
    start, end = _batch_offsets(spans)
    relations = relate(start, end, spans.label)
    conflicting = relations.crossing if overlap == "nested" else relations.overlapping
    keep = ~conflicting
    order = numpy.flatnonzero(conflicting)[_best_first(spans.select(conflicting), prefer)]
    choose = _choose_nested if overlap == "nested" else _choose_flat
    chosen = choose(start[order].tolist(), end[order].tolist(), int(end.max()))
    keep[order] = numpy.fromiter(chosen, dtype=bool, count=len(order))
    return keep


def _batch_offsets(spans: PredictedSpans) -> Tuple[ndarray, ndarray]:
    """Starts and ends in one sequence of tokens, that of all documents in order, (N,)."""
    length = numpy.zeros(spans.doc[-1] + 1, dtype=spans.end.dtype)
    numpy.maximum.at(length, spans.doc, spans.end)
    offset = (length.cumsum() - length)[spans.doc]
    return spans.start + offset, spans.end + offset


def _best_first(spans: PredictedSpans, prefer: Preference) -> ndarray:
    """Indices of the spans from the best to the worst, (N,); a stable sort."""
    if prefer == "length":
        return numpy.lexsort((-spans.probability, spans.start - spans.end))
    return numpy.argsort(-spans.probability, kind="stable")


def _choose_flat(starts: List[int], ends: List[int], n_tokens: int) -> Iterator[bool]:
    """For each span, the best first: whether it overlaps none of the kept ones."""
    taken = numpy.zeros(n_tokens, dtype=bool)
    for start, end in zip(starts, ends):
        free = not taken[start:end].any()
        if free:
            taken[start:end] = True
        yield free


def _choose_nested(starts: List[int], ends: List[int], n_tokens: int) -> Iterator[bool]:
    """For each span, the best first: whether it crosses none of the kept ones."""
    # of the kept spans: the last end of those that begin at each token, and the first start
    # of those that end at each token
    last_end = numpy.zeros(n_tokens + 1, dtype=int)
    first_start = numpy.full(n_tokens + 1, n_tokens)
    for start, end in zip(starts, ends):
        inside = slice(start + 1, end)
        free = not ((last_end[inside] > end).any() or (first_start[inside] < start).any())
        if free:
            last_end[start] = max(last_end[start], end)
            first_start[end] = min(first_start[end], start)
        yield free
