"""How well probabilities are meant, and what every threshold would find, from counts of logits.

Most of the spans of a text are sure to be none: millions with a probability of nearly 0 would
make any average look well. So reliability is measured on the spans that could be one: those
more probable than `FLOOR` at temperature 1. These are the same spans whatever the temperatures,
so that two settings can be compared.
"""

from typing import Dict, NamedTuple, Optional, Tuple

import numpy
from numpy import ndarray

from ..decoding.decode import probability_to_logit
from .logit_counts import CENTRES, EDGES, LogitCounts

# probability
FLOOR = 0.01
# Groups of spans with like probabilities: so many, fewer if they would have fewer spans each.
MAX_GROUPS = 10
MIN_SPANS = 20


class Reliability(NamedTuple):
    """Groups of spans with like probabilities, of nearly equal size, the least probable first.

    probability: mean of the group, (n,).
    gold_share: share of its spans that are gold, (n,).
    size: its number of spans, (n,).
    error: expected calibration error: the mean of |probability - gold_share|, weighted by
        size; nan if there is no span. Guo et al. 2017 (arXiv 1706.04599), with groups of
        equal size in place of equal width.
    """

    probability: ndarray
    gold_share: ndarray
    size: ndarray
    error: float


class PrecisionRecall(NamedTuple):
    """What each threshold finds, from the highest to the lowest; (n,) each, 0 to 1. Thresholds
    that find the same as the one before are left out, and those that find nothing.

    recall: of all gold spans of the label, those that cannot be predicted among them.
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

    label: One label; None for all of them together.
    temperatures: Of each label, (L,); None for those that the pipe has.
    """
    return group_spans(*spans_by_probability(counts, label=label, temperatures=temperatures))


def spans_by_probability(
    counts: LogitCounts,
    *,
    label: Optional[str] = None,
    temperatures: Optional[ndarray] = None,
) -> Tuple[ndarray, ndarray, ndarray]:
    """Probability of each bin of each label, and how many of its spans are gold and how many
    there are in all; bins below the floor and without spans are left out; (N,) each."""
    some = slice(None) if label is None else [counts.labels.index(label)]
    T = counts.temperatures if temperatures is None else temperatures
    gold = counts.gold.sum(0)[some]  # (L, bins)
    size = gold + counts.other.sum(0)[some]
    # all of a bin lies above the floor: its lower edge does
    floor = probability_to_logit(FLOOR, counts.logit_scale)
    above = numpy.concatenate(([False], EDGES >= floor))
    there = (size > 0) & above
    probability = sigmoid(counts.logit_scale * CENTRES / T[some, None])
    return probability[there], gold[there], size[there]


def group_spans(probability: ndarray, gold: ndarray, size: ndarray) -> Reliability:
    """Put bins together to groups of nearly equal size; a bin is never divided.

    probability, gold, size: As `spans_by_probability` returns them; of several counts, one
        after the other.
    """
    order = numpy.argsort(probability, kind="stable")
    probability, gold, size = probability[order], gold[order], size[order]
    total = size.sum()
    n_groups = max(1, min(MAX_GROUPS, total // MIN_SPANS))
    # by the middle of the bin in the row of all spans
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
    """Precision and recall of each label at each threshold, a probability by the temperature
    that the pipe has."""
    curves = {}
    right, predicted = spans_above(counts)
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


def spans_above(counts: LogitCounts) -> Tuple[ndarray, ndarray]:
    """Gold spans and all spans of each label above each edge, (L, edges)."""
    gold, other = (x.sum(0)[:, :0:-1].cumsum(1)[:, ::-1] for x in (counts.gold, counts.other))
    return gold, gold + other


def sigmoid(x: ndarray) -> ndarray:
    return 1 / (1 + numpy.exp(-x))
