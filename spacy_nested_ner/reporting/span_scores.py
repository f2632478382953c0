"""Calibration from the probabilities of predicted mentions only, for other pipes."""

from collections import Counter
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy
from numpy import ndarray

from ..evaluation.documents import EvaluatedDoc
from .calibration import Calibration, Reliability
from .plots.curves import Curve

N_BINS = 10
TEXT = (
    "From the probabilities of the predicted mentions. The pipeline gives no probabilities of "
    "other spans, so nothing is known below its threshold."
)


def calibrate_from_scores(docs: Sequence[EvaluatedDoc]) -> Optional[Calibration]:
    """RETURNS: None if no predicted mention has a probability."""
    every = _Scored([], [])
    scored: Dict[str, _Scored] = {}
    for doc in docs:
        gold = {mention[:3] for mention in doc.gold}
        for mention in doc.predicted:
            if mention.score is not None:
                for one in (every, scored.setdefault(mention.label, _Scored([], []))):
                    one.scores.append(mention.score)
                    one.right.append(mention[:3] in gold)
    if not scored:
        return None
    n_gold = Counter(mention.label for doc in docs for mention in doc.gold)
    labels = sorted(scored, key=lambda label: (-n_gold[label], label))
    return Calibration(
        text=TEXT,
        overall=_measure("all labels", every),
        by_label=[_measure(label, scored[label]) for label in labels],
        precision_recall=[
            _follow(label, scored[label], n_gold[label]) for label in labels if n_gold[label]
        ],
    )


class _Scored(NamedTuple):
    """Predicted mentions: their probabilities, and whether they are gold."""

    scores: List[float]
    right: List[bool]


def _measure(name: str, scored: _Scored) -> Reliability:
    """In bins of equal width; a score on an edge belongs to the bin below it."""
    scores, right = numpy.array(scored.scores), numpy.array(scored.right, dtype=float)
    bins = numpy.clip(numpy.ceil(scores * N_BINS).astype(int) - 1, 0, N_BINS - 1)
    size = numpy.bincount(bins, minlength=N_BINS)
    some = size > 0
    mean = numpy.bincount(bins, scores, N_BINS)[some] / size[some]
    share = numpy.bincount(bins, right, N_BINS)[some] / size[some]
    error = float((size[some] * abs(mean - share)).sum() / size.sum())
    return Reliability(Curve(name, mean.tolist(), share.tolist(), size[some].tolist()), error)


def _follow(name: str, scored: _Scored, n_gold: int) -> Curve:
    """Recall (x) and precision (y) for thresholds down to the current one."""
    recall, precision = _cumulate(scored, n_gold)
    mark = (float(recall[-1]), float(precision[-1]))
    return Curve(name, recall.tolist(), precision.tolist(), mark=mark)


def _cumulate(scored: _Scored, n_gold: int) -> Tuple[ndarray, ndarray]:
    """Recall and precision at each distinct score, from the highest down, (n,) each."""
    order = numpy.argsort(-numpy.array(scored.scores), kind="stable")
    scores, right = numpy.array(scored.scores)[order], numpy.array(scored.right)[order]
    is_last_of_score = numpy.append(scores[1:] != scores[:-1], True)
    n_right = right.cumsum()[is_last_of_score]
    n_predicted = (numpy.flatnonzero(is_last_of_score)) + 1
    return n_right / n_gold, n_right / n_predicted
