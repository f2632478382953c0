"""How far scores would scatter on other documents of the same kind: the bootstrap.

Documents are drawn anew, as many as there are, with replacement (Efron & Tibshirani 1993, An
Introduction to the Bootstrap, ch. 13: percentile intervals). Two pipelines are compared on the
same draws (Berg-Kirkpatrick et al. 2012, An Empirical Investigation of Statistical Significance
in NLP).
"""

import math
from typing import Iterator, List, NamedTuple, Sequence, Tuple, TypedDict

import numpy
from numpy import ndarray

from .documents import EvaluatedDoc

# per cent; of the resamples that lie within an interval
LEVEL = 95
# numbers drawn at once: bounds the memory
CHUNK = 5_000_000


class Units(NamedTuple):
    """What is drawn: `rows` says to which unit each document belongs, (n_docs,).

    name: "document" where the docs say of which document they are a part: sentences of one
        document are alike, and an interval from single ones would be too narrow. "text" where
        they do not say, or all are of one document.
    """

    name: str
    rows: List[int]
    size: int


def find_units(docs: Sequence[EvaluatedDoc]) -> Units:
    """The docs of one document are one unit, a doc without document is one by itself."""
    keys = [(doc.document is None, doc.document or str(i)) for i, doc in enumerate(docs)]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    if len(numbers) > 1 and not all(is_single for is_single, _ in keys):
        return Units("document", [numbers[key] for key in keys], len(numbers))
    return Units("text", list(range(len(docs))), len(docs))


def resample(counts: ndarray, *, n_resamples: int, seed: int) -> ndarray:
    """Sums of counts over documents that are drawn with replacement.

    counts: (units, …). RETURNS: (n_resamples, …), float64. The same seed draws the same units.
    """
    n_units = len(counts)
    columns = counts.reshape(n_units, -1).astype(float)
    random = numpy.random.default_rng(seed)
    sums = numpy.empty((n_resamples, columns.shape[1]))
    first = 0
    for weights in _draw(random, n_units, n_resamples):
        sums[first : first + len(weights)] = weights @ columns
        first += len(weights)
    return sums.reshape(n_resamples, *counts.shape[1:])


def intervals(values: ndarray) -> Tuple[ndarray, ndarray]:
    """Lower and upper end of the 95 % interval, from the resamples that have a value.

    values: (n_resamples, …), nan where a score has nothing to divide by. RETURNS: (…) each.
    """
    tail = (100 - LEVEL) / 2
    flat = values.reshape(len(values), math.prod(values.shape[1:]))
    ends = numpy.full((2, flat.shape[1]), numpy.nan)
    some = ~numpy.isnan(flat).all(axis=0)
    ends[:, some] = numpy.nanpercentile(flat[:, some], [tail, 100 - tail], axis=0)
    low, high = ends.reshape(2, *values.shape[1:])
    return low, high


def _draw(random: numpy.random.Generator, n_units: int, n_resamples: int) -> Iterator[ndarray]:
    """How often each unit is drawn, (some resamples, units), float64."""
    at_once = max(1, CHUNK // max(1, n_units))
    for first in range(0, n_resamples, at_once):
        n = min(at_once, n_resamples - first)
        drawn = random.integers(n_units, size=(n, n_units))
        drawn += numpy.arange(n)[:, None] * n_units
        yield numpy.bincount(drawn.ravel(), minlength=n * n_units).reshape(n, -1).astype(float)


class Intervals(TypedDict):
    """How the intervals were made: the bootstrap drew so many resamples of so many units."""

    level: int
    samples: int
    seed: int
    unit: str
    units: int


def draw(counts: ndarray, units: Units, *, n_resamples: int, seed: int) -> ndarray:
    """Bootstrap sums, (n_resamples, …); of a single unit there are no resamples."""
    return resample(counts, n_resamples=n_resamples if units.size > 1 else 0, seed=seed)


def describe_intervals(units: Units, *, n_resamples: int, seed: int) -> Intervals:
    return {
        "level": LEVEL,
        "samples": n_resamples,
        "seed": seed,
        "unit": units.name,
        "units": units.size,
    }
