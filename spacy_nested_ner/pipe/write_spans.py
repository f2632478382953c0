"""Predicted spans into documents."""

from typing import List, Sequence

from spacy.tokens import Doc, Span, SpanGroup

from ..decoding.policies import Preference, resolve_overlaps
from ..decoding.spans import PredictedSpans


def write_spans(
    docs: Sequence[Doc], predicted: PredictedSpans, labels: Sequence[str], *, spans_key: str
) -> None:
    """Replace `doc.spans[spans_key]`, also by an empty group.

    labels: The labels in the order of the logits.
    """
    for doc, spans in zip(docs, predicted.split_by_doc(len(docs))):
        doc.spans[spans_key] = SpanGroup(
            doc,
            name=spans_key,
            spans=_make_spans(doc, spans, labels),
            attrs={"scores": spans.probability},
        )


def write_entities(
    docs: Sequence[Doc], predicted: PredictedSpans, labels: Sequence[str], prefer: Preference
) -> None:
    """Replace `doc.ents` by the best spans that do not overlap."""
    entities = resolve_overlaps(predicted, overlap="flat", prefer=prefer)
    for doc, spans in zip(docs, entities.split_by_doc(len(docs))):
        doc.set_ents(_make_spans(doc, spans, labels))


def _make_spans(doc: Doc, spans: PredictedSpans, labels: Sequence[str]) -> List[Span]:
    columns = zip(spans.start.tolist(), spans.end.tolist(), spans.label.tolist())
    # the name of a label, not its id: a document may have another vocabulary than the pipe
    return [Span(doc, start, end, label=labels[i]) for start, end, i in columns]
