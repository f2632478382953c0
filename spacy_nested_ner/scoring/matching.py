"""Exact matches of gold and predicted mentions, and the scores that follow from four counts.

The scorer of the pipe and the evaluation share this module.
"""

import math
from dataclasses import dataclass
from itertools import chain
from typing import Dict, Iterable, List, NamedTuple, Optional, Sequence, Set, Tuple, Union

import numpy
from numpy import ndarray

# the last axis of counts
GOLD, FOUND, PREDICTED, RIGHT = range(4)
N_COUNTS = 4

Span = Tuple[int, int, str]  # half-open characters of its document, label


class Mentions(NamedTuple):
    """Mentions of many documents, in the sequence of the characters of all documents."""

    doc: ndarray  # number of the document, (N,)
    start: ndarray  # first character, in the sequence, (N,)
    end: ndarray  # character after the last, in the sequence, (N,)
    label: ndarray  # index of the label, (N,)


@dataclass(frozen=True)
class Matched:
    """The gold and the predicted mentions, in the given order.

    found: whether a gold mention is among the predicted ones, (N,).
    right: whether a predicted mention is among the gold ones, (N,).
    """

    n_docs: int
    labels: Sequence[str]
    gold: Mentions
    predicted: Mentions
    found: ndarray
    right: ndarray

    def count(
        self, gold: ndarray, predicted: ndarray, n_slices: int, rows: ndarray, n_rows: int
    ) -> ndarray:
        """Count all mentions and the matched ones by row and slice.

        gold, predicted: index of the slice of each mention, -1 for none, (N,).
        rows: index of the row of each document, (n_docs,).
        RETURNS: int64, (n_rows, n_slices, 4), the last axis GOLD, FOUND, PREDICTED, RIGHT.
        """
        columns = (
            (self.gold, gold, gold >= 0),
            (self.gold, gold, (gold >= 0) & self.found),
            (self.predicted, predicted, predicted >= 0),
            (self.predicted, predicted, (predicted >= 0) & self.right),
        )
        counts = [
            numpy.bincount(
                rows[mentions.doc[some]] * n_slices + index[some], minlength=n_rows * n_slices
            )
            for mentions, index, some in columns
        ]
        return numpy.stack(counts, axis=-1).reshape(n_rows, n_slices, N_COUNTS)

    def total(self) -> ndarray:
        """All mentions of all documents, (4,)."""
        gold, predicted = (numpy.zeros(len(x), dtype=int) for x in (self.found, self.right))
        counts: ndarray = self._sum(gold, predicted, 1)[0]
        return counts

    def by_label(self) -> ndarray:
        """The mentions of each label in all documents, (L, 4)."""
        return self._sum(self.gold.label, self.predicted.label, len(self.labels))

    def where(self, gold: ndarray, predicted: ndarray) -> ndarray:
        """The mentions in all documents for which a mask is true, (4,)."""
        # True and False become the slice 0 and no slice
        slices = gold.astype(int) - 1, predicted.astype(int) - 1
        counts: ndarray = self._sum(*slices, 1)[0]
        return counts

    def _sum(self, gold: ndarray, predicted: ndarray, n_slices: int) -> ndarray:
        rows = numpy.zeros(self.n_docs, dtype=int)
        counts: ndarray = self.count(gold, predicted, n_slices, rows, 1)[0]
        return counts


def match(docs: Iterable[Tuple[Iterable[Span], Iterable[Span]]]) -> Matched:
    """Compare gold and predicted mentions as sets: start, end and label have to be equal.

    docs: gold and predicted mentions of each document. Each has at least one character, and
        occurs once among the gold or the predicted mentions of its document.
    """
    pairs = [(list(gold), list(predicted)) for gold, predicted in docs]
    labels = sorted({span[2] for spans in chain(*pairs) for span in spans})
    numbers = {label: i for i, label in enumerate(labels)}
    ends = [max((span[1] for span in chain(*pair)), default=0) for pair in pairs]
    shifts = numpy.cumsum([0, *ends])
    gold, predicted = (
        _columns([pair[side] for pair in pairs], shifts, numbers) for side in (0, 1)
    )
    found, right = _compare(gold, predicted)
    return Matched(len(pairs), labels, gold, predicted, found, right)


def match_boundaries(docs: Iterable[Tuple[Iterable[Span], Iterable[Span]]]) -> Matched:
    """Compare gold and predicted mentions as sets of spans; all labels become ""."""

    def without_labels(spans: Iterable[Span]) -> Set[Span]:
        return {(start, end, "") for start, end, _ in spans}

    return match((without_labels(gold), without_labels(predicted)) for gold, predicted in docs)


class Scores(NamedTuple):
    """0 to 1, nan for a division by 0; all of one shape."""

    precision: ndarray
    recall: ndarray
    f: ndarray


def score(counts: ndarray) -> Scores:
    """The scores of counts (…, 4).

    Precision is right / predicted, recall found / gold, and F their harmonic mean: 0 if both
    are 0, or if there are gold mentions and none is predicted; nan without gold mentions.
    """
    gold, found, predicted, right = (counts[..., i].astype(float) for i in range(N_COUNTS))
    with numpy.errstate(invalid="ignore"):
        precision, recall = right / predicted, found / gold
        # nothing is predicted: gold mentions of a slice may be found by predictions of others
        p = numpy.where(predicted > 0, precision, 0.0)
        f = numpy.where(p + recall > 0, 2 * p * recall / (p + recall), recall)
    return Scores(precision, recall, f)


def macro_f(counts: ndarray) -> ndarray:
    """The mean F of the labels that have gold mentions, nan if none has, (…).

    counts: (…, L, 4).
    """
    f = score(counts).f
    n = (~numpy.isnan(f)).sum(axis=-1)
    with numpy.errstate(invalid="ignore"):
        mean: ndarray = numpy.nansum(f, axis=-1) / n
    return mean


def value_or_none(value: Union[float, ndarray]) -> Optional[float]:
    """A number for JSON, None for nan, which JSON does not have."""
    number = float(value)
    return None if math.isnan(number) else number


def _columns(
    spans_of_docs: List[List[Span]], shifts: ndarray, numbers: Dict[str, int]
) -> Mentions:
    n_spans = [len(spans) for spans in spans_of_docs]
    doc = numpy.repeat(numpy.arange(len(n_spans)), n_spans)
    rows = [(s[0], s[1], numbers[s[2]]) for spans in spans_of_docs for s in spans]
    start, end, label = numpy.array(rows, dtype=int).reshape(-1, 3).T
    assert (start < end).all()
    return Mentions(doc, start + shifts[doc], end + shifts[doc], label)


def _compare(gold: Mentions, predicted: Mentions) -> Tuple[ndarray, ndarray]:
    spans = [numpy.stack((x.start, x.end, x.label), axis=1) for x in (gold, predicted)]
    distinct, index = numpy.unique(numpy.concatenate(spans), axis=0, return_inverse=True)
    index_gold, index_predicted = numpy.split(index.reshape(-1), [len(gold.doc)])
    is_gold, is_predicted = (numpy.zeros(len(distinct), dtype=bool) for _ in range(2))
    is_gold[index_gold] = True
    is_predicted[index_predicted] = True
    return is_predicted[index_gold], is_gold[index_predicted]
