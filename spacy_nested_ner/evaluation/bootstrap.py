"""The bootstrap: how scores vary between corpora of such documents.

A resample draws as many documents as the corpus has, with replacement (Efron & Tibshirani 1993,
An Introduction to the Bootstrap, ch. 13: percentile intervals). Two pipelines are compared on
the same resamples (Berg-Kirkpatrick et al. 2012, An Empirical Investigation of Statistical
Significance in NLP). The intervals of one pipeline's scores are in `score_intervals`.
"""

import math
from typing import Iterator, List, NamedTuple, Sequence, Tuple, TypedDict

import numpy
from numpy import ndarray

from ..user_error import check_range
from .documents import EvaluatedDoc

# share of the resamples within an interval, in per cent
LEVEL = 95
# maximum count of random numbers drawn at once: limits the memory
CHUNK = 5_000_000


class Units(NamedTuple):
    """The units that the bootstrap draws.

    name: "document" if docs name their source document: sentences of one document are similar,
        and intervals from single sentences would be too narrow. "text" if none does, or all
        have the same source document; then each doc is a unit.
    rows: Index of the unit of each doc, (n_docs,).
    size: Number of units.
    """

    name: str
    rows: List[int]
    size: int


def find_units(docs: Sequence[EvaluatedDoc]) -> Units:
    """Group docs into units: docs of the same source document form one unit, a doc without
    source document is a unit by itself."""
    keys = [(doc.document is None, doc.document or str(i)) for i, doc in enumerate(docs)]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(keys))}
    if len(numbers) > 1 and not all(is_single for is_single, _ in keys):
        return Units("document", [numbers[key] for key in keys], len(numbers))
    return Units("text", list(range(len(docs))), len(docs))


def resample(counts: ndarray, *, n_resamples: int, seed: int) -> ndarray:
    """Sum counts over units that are drawn with replacement.

    counts: (units, …).
    seed: The same seed draws the same units.
    RETURNS: (n_resamples, …), float64.
    RAISES (UserError): The seed or the number of resamples is below 0.
    """
    n_units = len(counts)
    columns = counts.reshape(n_units, -1).astype(float)
    check_range("seed", seed, at_least=0)
    check_range("n_resamples", n_resamples, at_least=0)
    random = numpy.random.default_rng(seed)
    sums = numpy.empty((n_resamples, columns.shape[1]))
    first = 0
    for weights in _draw(random, n_units, n_resamples):
        sums[first : first + len(weights)] = weights @ columns
        first += len(weights)
    return sums.reshape(n_resamples, *counts.shape[1:])


def intervals(values: ndarray) -> Tuple[ndarray, ndarray]:
    """Lower and upper bound of the 95 % interval, from the resamples that have a value.

    values: (n_resamples, …), nan where the divisor of a score is 0.
    RETURNS: Two arrays, (…) each.
    """
    tail = (100 - LEVEL) / 2
    flat = values.reshape(len(values), math.prod(values.shape[1:]))
    ends = numpy.full((2, flat.shape[1]), numpy.nan)
    some = ~numpy.isnan(flat).all(axis=0)
    ends[:, some] = numpy.nanpercentile(flat[:, some], [tail, 100 - tail], axis=0)
    low, high = ends.reshape(2, *values.shape[1:])
    return low, high


def _draw(random: numpy.random.Generator, n_units: int, n_resamples: int) -> Iterator[ndarray]:
    """Yield how often each unit is drawn: arrays of (some of the resamples, units), float64."""
    at_once = max(1, CHUNK // max(1, n_units))
    for first in range(0, n_resamples, at_once):
        n = min(at_once, n_resamples - first)
        drawn = random.integers(n_units, size=(n, n_units))
        drawn += numpy.arange(n)[:, None] * n_units
        yield numpy.bincount(drawn.ravel(), minlength=n * n_units).reshape(n, -1).astype(float)


class Intervals(TypedDict):
    """How the intervals were computed.

    method: "wilson": see `score_intervals`; "percentile": see `bootstrap.intervals`.
    level: Per cent.
    samples: Number of resamples.
    unit, units: Name and number of the units.
    """

    method: str
    level: int
    samples: int
    seed: int
    unit: str
    units: int


def draw(counts: ndarray, units: Units, *, n_resamples: int, seed: int) -> ndarray:
    """Bootstrap sums, (n_resamples, …); with a single unit, (0, …)."""
    return resample(counts, n_resamples=n_resamples if units.size > 1 else 0, seed=seed)


def describe_intervals(units: Units, *, method: str, n_resamples: int, seed: int) -> Intervals:
    return {
        "method": method,
        "level": LEVEL,
        "samples": n_resamples,
        "seed": seed,
        "unit": units.name,
        "units": units.size,
    }
