"""Logits to spans: the cells above their threshold, in document order."""

import math
from itertools import pairwise
from typing import Iterable, Iterator, NamedTuple, Tuple

import numpy
import torch

from .model.span_logits import SpanLogits


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

    def of_docs(self, n_docs: int) -> Iterator["DecodedSpans"]:
        """The spans of each document of the batch."""
        bounds = numpy.searchsorted(self.doc, numpy.arange(n_docs + 1))
        for begin, stop in pairwise(bounds):
            yield DecodedSpans(*(column[begin:stop] for column in self))


def decode_spans(scores: SpanLogits, *, threshold: float, logit_scale: float) -> DecodedSpans:
    """The spans more probable than the threshold.

    scores (SpanLogits): The scored grid of a batch.
    threshold (float): Probability, 0 to 1.
    logit_scale (float): What the loss says of its logits: p = σ(logit_scale · S).
    """
    grid, L = scores.grid, scores.n_labels
    limit = probability_to_logit(threshold, logit_scale)
    cells, logits = scores.above(torch.full((L,), limit, device=grid.device))
    row, column, label = cells.unbind(1)
    order = ((row * grid.width + grid.width - 1 - column) * L + label).argsort()
    doc, start, end = grid.spans(row[order], column[order])
    probability = (logits[order] * logit_scale).sigmoid()
    # two copies off the device, however many columns
    doc, start, end, label = torch.stack((doc, start, end, label[order])).cpu().unbind()
    columns = (x.numpy() for x in (doc, start, end, label, probability.cpu()))
    return DecodedSpans(*columns)


def probability_to_logit(probability: float, logit_scale: float) -> float:
    """The inverse of p = σ(logit_scale · S), with ±inf at 0 and 1."""
    if probability <= 0.0:
        return -math.inf
    if probability >= 1.0:
        return math.inf
    return math.log(probability / (1.0 - probability)) / logit_scale
