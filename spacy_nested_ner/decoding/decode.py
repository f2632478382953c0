"""Logits to spans: the cells above their label's threshold, in document order."""

import math
import re
from itertools import pairwise
from typing import Iterable, Iterator, List, Mapping, NamedTuple, Sequence, Tuple

import numpy
import torch

from ..model.span_logits import SpanLogits


class Cutoffs(NamedTuple):
    """How the logits S of each label are read."""

    limit: numpy.ndarray  # a span is found where S > limit, (L,)
    scale: numpy.ndarray  # p = σ(scale · S), (L,)


class DecodedSpans(NamedTuple):
    """The predicted spans of a batch, sorted by document, start, longer first, label."""

    doc: numpy.ndarray  # index of the document in the batch, (N,)
    start: numpy.ndarray  # first token, (N,)
    end: numpy.ndarray  # token behind the last, (N,)
    label: numpy.ndarray  # index of the label, (N,)
    probability: numpy.ndarray  # float32, (N,)

    @classmethod
    def empty(cls) -> "DecodedSpans":
        none = numpy.zeros(0, dtype="i8")
        return cls(none, none, none, none, numpy.zeros(0, dtype="f"))

    @classmethod
    def join(cls, parts: Iterable[Tuple[int, "DecodedSpans"]]) -> "DecodedSpans":
        """The spans of a batch from those of its parts, each with its number of documents."""
        n_docs = 0
        joined = [cls.empty()]
        for n, part in parts:
            joined.append(part._replace(doc=part.doc + n_docs))
            n_docs += n
        return cls(*map(numpy.concatenate, zip(*joined)))

    def where(self, keep: numpy.ndarray) -> "DecodedSpans":
        """Some of the spans: those at True, (N,)."""
        return DecodedSpans(*(column[keep] for column in self))

    def of_docs(self, n_docs: int) -> Iterator["DecodedSpans"]:
        """The spans of each document of the batch."""
        bounds = numpy.searchsorted(self.doc, numpy.arange(n_docs + 1))
        for begin, stop in pairwise(bounds):
            yield DecodedSpans(*(column[begin:stop] for column in self))


def decode_spans(scores: SpanLogits, cutoffs: Cutoffs) -> DecodedSpans:
    """The spans more probable than the threshold of their label.

    scores (SpanLogits): The scored grid of a batch.
    cutoffs (Cutoffs): How the logits of its labels are read.
    """
    grid, L = scores.grid, scores.n_labels
    # one copy onto the device
    both = numpy.stack(cutoffs).astype("f")
    limit, scale = torch.as_tensor(both, device=grid.device).unbind()
    cells, logits = scores.above(limit)
    row, column, label = cells.unbind(1)
    order = ((row * grid.width + grid.width - 1 - column) * L + label).argsort()
    doc, start, end = grid.spans(row[order], column[order])
    label = label[order]
    probability = (logits[order] * scale[label]).sigmoid()
    # two copies off the device, however many columns
    doc, start, end, label = torch.stack((doc, start, end, label)).cpu().unbind()
    columns = (x.numpy() for x in (doc, start, end, label, probability.cpu()))
    return DecodedSpans(*columns)


def make_cutoffs(
    labels: Sequence[str],
    *,
    threshold: float,
    thresholds: Mapping[str, float],
    temperatures: Mapping[str, float],
    logit_scale: float,
) -> Cutoffs:
    """Thresholds on logits, from probabilities p = σ(logit_scale · S / T).

    labels (Sequence[str]): In the order of the last axis of the logits.
    threshold (float): Probability, for labels without one of their own.
    thresholds (Mapping[str, float]): Probability of some labels.
    temperatures (Mapping[str, float]): T of some labels; 1 for the others.
    logit_scale (float): What the loss says of its logits.
    RAISES (ValueError): For a threshold or temperature of a label that is not known.
    """
    limits = of_labels(labels, thresholds, threshold, setting="thresholds")
    T = of_labels(labels, temperatures, 1.0, setting="temperatures")
    scale = [logit_scale / t for t in T]
    limit = [probability_to_logit(p, s) for p, s in zip(limits, scale)]
    return Cutoffs(numpy.array(limit, dtype=float), numpy.array(scale, dtype=float))


def of_labels(
    labels: Sequence[str], values: Mapping[str, float], default: float, *, setting: str
) -> List[float]:
    """The value of each label, (L,).

    RAISES (ValueError): For a value of a label that is not known.
    """
    known = set(labels)
    # a dollar sign begins a variable of a config, and is doubled each time it is saved
    undoubled = {_undouble(label): label for label in labels}
    found = {}
    for label, value in values.items():
        name = label if label in known else undoubled.get(_undouble(label))
        if name is None:
            raise ValueError(
                f"The setting {setting} has a value for {label!r}, which is not among the "
                f"labels {list(labels)}: correct it or take it out."
            )
        found[name] = value
    return [found.get(label, default) for label in labels]


def _undouble(label: str) -> str:
    return re.sub(r"\$+", "$", label)


def probability_to_logit(probability: float, logit_scale: float) -> float:
    """The inverse of p = σ(logit_scale · S), with ±inf at 0 and 1."""
    if probability <= 0.0:
        return -math.inf
    if probability >= 1.0:
        return math.inf
    return math.log(probability / (1.0 - probability)) / logit_scale
