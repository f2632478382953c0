"""Counts of spans by label and logit: all that calibration needs to know of a corpus.

Fine bins of logits hold the gold spans and the other spans. From the counts follow the
precision and recall of every threshold, the reliability of the probabilities, and the best
temperatures and thresholds.
"""

from dataclasses import dataclass, replace
from typing import Dict, Mapping, Sequence, Tuple

import numpy
from numpy import ndarray

# A power of two, so that every edge is an exact float32 number and the count of the logits
# above it is exact. The middle of a bin differs from a logit in it by at most 1 / 128, so the
# probability by at most logit_scale / 512: 0.004 for p = σ(2S). Over many spans these errors
# average out.
BINS_PER_LOGIT = 64
# the logits of the outermost edges; one more bin lies beyond each
REACH = 16
# A logit is above edge i if it lies in bin i + 1 or a later one.
EDGES = numpy.arange(-REACH * BINS_PER_LOGIT, REACH * BINS_PER_LOGIT + 1) / BINS_PER_LOGIT
N_BINS = len(EDGES) + 1
# The logit that represents each bin: its middle, or the edge of an outermost bin, (N_BINS,).
CENTRES = numpy.concatenate(([EDGES[0]], (EDGES[1:] + EDGES[:-1]) / 2, [EDGES[-1]]))


@dataclass(frozen=True)
class LogitCounts:
    """Numbers of spans of documents, by fold, label and logit.

    labels: in the order of the last axis of the logits, L of them.
    logit_scale: p = σ(logit_scale · S / T) for a logit S and the temperature T of its label.
    temperatures, thresholds: the current ones of the pipe, (L,); a threshold is a probability.
    gold: gold spans in each bin, (folds, L, N_BINS); equal spans of a document count once.
    other: the other spans that the pipe can predict, (folds, L, N_BINS).
    unreachable: by label, unknown labels included, the gold spans that the pipe cannot predict,
        (folds,): they begin or end inside a token or on whitespace, are too wide, or have an
        unknown label.
    right: gold spans above the current threshold of their label, (folds, L).
    predicted: all spans above it, (folds, L): the predictions under the policy "all".
    n_docs: documents, (folds,).
    """

    labels: Tuple[str, ...]
    logit_scale: float
    temperatures: ndarray
    thresholds: ndarray
    gold: ndarray
    other: ndarray
    unreachable: Mapping[str, ndarray]
    right: ndarray
    predicted: ndarray
    n_docs: ndarray

    @property
    def n_folds(self) -> int:
        return len(self.n_docs)

    @property
    def n_gold(self) -> ndarray:
        """Gold spans of each known label, the unreachable ones included, (folds, L)."""
        n: ndarray = self.gold.sum(-1)
        for i, label in enumerate(self.labels):
            n[:, i] += self.unreachable.get(label, 0)
        return n

    @property
    def n_unknown(self) -> Dict[str, int]:
        """Number of gold spans of each unknown label."""
        return {k: int(n.sum()) for k, n in self.unreachable.items() if k not in self.labels}

    def above_edges(self) -> Tuple[ndarray, ndarray]:
        """Gold spans and all spans of each label above each edge, (L, edges)."""
        gold, other = (x.sum(0)[:, :0:-1].cumsum(1)[:, ::-1] for x in (self.gold, self.other))
        return gold, gold + other

    def of_folds(self, folds: Sequence[int]) -> "LogitCounts":
        """The counts of some of the folds, in the given order."""
        chosen = list(folds)
        return replace(
            self,
            gold=self.gold[chosen],
            other=self.other[chosen],
            unreachable={label: n[chosen] for label, n in self.unreachable.items()},
            right=self.right[chosen],
            predicted=self.predicted[chosen],
            n_docs=self.n_docs[chosen],
        )


def sigmoid(x: ndarray) -> ndarray:
    p: ndarray = 1 / (1 + numpy.exp(-x))
    return p
