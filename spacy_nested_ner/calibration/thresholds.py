"""The best threshold of each label for an objective, from counts of logits.

Thresholds are edges of the bins of logits, so the counts give the exact precision and recall
of each.
"""

from typing import List, Literal, NamedTuple, Tuple

import numpy
from numpy import ndarray

from ..scoring.matching import FOUND, GOLD, N_COUNTS, PREDICTED, RIGHT
from .logit_counts import EDGES, LogitCounts
from .temperatures import Temperatures

Objective = Literal["micro", "macro", "precision"]

# an index after the last edge: no span is predicted
NEVER = len(EDGES)
# Log-odds beyond which a probability is not used as a threshold: so close to 0 or 1 a float is
# too coarse to recover the logit.
MAX_LOG_ODDS = 20.0


class Thresholds(NamedTuple):
    """Indices of `EDGES`, or NEVER.

    of_labels: the threshold of each label, (L,).
    pooled: the threshold of labels without one of their own.
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
    """The best thresholds on the counted spans, by the rule of one standard error.

    The F1 of a label changes little over a wide range of thresholds, and the position of the
    maximum in this range is random: the exact maximum overfits. So the rule (Breiman et al.
    1984, Classification and Regression Trees) accepts every threshold with an F1 within a
    standard error of the maximum. Of these, a label gets the one nearest to the pooled
    threshold; the pooled threshold is the one nearest to a probability of ½.

    temperatures: A label with a temperature of its own gets a threshold of its own. The other
        labels get the pooled threshold, which is fitted to the spans of all labels together.
    objective: "micro": the highest micro F1 over all labels; "macro": the highest F1 of each
        label; "precision": the highest recall of each label with a precision of at least
        `min_precision`. A label that never reaches this precision is never predicted.
    standard_errors: How many standard errors below the maximum an F1 may be; 0 for the
        maximum on the counted spans.
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
    """GOLD, FOUND, PREDICTED and RIGHT (see `matching`) of each label at given thresholds; the
    last rows are the labels that the pipe does not know, (L + unknown, 4).

    edge: Index of the threshold of each label, (L,).
    """
    right, predicted = _spans_above_or_never(counts)
    labels = numpy.arange(len(edge))
    return make_counts(counts, right[labels, edge], predicted[labels, edge])


def make_counts(counts: LogitCounts, right: ndarray, predicted: ndarray) -> ndarray:
    """The same from the numbers of right and of predicted spans of each label, (L,)."""
    unknown = list(counts.n_unknown.values())
    table = numpy.zeros((len(right) + len(unknown), N_COUNTS), dtype=int)
    table[:, GOLD] = [*counts.n_gold.sum(0), *unknown]
    table[: len(right), FOUND] = table[: len(right), RIGHT] = right
    table[: len(right), PREDICTED] = predicted
    return table


class _Row(NamedTuple):
    """One label, or all labels together."""

    right: ndarray  # gold spans above each edge, (edges + 1,)
    predicted: ndarray  # all spans above it
    n_gold: int
    order: ndarray  # the edges to choose from; of equally good ones, the first is chosen


def _spans_above_or_never(counts: LogitCounts) -> Tuple[ndarray, ndarray]:
    """Gold spans and all spans of each label above each edge, (L, edges + 1)."""
    gold, every = (numpy.pad(x, ((0, 0), (0, 1))) for x in counts.above_edges())
    return gold, every


def _order(scale: float, *, near: float) -> ndarray:
    """The edges that have a usable probability, the one nearest to a logit first, then NEVER.

    scale: p = σ(scale · S).
    """
    edges = numpy.flatnonzero(numpy.abs(EDGES * scale) <= MAX_LOG_ODDS)
    nearest = numpy.argsort(numpy.abs(EDGES[edges] - near), kind="stable")
    return numpy.append(edges[nearest], NEVER)


def _choose_for_f(rows: List[_Row], rest: Tuple[int, int], standard_errors: float) -> List[int]:
    """The edges with the highest F1 of all rows together.

    rest: Of the spans outside the rows: the number of right ones, and the numbers of predicted
        and of gold ones in all.
    """
    # Dinkelbach 1967: 2 right / (predicted + gold) ≥ f is 2 right − f (predicted + gold) ≥ 0,
    # a sum over the rows. So for a given f each row has a best edge of its own. The F1 of these
    # edges is the next f, until it no longer increases.
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
    """The first edge in order with a value of 2 right − f predicted within some standard errors
    of the maximum."""
    wrong = row.predicted - row.right
    value = 2 * row.right - f * row.predicted
    best = row.order[value[row.order].argmax()]
    # the number of spans between two edges is random; each adds 2 − f or −f to the value
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
    # an edge above all counted spans may be below a span of another corpus
    value[:-1][row.predicted[:-1] == 0] = -numpy.inf
    return int(row.order[value[row.order].argmax()])
