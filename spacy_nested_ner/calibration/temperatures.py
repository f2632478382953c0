"""A temperature for each label, from counts of logits.

Guo et al. 2017, "On Calibration of Modern Neural Networks" (arXiv 1706.04599): divide the
logits by the number T for which the held-out data is most likely,

    argmin_T  Σ_gold softplus(−x / T) + Σ_other softplus(x / T),   x = logit_scale · S.

A temperature changes what a probability says, not which spans are the more probable ones.
"""

from typing import NamedTuple

import numpy
from numpy import ndarray

from .logit_counts import CENTRES, LogitCounts
from .reliability import sigmoid

# The loss of separable data falls for ever as T goes to 0.
LOWEST, HIGHEST = 0.1, 10.0
N_STEPS = 60
DECIMALS = 4


class Temperatures(NamedTuple):
    """of_labels: of each label, (L,).
    is_own: False for labels that have the pooled one, (L,).
    pooled: that of all labels taken as one.
    """

    of_labels: ndarray
    is_own: ndarray
    pooled: float


def fit_temperatures(counts: LogitCounts, *, min_gold: int) -> Temperatures:
    """The temperatures for which the counted spans are most likely.

    min_gold: Labels with fewer gold spans have the pooled one: a few spans would say little of
        their own.
    """
    gold, other = counts.gold.sum(0), counts.other.sum(0)
    is_own = gold.sum(1) >= min_gold
    own = fit_rows(gold, other, counts.logit_scale)
    (pooled,) = fit_rows(gold.sum(0)[None], other.sum(0)[None], counts.logit_scale)
    return Temperatures(numpy.where(is_own, own, pooled), is_own, float(pooled))


def fit_rows(gold: ndarray, other: ndarray, logit_scale: float) -> ndarray:
    """The best temperature of each row of counts (n, bins), (n,)."""
    x = logit_scale * CENTRES
    low = numpy.full(len(gold), -numpy.log(HIGHEST))
    high = numpy.full(len(gold), -numpy.log(LOWEST))
    # the loss is convex in b = 1 / T: where its derivative changes its sign, it is least
    for _ in range(N_STEPS):
        middle = (low + high) / 2
        p = sigmoid(numpy.exp(middle)[:, None] * x)
        slope = (x * (other * p - gold * (1 - p))).sum(1)
        low, high = numpy.where(slope < 0, middle, low), numpy.where(slope < 0, high, middle)
    return numpy.exp(-(low + high) / 2).round(DECIMALS)
