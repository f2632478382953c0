"""All metrics of a corpus with confidence intervals."""

from typing import Dict, Mapping, Optional, Sequence, TypedDict

import numpy
from numpy import ndarray

from ..scoring.matching import FOUND, GOLD, PREDICTED, RIGHT, macro_f, score, value_or_none
from .bootstrap import Intervals, describe_intervals, draw, find_units, intervals
from .documents import EvaluatedDoc
from .error_counts import ErrorCounts, count_errors
from .slices import (
    Frequency,
    SliceCounts,
    count_slices,
    find_labels,
    groups_of,
    sort_by_frequency,
)


class Estimate(TypedDict):
    """A score, 0 to 1, and the bounds of its 95 % interval. All are None if the divisor of the
    score is 0; the bounds are None without bootstrap."""

    value: Optional[float]
    low: Optional[float]
    high: Optional[float]


class SliceScores(TypedDict):
    """Strict scores of a slice of mentions.

    gold, found: Gold mentions of the slice, and how many of them were predicted.
    predicted, right: Predicted mentions of the slice, and how many of them are gold.
    p, r, f: right / predicted, found / gold, and their harmonic mean.
    """

    gold: int
    found: int
    predicted: int
    right: int
    p: Estimate
    r: Estimate
    f: Estimate


class Macro(TypedDict):
    """Mean F1 of the labels with gold mentions. Labels without gold mentions do not count here;
    their predicted mentions lower the micro precision."""

    labels: int
    f: Estimate


class Evaluation(TypedDict):
    """All metrics.

    scores: By facet and slice; see `slices.count_slices`.
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
    n_resamples: int = 1000,
    seed: int = 0,
    train_counts: Optional[Mapping[str, int]] = None,
) -> Evaluation:
    """Score the predicted mentions of documents.

    n_resamples: Number of resamples of the bootstrap; 0 for no intervals.
    seed: Seed of the bootstrap.
    train_counts: Number of mentions of each label in the training data, for the slices by
        frequency.
    RETURNS: Values that JSON can represent.
    """
    labels = find_labels(docs)
    frequency = sort_by_frequency(docs, labels, train_counts)
    units = find_units(docs)
    counted = count_slices(docs, units.rows, labels=labels, frequency=groups_of(frequency))
    drawn = draw(counted.counts, units, n_resamples=n_resamples, seed=seed)
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
        "intervals": describe_intervals(units, n_resamples=len(drawn), seed=seed),
    }


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
