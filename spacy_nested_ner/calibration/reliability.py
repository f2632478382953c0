"""Reliability of probabilities, and precision and recall of every threshold, from counts.

Most candidate spans have a probability of nearly 0 and are not gold. Millions of them would
make any average error look small. So reliability is measured on the spans that are more
probable than `FLOOR` at temperature 1. The temperatures do not change this set of spans, so two
settings can be compared.
"""

from typing import Dict, NamedTuple, Optional, Sequence, Tuple

import numpy
from numpy import ndarray

from ..decoding.thresholds import probability_to_logit
from .logit_counts import CENTRES, EDGES, LogitCounts, sigmoid

# probability
FLOOR = 0.01
# Groups of spans with similar probabilities: at most this many, fewer if a group would have
# fewer than MIN_SPANS spans.
MAX_GROUPS = 10
MIN_SPANS = 20


class Reliability(NamedTuple):
    """Groups of spans with similar probabilities, of nearly equal size, the least probable ones
    first.

    probability: mean of the group, (n,).
    gold_share: share of its spans that are gold, (n,).
    size: its number of spans, (n,).
    error: expected calibration error: the mean of |probability - gold_share|, weighted by
        size; nan without spans. Guo et al. 2017 (arXiv 1706.04599), with groups of
        equal size in place of equal width.
    """

    probability: ndarray
    gold_share: ndarray
    size: ndarray
    error: float


class PrecisionRecall(NamedTuple):
    """Precision and recall at each threshold, from the highest to the lowest, (n,) each, 0 to
    1. A threshold is left out if it predicts no span, or the same spans as the one before.

    recall: of all gold spans of the label, unreachable ones included.
    """

    threshold: ndarray
    precision: ndarray
    recall: ndarray


def reliability(
    counts: LogitCounts,
    *,
    label: Optional[str] = None,
    temperatures: Optional[ndarray] = None,
) -> Reliability:
    """Compare probabilities with the share of gold spans.

    label: One label; None for all labels together.
    temperatures: Of each label, (L,); None for the current ones of the pipe.
    """
    rows = None if label is None else [counts.labels.index(label)]
    return group_spans(*spans_by_probability(counts, rows=rows, temperatures=temperatures))


def spans_by_probability(
    counts: LogitCounts,
    *,
    rows: Optional[Sequence[int]] = None,
    temperatures: Optional[ndarray] = None,
) -> Tuple[ndarray, ndarray, ndarray]:
    """Probability, number of gold spans and number of spans of each bin of each label, (N,)
    each, without bins below the floor and empty bins.

    rows: Indices of labels; None for all.
    """
    some = slice(None) if rows is None else list(rows)
    T = counts.temperatures if temperatures is None else temperatures
    gold = counts.gold.sum(0)[some]  # (L, bins)
    size = gold + counts.other.sum(0)[some]
    there = (size > 0) & is_probable(counts.logit_scale)
    probability = sigmoid(counts.logit_scale * CENTRES / T[some, None])
    return probability[there], gold[there], size[there]


def is_probable(logit_scale: float) -> ndarray:
    """Which bins lie above the floor, (N_BINS,): those whose lower edge does."""
    return numpy.concatenate(([False], EDGES >= probability_to_logit(FLOOR, logit_scale)))


def group_spans(probability: ndarray, gold: ndarray, size: ndarray) -> Reliability:
    """Merge bins to groups of nearly equal size; spans of one probability are never divided.

    probability, gold, size: As returned by `spans_by_probability`, (N,) each; those of several
        counts may be concatenated.
    """
    probability, place = numpy.unique(probability, return_inverse=True)
    gold, size = (numpy.bincount(place, n, len(probability)) for n in (gold, size))
    total = int(size.sum())
    n_groups = max(1, min(MAX_GROUPS, total // MIN_SPANS))
    # in the sequence of all spans, the middle one of a probability decides on its group
    middle = size.cumsum() - size / 2
    group = (middle * n_groups / max(total, 1)).astype(int)
    n = numpy.bincount(group, size, n_groups)
    p = numpy.bincount(group, size * probability, n_groups)
    g = numpy.bincount(group, gold, n_groups)
    full = n > 0
    n, p, g = n[full], p[full], g[full]
    error = float(numpy.abs(p - g).sum() / total) if total else float("nan")
    return Reliability(p / n, g / n, n.astype(int), error)


def precision_recall(counts: LogitCounts) -> Dict[str, PrecisionRecall]:
    """Precision and recall of each label at each threshold, a probability by the current
    temperatures of the pipe."""
    curves = {}
    right, predicted = counts.above_edges()
    n_gold = counts.n_gold.sum(0)
    for i, label in enumerate(counts.labels):
        # from the highest threshold to the lowest
        r, n = right[i, ::-1], predicted[i, ::-1]
        new = numpy.flatnonzero(numpy.diff(n, prepend=0))
        threshold = sigmoid(counts.logit_scale * EDGES[::-1] / counts.temperatures[i])
        curves[label] = PrecisionRecall(
            threshold[new], r[new] / n[new], r[new] / max(1, n_gold[i])
        )
    return curves
