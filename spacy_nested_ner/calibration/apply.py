"""Decide which fitted temperatures and thresholds to apply.

Few documents, or a model whose errors a temperature cannot correct, give values that make
other documents worse. So a label keeps its temperature unless the fitted one lowers the
expected calibration error, and its threshold unless the fitted one raises F1: both on the
documents of the fit, and on each fold with the values fitted to the other folds. Labels that
share their values are decided together.
"""

from dataclasses import dataclass
from typing import Callable, List, NamedTuple, Sequence

import numpy
from numpy import ndarray

from ..scoring.matching import PREDICTED, RIGHT, score
from .logit_counts import LogitCounts
from .reliability import group_spans, spans_by_probability
from .temperatures import Temperatures
from .thresholds import Objective, Thresholds, count_found, make_counts


class Tried(NamedTuple):
    """What settings reach on documents.

    table: GOLD, FOUND, PREDICTED and RIGHT (see `matching`) of each label, (L + unknown, 4).
    error: Expected calibration error; nan without probable spans.
    """

    table: ndarray
    error: float


@dataclass(frozen=True)
class FoldedTemperatures:
    """Folds of documents, each with the temperatures to try on it."""

    counts: Sequence[LogitCounts]
    fitted: Sequence[Temperatures]

    def error(self, is_new: ndarray, labels: Sequence[int] = ()) -> float:
        """The expected calibration error.

        is_new: Labels with the fitted temperature, (L,); the others have that of the pipe.
        labels: Indices of the labels to measure; () for all.
        """
        spans = [
            spans_by_probability(
                counts,
                rows=labels or None,
                temperatures=numpy.where(is_new, fitted.of_labels, counts.temperatures),
            )
            for counts, fitted in zip(self.counts, self.fitted)
        ]
        return group_spans(*(numpy.concatenate(column) for column in zip(*spans))).error


@dataclass(frozen=True)
class FoldedThresholds:
    """Folds of documents, each with the thresholds to try on it."""

    counts: Sequence[LogitCounts]
    fitted: Sequence[Thresholds]

    def count(self, is_new: ndarray) -> ndarray:
        """GOLD, FOUND, PREDICTED and RIGHT of each label, (L + unknown, 4).

        is_new: Labels with the fitted threshold, (L,); the others have that of the pipe.
        """
        tables = []
        for counts, fitted in zip(self.counts, self.fitted):
            new = count_found(counts, fitted.of_labels)[: len(is_new)]
            right = numpy.where(is_new, new[:, RIGHT], counts.right.sum(0))
            predicted = numpy.where(is_new, new[:, PREDICTED], counts.predicted.sum(0))
            tables.append(make_counts(counts, right, predicted))
        total: ndarray = numpy.sum(tables, axis=0)
        return total


def apply_temperatures(
    views: Sequence[FoldedTemperatures], is_own: ndarray, *, may_apply: ndarray
) -> ndarray:
    """Which labels get their fitted temperature, (L,).

    views: The documents of the fit as one fold, and the folds with what was fitted to the
        others. The error falls in each view, for all applied labels together and for each one.
    is_own: Labels that do not share their temperature, (L,).
    may_apply: Labels whose fitted temperature is usable, (L,).
    """
    nothing = numpy.zeros(len(is_own), dtype=bool)

    def gain(groups: Sequence[List[int]], labels: Sequence[int] = ()) -> float:
        is_new = _mask(groups, len(is_own))
        return min(view.error(nothing, labels) - view.error(is_new, labels) for view in views)

    groups = [group for group in _groups(is_own) if may_apply[group].all()]
    gains = [(gain([group], group), group) for group in groups]
    best_first = sorted((pair for pair in gains if pair[0] > 0), reverse=True)
    applied = [group for _, group in best_first]
    # errors of two labels in opposite directions may have cancelled each other
    while applied and not gain(applied) > 0:
        applied.pop()
    return _mask(applied, len(is_own))


def apply_thresholds(
    views: Sequence[FoldedThresholds], is_own: ndarray, *, objective: Objective
) -> ndarray:
    """Which labels get their fitted threshold, (L,).

    views, is_own: As of `apply_temperatures`.
    objective: For "micro" and "macro", neither the F1 of the objective nor that of a label
        falls in any view. "precision" is a demand that may cost F1: all labels get theirs.
    """
    if objective == "precision":
        return numpy.ones(len(is_own), dtype=bool)
    gain = _micro_gain if objective == "micro" else _macro_gain
    applied = [
        group for group in _groups(is_own) if all(_helps(view, group, gain) for view in views)
    ]
    return _mask(applied, len(is_own))


def _helps(
    view: FoldedThresholds,
    group: List[int],
    gain: Callable[[ndarray, ndarray, List[int]], float],
) -> bool:
    n_labels = len(view.counts[0].labels)
    before, after = (view.count(_mask(some, n_labels)) for some in ([], [group]))
    falls = score(after[group].sum(0)).f < score(before[group].sum(0)).f
    return bool(gain(before, after, group) > 0 and not falls)


def _micro_gain(before: ndarray, after: ndarray, group: List[int]) -> float:
    """2 right − f predicted of the labels, for the micro F1 f before. The gains of labels add
    up, and above 0 the micro F1 rises (see `thresholds`)."""
    f = score(before.sum(0)).f
    change = (after - before)[group].sum(0)
    return float(2 * change[RIGHT] - f * change[PREDICTED])


def _macro_gain(before: ndarray, after: ndarray, group: List[int]) -> float:
    return float(numpy.nansum(score(after[group]).f) - numpy.nansum(score(before[group]).f))


def _groups(is_own: ndarray) -> List[List[int]]:
    """The indices of each label with its own values, and of those that share theirs."""
    own = [[i] for i in numpy.flatnonzero(is_own).tolist()]
    shared = numpy.flatnonzero(~is_own).tolist()
    return [*own, shared] if shared else own


def _mask(groups: Sequence[List[int]], n_labels: int) -> ndarray:
    mask = numpy.zeros(n_labels, dtype=bool)
    for group in groups:
        mask[group] = True
    return mask
