"""All metrics of a corpus, each with its interval."""

from typing import Dict, List, Mapping, Optional, Sequence, TypedDict

import numpy
from numpy import ndarray

from ..scoring.matching import FOUND, GOLD, PREDICTED, RIGHT, macro_f, score, value_or_none
from .bootstrap import LEVEL, Units, find_units, intervals, resample
from .documents import EvaluatedDoc
from .error_counts import ErrorCounts, count_errors
from .slices import SliceCounts, count_labels, count_slices, divide_labels, find_labels


class Estimate(TypedDict):
    """A score, 0 to 1, and the ends of its 95 % interval; None where there is nothing to divide
    by, or, of the ends, no bootstrap."""

    value: Optional[float]
    low: Optional[float]
    high: Optional[float]


class SliceScores(TypedDict):
    """Strict scores of a slice of mentions.

    gold, found: gold mentions of the slice, and how many of them were predicted.
    predicted, right: predicted mentions of the slice, and how many of them are gold.
    p, r, f: right / predicted, found / gold, their harmonic mean.
    """

    gold: int
    found: int
    predicted: int
    right: int
    p: Estimate
    r: Estimate
    f: Estimate


class Macro(TypedDict):
    """Mean F1 of the labels that have gold mentions; labels that are predicted only are no part
    of it, and lower the micro precision alone."""

    labels: int
    f: Estimate


class Intervals(TypedDict):
    """How the intervals were made: the bootstrap drew so many samples of so many units."""

    level: int
    samples: int
    seed: int
    unit: str
    units: int


class Frequency(TypedDict):
    """Labels by frequency: in the training data, if their counts were given, else in the
    evaluated gold mentions. See `slices.divide_labels`."""

    counted_in: str
    counts: Dict[str, int]
    head: List[str]
    mid: List[str]
    tail: List[str]


class Evaluation(TypedDict):
    """All that was measured.

    scores: by facet and slice, those of `slices.count_slices`.
    """

    docs: int
    tokens: int
    scores: Dict[str, Dict[str, SliceScores]]
    macro: Macro
    errors: ErrorCounts
    frequency: Frequency
    intervals: Intervals


def evaluate_docs(
    docs: Sequence[EvaluatedDoc],
    *,
    samples: int = 1000,
    seed: int = 0,
    train_counts: Optional[Mapping[str, int]] = None,
) -> Evaluation:
    """Score the predicted mentions of documents.

    samples: of the bootstrap, 0 for none.
    seed: of the bootstrap.
    train_counts: mentions of each label in the training data, for the slices by frequency.
    RETURNS: facts that JSON can hold.
    """
    labels = find_labels(docs)
    frequency = sort_by_frequency(docs, labels, train_counts)
    units = find_units(docs)
    counted = count_slices(docs, units.rows, labels=labels, frequency=groups_of(frequency))
    drawn = draw(counted.counts, units, samples=samples, seed=seed)
    total = counted.counts.sum(axis=0)
    of_labels = counted.of_facet("label")
    return {
        "docs": len(docs),
        "tokens": sum(len(doc.token_starts) for doc in docs),
        "scores": _score_slices(counted, total, drawn),
        "macro": {
            "labels": int((total[of_labels, GOLD] > 0).sum()),
            "f": _estimate(macro_f(total[of_labels]), *intervals(macro_f(drawn[:, of_labels]))),
        },
        "errors": count_errors(docs, labels),
        "frequency": frequency,
        "intervals": describe_intervals(units, samples=len(drawn), seed=seed),
    }


def draw(counts: ndarray, units: Units, *, samples: int, seed: int) -> ndarray:
    """Bootstrap sums, (samples, …); no sample where there is but one unit to draw from."""
    return resample(counts, samples=samples if units.size > 1 else 0, seed=seed)


def describe_intervals(units: Units, *, samples: int, seed: int) -> Intervals:
    return {
        "level": LEVEL,
        "samples": samples,
        "seed": seed,
        "unit": units.name,
        "units": units.size,
    }


def sort_by_frequency(
    docs: Sequence[EvaluatedDoc],
    labels: Sequence[str],
    train_counts: Optional[Mapping[str, int]],
) -> Frequency:
    """Divide labels by their mentions in the training data or, without, in gold."""
    counts = dict(count_labels(docs) if train_counts is None else train_counts)
    thirds = divide_labels(counts)
    by_third: Dict[str, List[str]] = {"head": [], "mid": [], "tail": []}
    for label in [*counts, *(label for label in labels if label not in counts)]:
        by_third[thirds.get(label, "tail")].append(label)
    return {
        "counted_in": "evaluated" if train_counts is None else "training",
        "counts": counts,
        "head": by_third["head"],
        "mid": by_third["mid"],
        "tail": by_third["tail"],
    }


def groups_of(frequency: Frequency) -> Dict[str, str]:
    """Which third each label belongs to."""
    thirds = {"head": frequency["head"], "mid": frequency["mid"], "tail": frequency["tail"]}
    return {label: third for third, labels in thirds.items() for label in labels}


def _score_slices(
    counted: SliceCounts, total: ndarray, drawn: ndarray
) -> Dict[str, Dict[str, SliceScores]]:
    values = numpy.stack(score(total))
    low, high = intervals(numpy.stack(score(drawn), axis=1))  # (3, slices) each
    scores: Dict[str, Dict[str, SliceScores]] = {}
    for i, (facet, name) in enumerate(counted.names):
        n = total[i].tolist()
        p, r, f = (_estimate(values[k, i], low[k, i], high[k, i]) for k in range(3))
        scores.setdefault(facet, {})[name] = {
            "gold": n[GOLD],
            "found": n[FOUND],
            "predicted": n[PREDICTED],
            "right": n[RIGHT],
            "p": p,
            "r": r,
            "f": f,
        }
    return scores


def _estimate(value: ndarray, low: ndarray, high: ndarray) -> Estimate:
    return {
        "value": value_or_none(value),
        "low": value_or_none(low),
        "high": value_or_none(high),
    }
