"""Align gold spans of an example to the tokens of the pipeline."""

from typing import Iterable, List, Optional, Tuple

import numpy
from spacy.attrs import ORTH, SPACY
from spacy.tokens import Span
from spacy.training import Example


def aligned_spans(eg: Example, *, spans_key: str) -> Tuple[List[Span], List[Span]]:
    """Align the gold spans of an example to its predicted tokens.

    RETURNS: The aligned spans, and the gold spans that cannot be predicted, because they begin
        or end inside a predicted token or on whitespace.
    """
    gold = eg.reference.spans.get(spans_key, [])
    if _same_tokens(eg):
        aligned: Iterable[Optional[Span]] = (
            Span(eg.predicted, span.start, span.end, label=span.label) for span in gold
        )
    else:
        aligned = (next(iter(eg.get_aligned_spans_y2x([span], True)), None) for span in gold)
    found, lost = [], []
    for span, target in zip(gold, aligned):
        if target is None or not target or target[0].is_space or target[-1].is_space:
            lost.append(span)
        else:
            found.append(target)
    return found, lost


def _same_tokens(eg: Example) -> bool:
    """Whether gold and predicted tokens are equal; this check is faster than an alignment."""
    return numpy.array_equal(
        eg.predicted.to_array([ORTH, SPACY]), eg.reference.to_array([ORTH, SPACY])
    )
