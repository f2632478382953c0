"""Logits to spans, the whole chain: threshold, whitespace filter, overlap policy."""

from typing import Optional, Sequence

import numpy
import torch
from spacy.attrs import IS_SPACE
from spacy.tokens import Doc

from ..model.span_logits import SpanLogits
from .policies import Overlap, Preference, resolve_overlaps
from .spans import PredictedSpans
from .thresholds import LogitThresholds


def decode_spans(
    docs: Sequence[Doc],
    scores: SpanLogits,
    thresholds: LogitThresholds,
    *,
    overlap: Overlap = "all",
    prefer: Preference = "probability",
    max_depth: Optional[int] = None,
) -> PredictedSpans:
    """The predicted spans of a batch.

    docs (Sequence[Doc]): The documents of the batch; they are not changed.
    scores (SpanLogits): The logits of their spans.
    thresholds (LogitThresholds): The logit above which a span of a label is predicted.
    overlap, prefer, max_depth: The overlap policy, see `resolve_overlaps`.
    RETURNS (PredictedSpans): None of them begins or ends on whitespace.
    """
    spans = spans_above_threshold(scores, thresholds)
    # before the policy: a span that is not predicted must not displace another one
    spans = spans.select(~_touches_whitespace(docs, spans))
    return resolve_overlaps(spans, overlap=overlap, prefer=prefer, max_depth=max_depth)


def spans_above_threshold(scores: SpanLogits, thresholds: LogitThresholds) -> PredictedSpans:
    """The spans whose logit is above the threshold of their label, whatever their tokens."""
    grid = scores.grid
    logit = torch.as_tensor(thresholds.logit.astype("f"), device=grid.device)
    cells, logits = scores.above(logit)
    row, column, label = cells.T
    order = ((row * grid.width - column) * scores.n_labels + label).argsort()
    label = label[order]
    scaled = logits[order] * thresholds.scale[label].astype("f")
    probability = torch.from_numpy(scaled).sigmoid().numpy()
    return PredictedSpans(*grid.spans(row[order], column[order]), label, probability)


def is_whitespace(docs: Sequence[Doc]) -> numpy.ndarray:
    """True for the whitespace tokens of a batch of documents with T tokens in all, (T,)."""
    return numpy.concatenate([doc.to_array(IS_SPACE) for doc in docs]).astype(bool)


def _touches_whitespace(docs: Sequence[Doc], spans: PredictedSpans) -> numpy.ndarray:
    """True for spans that begin or end on whitespace, (N,)."""
    is_space = is_whitespace(docs)
    lengths = numpy.array([len(doc) for doc in docs])
    offset = (lengths.cumsum() - lengths)[spans.doc]
    touches: numpy.ndarray = is_space[spans.start + offset] | is_space[spans.end + offset - 1]
    return touches
