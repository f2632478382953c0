"""A temperature for each label, from counts of logits.

Guo et al. 2017, "On Calibration of Modern Neural Networks" (arXiv 1706.04599): divide the
logits by the number T that maximises the likelihood of the held-out data,

    argmin_T  Σ_gold softplus(−x / T) + Σ_other softplus(x / T),   x = logit_scale · S.

The sums are over the spans on which `reliability` measures the error: millions of spans with a
probability of nearly 0 would decide on T, and the probabilities that people see would suffer.
In place of 1 and 0, the targets of n gold and m other spans are (n + 1) / (n + 2) and
1 / (m + 2) (Platt 1999, Probabilistic Outputs for Support Vector Machines): a few spans without
an error are no reason for probabilities of 0 and 1.

A temperature changes the probabilities of the spans of a label, not their order.
"""

from typing import NamedTuple

import numpy
from numpy import ndarray

from .logit_counts import CENTRES, LogitCounts, sigmoid
from .reliability import is_probable

# Bounds: without probable gold spans, or without other ones, the loss may have no minimum.
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

    @property
    def is_between_bounds(self) -> ndarray:
        """Whether the loss of a label has a minimum, (L,). At a bound of the temperatures the
        spans do not say more than "higher" or "lower"."""
        between: ndarray = (LOWEST < self.of_labels) & (self.of_labels < HIGHEST)
        return between


def fit_temperatures(counts: LogitCounts, is_own: ndarray) -> Temperatures:
    """The temperatures that maximise the likelihood of the probable spans.

    is_own: Labels with a temperature of their own, (L,); the others get the pooled one.
    """
    probable = is_probable(counts.logit_scale)
    gold, other = counts.gold.sum(0) * probable, counts.other.sum(0) * probable
    own = fit_rows(gold, other, counts.logit_scale)
    (pooled,) = fit_rows(gold.sum(0)[None], other.sum(0)[None], counts.logit_scale)
    return Temperatures(numpy.where(is_own, own, pooled), is_own, float(pooled))


def fit_rows(gold: ndarray, other: ndarray, logit_scale: float) -> ndarray:
    """The best temperature of each row of counts (n, bins), (n,)."""
    x = logit_scale * CENTRES
    n, m = gold.sum(1, keepdims=True), other.sum(1, keepdims=True)
    right = gold * (n + 1) / (n + 2) + other / (m + 2)
    wrong = gold + other - right
    low = numpy.full(len(gold), -numpy.log(HIGHEST))
    high = numpy.full(len(gold), -numpy.log(LOWEST))
    # bisection on b = 1 / T, in which the loss is convex: its derivative is 0 at the minimum
    for _ in range(N_STEPS):
        middle = (low + high) / 2
        p = sigmoid(numpy.exp(middle)[:, None] * x)
        slope = (x * (wrong * p - right * (1 - p))).sum(1)
        low, high = numpy.where(slope < 0, middle, low), numpy.where(slope < 0, high, middle)
    T: ndarray = numpy.exp(-(low + high) / 2).round(DECIMALS)
    return T
