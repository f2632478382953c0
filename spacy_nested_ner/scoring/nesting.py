"""Relations of mentions: nested, crossing, on the same span; O(n log n) for n mentions.

Spans are half-open, in tokens or in characters. Documents may be concatenated to one sequence:
mentions of two documents never share a token.
"""

from bisect import bisect_right
from typing import List, NamedTuple, Tuple

import numpy
from numpy import ndarray


class Relations(NamedTuple):
    """The relations of each mention to the others, in the given order, (N,) each.

    inside: lies inside another, longer one.
    around: has another, shorter one inside it.
    same_label: lies inside or around another one of its own label.
    crossing: overlaps another one, and each has tokens that the other has not.
    same_span: has the same start and end as another one.
    depth: length of the longest chain of spans, each inside the one before, that ends with it.
    """

    inside: ndarray
    around: ndarray
    same_label: ndarray
    crossing: ndarray
    same_span: ndarray
    depth: ndarray

    @property
    def nested(self) -> ndarray:
        nested: ndarray = self.inside | self.around
        return nested

    @property
    def overlapping(self) -> ndarray:
        overlapping: ndarray = self.nested | self.crossing | self.same_span
        return overlapping


def relate(start: ndarray, end: ndarray, label: ndarray) -> Relations:
    """Compare all mentions with each other; none is empty, and no two are equal.

    start, end, label: Non-negative integers, (N,).
    """
    assert (start < end).all()
    spans = _Distinct(start, end)
    inside, around = _find_nested(spans.start, spans.end)
    crossing = _crosses_later(spans.start, spans.end)
    mirrored = _Distinct(-spans.end, -spans.start)
    crossing |= _crosses_later(mirrored.start, mirrored.end)[mirrored.index]
    # shift each label to a range of its own, so that two labels never overlap
    shift = label * end.max(initial=0)
    labelled = _Distinct(start + shift, end + shift)
    same_label = numpy.logical_or(*_find_nested(labelled.start, labelled.end))
    same_span = numpy.bincount(spans.index, minlength=len(spans.start)) > 1
    depth = _find_depth(spans.end)
    return Relations(
        inside[spans.index],
        around[spans.index],
        same_label[labelled.index],
        crossing[spans.index],
        same_span[spans.index],
        depth[spans.index],
    )


def find_depth(start: ndarray, end: ndarray) -> ndarray:
    """The depth of each mention, as in `Relations`, (N,). Mentions may be equal."""
    spans = _Distinct(start, end)
    return _find_depth(spans.end)[spans.index]


def count_disjoint(start: ndarray, end: ndarray) -> int:
    """Size of the largest subset without an overlap: the most that a tagger with one tag for
    each token can find. Greedy: the next mention is the one that ends first.
    """
    order = numpy.argsort(end)
    n_chosen = reached = 0
    for begin, stop in zip(start[order].tolist(), end[order].tolist()):
        if begin >= reached:
            n_chosen += 1
            reached = stop
    return n_chosen


class _Distinct:
    """Distinct spans, sorted by start, then longer first; `index` is the place of each given
    span among them."""

    def __init__(self, start: ndarray, end: ndarray) -> None:
        order = numpy.lexsort((-end, start))
        start, end = start[order], end[order]
        is_new = numpy.ones(len(start), dtype=bool)
        is_new[1:] = (start[1:] != start[:-1]) | (end[1:] != end[:-1])
        self.start, self.end = start[is_new], end[is_new]
        self.index = numpy.empty(len(start), dtype=int)
        self.index[order] = numpy.cumsum(is_new) - 1


def _find_nested(start: ndarray, end: ndarray) -> Tuple[ndarray, ndarray]:
    """Which of the sorted spans lie inside another one, and which around another one."""
    inside = numpy.zeros(len(start), dtype=bool)
    around = numpy.zeros(len(start), dtype=bool)
    # sorted: an earlier span begins before, or at the same token and is longer
    inside[1:] = numpy.maximum.accumulate(end)[:-1] >= end[1:]
    around[:-1] = numpy.minimum.accumulate(end[::-1])[::-1][1:] <= end[:-1]
    return inside, around


def _crosses_later(start: ndarray, end: ndarray) -> ndarray:
    """Which of the sorted spans cross one that begins inside them and ends after them."""
    first = numpy.searchsorted(start, start, side="right")
    stop = numpy.searchsorted(start, end, side="left")
    crosses = numpy.zeros(len(start), dtype=bool)
    some = numpy.flatnonzero(first < stop)
    crosses[some] = _range_max(end, first[some], stop[some]) > end[some]
    return crosses


def _range_max(values: ndarray, first: ndarray, stop: ndarray) -> ndarray:
    """The largest of values[first:stop] for each of the ranges, none of them empty."""
    result = numpy.empty(len(first), dtype=values.dtype)
    # a sparse table: values[i] is the maximum of `power` values from i on; two such windows,
    # one at each end, cover a range shorter than twice the power
    power = 1
    while len(first) and power <= len(values):
        length = stop - first
        now = (power <= length) & (length < 2 * power)
        begin, behind = first[now], stop[now] - power
        result[now] = numpy.maximum(values[begin], values[behind])
        values = numpy.append(numpy.maximum(values[:-power], values[power:]), values[-power:])
        power *= 2
    return result


def _find_depth(end: ndarray) -> ndarray:
    """Of the sorted spans, the length of the longest chain that ends with each: the longest
    sequence of ends that never rise (patience sorting)."""
    depths: List[int] = []
    # the chains found so far, by length: the negated end of that whose last span ends latest
    latest: List[int] = []
    for negated in (-end).tolist():
        depth = bisect_right(latest, negated)
        latest[depth : depth + 1] = [negated]
        depths.append(depth + 1)
    return numpy.array(depths, dtype=int)
