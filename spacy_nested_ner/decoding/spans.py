"""Predicted spans of a batch of documents, as columns."""

from itertools import pairwise
from typing import Iterable, Iterator, NamedTuple, Tuple

import numpy


class PredictedSpans(NamedTuple):
    """Spans in half-open tokens, sorted by document, start, longer first, label."""

    doc: numpy.ndarray  # index of the document in the batch, (N,)
    start: numpy.ndarray  # first token, (N,)
    end: numpy.ndarray  # token after the last, (N,)
    label: numpy.ndarray  # index of the label, (N,)
    probability: numpy.ndarray  # float32, (N,)

    @classmethod
    def empty(cls) -> "PredictedSpans":
        none = numpy.zeros(0, dtype="i8")
        return cls(none, none, none, none, numpy.zeros(0, dtype="f"))

    @classmethod
    def concatenate(cls, batches: Iterable[Tuple[int, "PredictedSpans"]]) -> "PredictedSpans":
        """The spans of consecutive batches, each given with its number of documents."""
        n_docs = 0
        joined = [cls.empty()]
        for n, spans in batches:
            joined.append(spans._replace(doc=spans.doc + n_docs))
            n_docs += n
        return cls(*map(numpy.concatenate, zip(*joined)))

    def select(self, keep: numpy.ndarray) -> "PredictedSpans":
        """The spans for which a mask (N,) is True."""
        return PredictedSpans(*(column[keep] for column in self))

    def split_by_doc(self, n_docs: int) -> Iterator["PredictedSpans"]:
        """The spans of each of the n_docs documents of the batch, in order."""
        bounds = numpy.searchsorted(self.doc, numpy.arange(n_docs + 1))
        for begin, stop in pairwise(bounds):
            yield PredictedSpans(*(column[begin:stop] for column in self))
