"""Calibration from the logits of all spans, for `nested_spancat`."""

from typing import Optional

from ..calibration.logit_counts import LogitCounts
from ..calibration.reliability import FLOOR, PrecisionRecall, precision_recall, reliability
from ..scoring.matching import value_or_none
from .calibration import Calibration, Reliability
from .plots.curves import Curve

TEXT = (
    f"From all spans of the documents with a probability above {FLOOR:g}, predicted or not, "
    "before the overlap policy. A dot stands for a group of spans with similar probabilities; "
    "the groups have about the same size."
)


def calibrate_from_logits(counts: LogitCounts) -> Calibration:
    curves = precision_recall(counts)
    n_gold = dict(zip(counts.labels, counts.n_gold.sum(0).tolist()))
    labels = sorted(counts.labels, key=lambda label: (-n_gold[label], label))
    with_gold = [label for label in labels if n_gold[label]]
    return Calibration(
        text=TEXT,
        overall=_measure(counts, None),
        by_label=[_measure(counts, label) for label in labels],
        precision_recall=[_follow(counts, label, curves[label]) for label in with_gold],
    )


def _measure(counts: LogitCounts, label: Optional[str]) -> Reliability:
    found = reliability(counts, label=label)
    return Reliability(
        Curve(
            "all labels" if label is None else label,
            found.probability.tolist(),
            found.gold_share.tolist(),
            found.size.tolist(),
        ),
        value_or_none(found.error),
    )


def _follow(counts: LogitCounts, label: str, curve: PrecisionRecall) -> Curve:
    i = counts.labels.index(label)
    right, predicted = int(counts.right[:, i].sum()), int(counts.predicted[:, i].sum())
    recall = right / int(counts.n_gold[:, i].sum())
    mark = (recall, right / predicted) if predicted else None
    return Curve(label, curve.recall.tolist(), curve.precision.tolist(), mark=mark)
