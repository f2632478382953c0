"""Gold spans of an example on the tokens of the pipeline, and what the gold says nothing about.

`doc.spans[key]` holds the gold spans; an empty group means that the document has none. Two more
groups describe gold that is not complete:

    doc.spans["{key}_unannotated"]: regions that were not annotated, for the label of the span,
        or for all labels if the span has none. A region may be the whole document.
    doc.spans["{key}_rejected"]: spans that are known not to be gold, with a label or for all.

A document without the key is not annotated at all. A span is judged if it is gold or rejected,
or if it shares no token with a region that was not annotated for its label.
"""

from typing import Iterable, List, Optional, Tuple

import numpy
from spacy.attrs import ORTH, SPACY
from spacy.tokens import Doc, Span
from spacy.training import Example


def aligned_spans(eg: Example, *, spans_key: str) -> Tuple[List[Span], List[Span]]:
    """Align the gold spans of an example to its predicted tokens.

    RETURNS: The aligned spans, and the gold spans that cannot be predicted, because they begin
        or end inside a predicted token or on whitespace.
    """
    gold = eg.reference.spans.get(spans_key, [])
    if eg.predicted.vocab is not eg.reference.vocab:
        # a span can only have a label that its vocabulary knows
        for span in gold:
            eg.predicted.vocab.strings.add(span.label_)
    if _same_tokens(eg):
        aligned: Iterable[Optional[Span]] = (
            Span(eg.predicted, span.start, span.end, label=span.label) for span in gold
        )
    elif eg.predicted.text == eg.reference.text:
        # spaCy's alignment forgives blanks at the ends, and such a span would never be right
        aligned = (
            eg.predicted.char_span(span.start_char, span.end_char, label=span.label)
            for span in gold
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


class Judge:
    """Which spans the gold of a document judges. Offsets are in characters, half-open.

    reference (Doc): The gold document.
    spans_key (str): Key of doc.spans for the gold spans.
    """

    def __init__(self, reference: Doc, *, spans_key: str) -> None:
        self.is_annotated = spans_key in reference.spans
        self.regions, self.rejected, self.gold = (
            [
                (span.start_char, span.end_char, span.label_)
                for span in reference.spans.get(key, ())
            ]
            for key in (f"{spans_key}_unannotated", f"{spans_key}_rejected", spans_key)
        )
        self._certain = {*self.gold, *self.rejected}
        # most documents: nothing to look up
        self.is_complete = self.is_annotated and not self.regions

    @property
    def says_nothing(self) -> bool:
        """Whether no span of the document is judged."""
        return not (self.is_annotated or self.rejected)

    def judges(self, start: int, end: int, label: str) -> bool:
        """Whether the span may count as right or wrong."""
        if self.is_complete or {(start, end, label), (start, end, "")} & self._certain:
            return True
        return self.is_annotated and not any(
            first < end and start < behind and name in ("", label)
            for first, behind, name in self.regions
        )


def predicted_tokens(eg: Example, region: Span) -> Tuple[int, int]:
    """The predicted tokens that share a character with a region of the gold document,
    half-open; (0, 0) if there is none."""
    if _same_tokens(eg):
        return region.start, region.end
    tokens = eg.alignment.y2x[region.start : region.end]
    return (int(tokens.min()), int(tokens.max()) + 1) if len(tokens) else (0, 0)


def _same_tokens(eg: Example) -> bool:
    """Whether gold and predicted tokens are equal; this check is faster than an alignment."""
    return numpy.array_equal(
        eg.predicted.to_array([ORTH, SPACY]), eg.reference.to_array([ORTH, SPACY])
    )
