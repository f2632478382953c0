"""A threshold for each label, from counts of logits: the best ones for a stated aim.

Thresholds are edges of the bins of logits, so the counts say exactly what each finds.
"""

from typing import List, Literal, NamedTuple, Tuple

import numpy
from numpy import ndarray

from ..scoring.matching import FOUND, GOLD, N_COUNTS, PREDICTED, RIGHT
from .logit_counts import EDGES, LogitCounts
from .reliability import spans_above
from .temperatures import Temperatures

Objective = Literal["micro", "macro", "precision"]

# stands behind the last edge: finds nothing
NEVER = len(EDGES)
# Log-odds beyond which a probability says too little of the logit that it was made from: a
# float has no room for so many nines.
MAX_LOG_ODDS = 20.0


class Thresholds(NamedTuple):
    """Indices of `EDGES`, or NEVER.

    of_labels: of each label, (L,).
    pooled: of labels without one of their own.
    """

    of_labels: ndarray
    pooled: int


def choose_thresholds(
    counts: LogitCounts,
    temperatures: Temperatures,
    *,
    objective: Objective,
    min_precision: float = 0.0,
    standard_errors: float = 1.0,
) -> Thresholds:
    """The thresholds that are best on the counted spans, or nearly so.

    The F1 of a label hardly changes over a wide range of thresholds, and where in it the best
    one lies is chance: thresholds chosen so lose on other texts what they gained. So of all
    whose F1 is within a standard error of the best one's, that is taken which is nearest to
    the pooled threshold, and as this that which is nearest to a probability of ½ (the rule of
    one standard error: Breiman et al. 1984, Classification and Regression Trees).

    temperatures: Labels with a temperature of their own have a threshold of their own. The
        others have the pooled one, which is chosen for all labels taken as one.
    objective: "micro" for the highest micro F1 of all labels together, "macro" for the highest
        F1 of each label, "precision" for the highest recall of each label at a precision of at
        least `min_precision`; a label that never reaches it is not predicted at all.
    standard_errors: Of an F1, how many it may be off the best one; 0 for the best one on the
        counted spans.
    """
    right, predicted = _spans_above_or_never(counts)  # (L, edges + 1)
    n_gold = counts.n_gold.sum(0)  # (L,)
    n_unknown = sum(counts.n_unknown.values())

    def choose(rows: List[_Row], rest: Tuple[int, int]) -> List[int]:
        if objective == "precision":
            return [_best_recall(row, min_precision) for row in rows]
        if objective == "macro":
            return [_choose_for_f([row], (0, 0), standard_errors)[0] for row in rows]
        return _choose_for_f(rows, rest, standard_errors)

    T = temperatures.pooled
    order = _order(counts.logit_scale / T, near=0.0)
    total = _Row(right.sum(0), predicted.sum(0), int(n_gold.sum()), order)
    (pooled,) = choose([total], (0, n_unknown))
    rows = []
    own = numpy.flatnonzero(temperatures.is_own)
    for i, T_i in zip(own.tolist(), temperatures.of_labels[own].tolist()):
        near = EDGES[min(pooled, NEVER - 1)] * T_i / T  # the same probability
        order = _order(counts.logit_scale / T_i, near=near)
        rows.append(_Row(right[i], predicted[i], int(n_gold[i]), order))
    others = ~temperatures.is_own
    rest = (
        int(right[others, pooled].sum()),
        int(predicted[others, pooled].sum() + n_gold[others].sum()) + n_unknown,
    )
    of_labels = numpy.full(len(counts.labels), pooled)
    of_labels[own] = choose(rows, rest)
    return Thresholds(of_labels, pooled)


def count_found(counts: LogitCounts, edge: ndarray) -> ndarray:
    """What thresholds find: GOLD, FOUND, PREDICTED and RIGHT (see `matching`) of each label,
    of the labels that the pipe does not know behind the others, (L + unknown, 4).

    edge: Threshold of each label, (L,).
    """
    right, predicted = _spans_above_or_never(counts)
    labels = numpy.arange(len(edge))
    return make_counts(counts, right[labels, edge], predicted[labels, edge])


