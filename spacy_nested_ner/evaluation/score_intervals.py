"""Confidence intervals of precision, recall and F1, also for few documents and perfect scores.

The percentiles of a bootstrap fail for small corpora: if all 29 mentions are right, so are
those of every resample, and the interval would be 100 to 100. So an interval is a Wilson
interval (Wilson 1927) of a proportion of n independent mentions. The mentions of one document
are not independent, so n is the effective number of mentions: the number of independent
mentions with the variance that the bootstrap over documents gives (Korn & Graubard 1998, Survey
Methodology 24). Franco et al. 2019 (Journal of Survey Statistics and Methodology 7) compare
such intervals and recommend Wilson's. `python -m benchmarks.intervals` measures their coverage.
"""

from statistics import NormalDist
from typing import NamedTuple

import numpy
from numpy import ndarray

from ..scoring.matching import FOUND, GOLD, PREDICTED, RIGHT, score
from .bootstrap import LEVEL

# quantile of the normal distribution for both ends of an interval
Z = NormalDist().inv_cdf(0.5 + LEVEL / 200)


class Bounds(NamedTuple):
    """Lower and upper ends of intervals, arrays of one shape; nan without a score."""

    low: ndarray
    high: ndarray


def score_intervals(counts: ndarray, drawn: ndarray) -> Bounds:
    """The intervals of precision, recall and F1, (3, slices) each.

    F1 has the interval of the Jaccard index J = TP / (TP + FP + FN), which is a proportion, and
    F1 = 2J / (1 + J) (Goutte & Gaussier 2005, A Probabilistic Interpretation of Precision,
    Recall and F-score).

    counts: See `scoring.matching`; (units, slices, 4).
    drawn: Their sums over the units of each resample, (n_resamples, slices, 4); without
        resamples, there are no intervals.
    """
    shares = _shares(counts.sum(axis=0))
    if not len(drawn):
        return Bounds(numpy.full_like(shares, numpy.nan), numpy.full_like(shares, numpy.nan))
    low, high = _wilson(shares, _effective_sizes(shares, counts, drawn))
    low[2], high[2] = (2 * bound[2] / (1 + bound[2]) for bound in (low, high))
    return Bounds(low, high)


def mean_interval(values: ndarray, bounds: Bounds, drawn: ndarray) -> Bounds:
    """The interval of the mean of several scores, () each, from their own intervals (method of
    variance estimates recovery: Zou & Donner 2008, Statistics in Medicine 27).

    values: (n,); nan for what is not in the mean.
    bounds: Of each value, (n,).
    drawn: The values of each resample, (n_resamples, n), for the correlations between values.
    """
    there = ~numpy.isnan(values)
    if not len(drawn) or not there.any():
        return Bounds(numpy.array(numpy.nan), numpy.array(numpy.nan))
    values, correlations = values[there], _correlations(drawn[:, there])
    mean = values.mean()
    below, above = values - bounds.low[there], bounds.high[there] - values
    low, high = (
        mean + sign * numpy.sqrt(max(0.0, reach @ correlations @ reach)) / len(values)
        for sign, reach in ((-1, below), (1, above))
    )
    return Bounds(low, high)


def t_quantile(df: ndarray) -> ndarray:
    """Quantile of Student's t for the upper end of an interval, by degrees of freedom ≥ 1."""
    df, z = df.astype(float), Z
    # Abramowitz & Stegun 1964, 26.7.5; the error is below 0.005 from 3 degrees of freedom
    t = z + (z**3 + z) / (4 * df)
    t += (5 * z**5 + 16 * z**3 + 3 * z) / (96 * df**2)
    t += (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * df**3)
    t += (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * df**4)
    level = LEVEL / 100
    exact = {1: numpy.tan(numpy.pi * level / 2), 2: level * numpy.sqrt(2 / (1 - level**2))}
    for few, quantile in exact.items():
        t[df == few] = quantile
    return t


def _shares(counts: ndarray) -> ndarray:
    """Precision, recall and Jaccard index of counts (…, 4), (3, …)."""
    precision, recall, f = score(counts)
    return numpy.stack((precision, recall, f / (2 - f)))


def _effective_sizes(shares: ndarray, counts: ndarray, drawn: ndarray) -> ndarray:
    """The effective number of mentions of each share, (3, slices); 0 without a mention.

    It lies between two limits. If the mentions of a document are independent, it is their
    number. If all of a document are right or all wrong, it is the number of documents, weighted
    by their mentions (Kish 1965, Survey Sampling).
    """
    counts = counts.astype(float)
    gold, found, predicted, right = (counts[..., i] for i in (GOLD, FOUND, PREDICTED, RIGHT))
    # mentions of each unit in the divisor of each share, (3, units, slices)
    sizes = numpy.stack((predicted, gold, gold + predicted - (found + right) / 2))
    n_mentions, n_units = sizes.sum(axis=1), (sizes > 0).sum(axis=1)
    with numpy.errstate(invalid="ignore", divide="ignore"):
        fewest = n_mentions**2 / (sizes**2).sum(axis=1)
        # a resample has a value only if it draws a unit with a mention
        variance = numpy.ma.masked_invalid(_shares(drawn)).var(axis=1).filled(0)
        # the bootstrap's variance of a mean of n units is (n − 1) / n of the right one
        variance *= n_units / numpy.maximum(n_units - 1, 1)
        n = shares * (1 - shares) / variance
    # no variance: all are right, or all wrong
    n = numpy.where(variance > 1e-12, n, n_mentions)
    # the variance itself is an estimate from few units
    n *= (Z / t_quantile(numpy.maximum(n_units - 1, 1))) ** 2
    effective: ndarray = numpy.nan_to_num(numpy.clip(n, fewest, n_mentions))
    return effective


def _wilson(shares: ndarray, n: ndarray) -> Bounds:
    with numpy.errstate(invalid="ignore", divide="ignore"):
        centre = (shares + Z**2 / (2 * n)) / (1 + Z**2 / n)
        half = Z / (1 + Z**2 / n) * numpy.sqrt(shares * (1 - shares) / n + (Z / n / 2) ** 2)
    # rounding may put an end outside by 1e-17
    return Bounds(numpy.clip(centre - half, 0, shares), numpy.clip(centre + half, shares, 1))


def _correlations(drawn: ndarray) -> ndarray:
    """Correlations between the columns (n_resamples, n), (n, n); 0 for a column that never
    varies."""
    apart = numpy.ma.masked_invalid(drawn)
    apart = (apart - apart.mean(axis=0)).filled(0)
    spread = numpy.sqrt((apart**2).sum(axis=0))
    apart = apart / numpy.where(spread > 1e-12, spread, numpy.inf)
    correlations: ndarray = apart.T @ apart
    numpy.fill_diagonal(correlations, 1)
    return correlations
