"""Thresholds on probabilities, as thresholds on the logits of each label."""

import math
import re
from typing import List, Mapping, NamedTuple, Optional, Sequence

import numpy


class LogitThresholds(NamedTuple):
    """The decision threshold of each label, and how its logits S read as probabilities."""

    logit: numpy.ndarray  # a span is predicted where S > logit, (L,)
    scale: numpy.ndarray  # p = σ(scale · S), (L,)


def logit_thresholds(
    labels: Sequence[str],
    *,
    threshold: float,
    thresholds: Mapping[str, float],
    temperatures: Mapping[str, float],
    logit_scale: float,
) -> LogitThresholds:
    """Invert p = σ(logit_scale · S / T) at the threshold of each label.

    labels (Sequence[str]): In the order of the last axis of the logits.
    threshold (float): Probability, for labels without a threshold of their own.
    thresholds (Mapping[str, float]): Probability, by label.
    temperatures (Mapping[str, float]): T by label; 1 for the other labels.
    logit_scale (float): That of the loss, see `SpanLoss`.
    RAISES (ValueError): For a threshold or temperature of an unknown label.
    """
    probabilities = of_labels(labels, thresholds, threshold, setting="thresholds")
    T = of_labels(labels, temperatures, 1.0, setting="temperatures")
    scale = [logit_scale / t for t in T]
    logit = [probability_to_logit(p, s) for p, s in zip(probabilities, scale)]
    return LogitThresholds(numpy.array(logit), numpy.array(scale))


def of_labels(
    labels: Sequence[str], values: Mapping[str, float], default: float, *, setting: str
) -> List[float]:
    """The value of each label, (L,); the default for labels without a value.

    setting (str): The name of the setting, for the message.
    RAISES (ValueError): For a value of an unknown label.
    """
    known = set(labels)
    found = {}
    for label, value in values.items():
        name = label if label in known else find_label(label, labels)
        if name is None:
            raise ValueError(
                f"The setting {setting} has a value for {label!r}, which is not among the "
                f"labels {list(labels)}: correct the label or remove it."
            )
        found[name] = value
    return [found.get(label, default) for label in labels]


def find_label(name: str, labels: Sequence[str]) -> Optional[str]:
    """The label that a setting means by a name, None if there is none: the same one, or one
    with other numbers of dollar signs, because spaCy doubles the dollar signs of a config each
    time it saves it."""
    if name in labels:
        return name
    return next((one for one in labels if _undouble(one) == _undouble(name)), None)


def _undouble(label: str) -> str:
    return re.sub(r"\$+", "$", label)


def probability_to_logit(probability: float, logit_scale: float) -> float:
    """The inverse of p = σ(logit_scale · S), with ±inf at 0 and 1."""
    if probability <= 0.0:
        return -math.inf
    if probability >= 1.0:
        return math.inf
    return math.log(probability / (1.0 - probability)) / logit_scale