def make_counts(counts: LogitCounts, right: ndarray, predicted: ndarray) -> ndarray:
    """The same from what is right and what was predicted of each label, (L,)."""
    unknown = list(counts.n_unknown.values())
    table = numpy.zeros((len(right) + len(unknown), N_COUNTS), dtype=int)
    table[:, GOLD] = [*counts.n_gold.sum(0), *unknown]
    table[: len(right), FOUND] = table[: len(right), RIGHT] = right
    table[: len(right), PREDICTED] = predicted
    return table


class _Row(NamedTuple):
    """A label, or some taken as one."""

    right: ndarray  # gold spans above each edge, (edges + 1,)
    predicted: ndarray  # all spans above it
    n_gold: int
    order: ndarray  # edges to choose from; of equally good ones, the first


def _spans_above_or_never(counts: LogitCounts) -> Tuple[ndarray, ndarray]:
    """Gold spans and all spans of each label above each edge, (L, edges + 1)."""
    gold, every = (numpy.pad(x, ((0, 0), (0, 1))) for x in spans_above(counts))
    return gold, every


def _order(scale: float, *, near: float) -> ndarray:
    """The edges of which a probability can be made, that nearest to a logit first.

    scale: p = σ(scale · S).
    """
    edges = numpy.flatnonzero(numpy.abs(EDGES * scale) <= MAX_LOG_ODDS)
    nearest = numpy.argsort(numpy.abs(EDGES[edges] - near), kind="stable")
    return numpy.append(edges[nearest], NEVER)


def _choose_for_f(rows: List[_Row], rest: Tuple[int, int], standard_errors: float) -> List[int]:
    """Edges for the highest F1 of all rows together.

    rest: Of the spans that are not in the rows, those that are right, and how many are
        predicted or gold.
    """
    # 2 right / (predicted + gold) ≥ f where 2 right − f (predicted + gold) ≥ 0, which is a sum
    # over the rows: for a given f each has its best edge alone. Together these give an F1, the
    # next f, until it does not rise any more (Dinkelbach 1967).
    n_gold = sum(row.n_gold for row in rows) + rest[1]
    f, risen = 0.0, True
    while risen:
        edges = [_near_best(row, f, 0.0) for row in rows]
        right = sum(int(row.right[i]) for row, i in zip(rows, edges)) + rest[0]
        predicted = sum(int(row.predicted[i]) for row, i in zip(rows, edges))
        now = 2 * right / max(1, predicted + n_gold)
        f, risen = max(f, now), now > f
    return [_near_best(row, f, standard_errors) for row in rows]


def _near_best(row: _Row, f: float, standard_errors: float) -> int:
    """The first edge in order whose 2 right − f predicted is within some standard errors of
    the highest one's."""
    wrong = row.predicted - row.right
    value = 2 * row.right - f * row.predicted
    best = row.order[value[row.order].argmax()]
    # spans between two edges come by chance, each of them adding 2 − f or −f
    more_right, more_wrong = (
        numpy.abs(row.right - row.right[best]),
        numpy.abs(wrong - wrong[best]),
    )
    error = numpy.sqrt((2 - f) ** 2 * more_right + f**2 * more_wrong)
    is_good = value >= value[best] - standard_errors * error
    return int(row.order[is_good[row.order].argmax()])


def _best_recall(row: _Row, min_precision: float) -> int:
    # more right ones, then fewer wrong ones
    value = row.right * (row.predicted.max() + 1.0) - row.predicted
    value[row.right < min_precision * row.predicted] = -numpy.inf
    # what lies above the highest span here may lie below one elsewhere
    value[:-1][row.predicted[:-1] == 0] = -numpy.inf
    return int(row.order[value[row.order].argmax()])
