"""All metrics of a corpus with confidence intervals."""

from collections import Counter
from typing import Dict, List, Mapping, Optional, Sequence, TypedDict

import numpy
from numpy import ndarray

from ..scoring.matching import FOUND, GOLD, PREDICTED, RIGHT, macro_f, score, value_or_none
from ..scoring.small_sample import warn_small_sample
from .bootstrap import Intervals, describe_intervals, draw, find_units
from .documents import EvaluatedDoc
from .error_counts import ErrorCounts, count_errors
from .score_intervals import Bounds, mean_interval, score_intervals
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


class OutOfReach(TypedDict):
    """Numbers of gold mentions that are not among the gold spans; see `EvaluatedDoc`.

    not_aligned: By label.
    """

    not_aligned: Dict[str, int]
    discontinuous: int


class Evaluation(TypedDict):
    """All metrics.

    scores: By facet and slice; see `slices.count_slices`.
    warnings: What limits the meaning of the scores, a sentence each without a full stop.
    """

    docs: int
    tokens: int
    scores: Dict[str, Dict[str, SliceScores]]
    macro: Macro
    out_of_reach: OutOfReach
    errors: ErrorCounts
    frequency: Frequency
    intervals: Intervals
    warnings: List[str]


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
    bounds = score_intervals(counted.counts, drawn)
    of_labels = counted.of_facet("label")
    n_gold = sum(len(doc.gold) for doc in docs)
    small = warn_small_sample(n_gold, units.size)
    return {
        "docs": len(docs),
        "tokens": sum(len(doc.token_starts) for doc in docs),
        "scores": _score_slices(counted, total, bounds),
        "macro": {
            "labels": int((total[of_labels, GOLD] > 0).sum()),
            "f": _estimate(
                macro_f(total[of_labels]),
                *mean_interval(
                    score(total[of_labels]).f,
                    Bounds(*(bound[2, of_labels] for bound in bounds)),
                    score(drawn[:, of_labels]).f,
                ),
            ),
        },
        "out_of_reach": _count_out_of_reach(docs),
        "errors": count_errors(docs, labels),
        "frequency": frequency,
        "intervals": describe_intervals(
            units, method="wilson", n_resamples=len(drawn), seed=seed
        ),
        "warnings": [] if small is None else [small],
    }


def _score_slices(
    counted: SliceCounts, total: ndarray, bounds: Bounds
) -> Dict[str, Dict[str, SliceScores]]:
    values = numpy.stack(score(total))
    low, high = bounds  # (3, slices) each
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


def _count_out_of_reach(docs: Sequence[EvaluatedDoc]) -> OutOfReach:
    not_aligned = Counter(mention.label for doc in docs for mention in doc.not_aligned)
    return {
        "not_aligned": dict(sorted(not_aligned.items())),
        "discontinuous": sum(doc.n_discontinuous for doc in docs),
    }


def _estimate(value: ndarray, low: ndarray, high: ndarray) -> Estimate:
    return {
        "value": value_or_none(value),
        "low": value_or_none(low),
        "high": value_or_none(high),
    }
