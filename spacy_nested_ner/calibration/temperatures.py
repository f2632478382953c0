"""A temperature for each label, from counts of logits.

Guo et al. 2017, "On Calibration of Modern Neural Networks" (arXiv 1706.04599): divide the
logits by the number T that maximises the likelihood of the held-out data,

    argmin_T  Σ_gold softplus(−x / T) + Σ_other softplus(x / T),   x = logit_scale · S.

A temperature changes the probabilities of the spans of a label, not their order.
"""

from typing import NamedTuple

import numpy
from numpy import ndarray

from .logit_counts import CENTRES, LogitCounts, sigmoid

# Bounds: the loss of separable data decreases without end as T goes to 0.
LOWEST, HIGHEST = 0.1, 10.0
N_STEPS = 60
DECIMALS = 4


class Temperatures(NamedTuple):
    """of_labels: the temperature of each label, (L,).
    is_own: False for labels with the pooled temperature, (L,).
    pooled: fitted to the spans of all labels together.
    """

    of_labels: ndarray
    is_own: ndarray
    pooled: float


def fit_temperatures(counts: LogitCounts, *, min_gold: int) -> Temperatures:
    """The temperatures that maximise the likelihood of the counted spans.

    min_gold: Labels with fewer gold spans get the pooled temperature: few spans give a poor
        estimate.
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
    # bisection on b = 1 / T, in which the loss is convex: its derivative is 0 at the minimum
    for _ in range(N_STEPS):
        middle = (low + high) / 2
        p = sigmoid(numpy.exp(middle)[:, None] * x)
        slope = (x * (other * p - gold * (1 - p))).sum(1)
        low, high = numpy.where(slope < 0, middle, low), numpy.where(slope < 0, high, middle)
    T: ndarray = numpy.exp(-(low + high) / 2).round(DECIMALS)
    return T
