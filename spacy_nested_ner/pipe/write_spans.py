"""Predicted spans into documents."""

from typing import List, Sequence

from spacy.tokens import Doc, Span, SpanGroup

from ..decoding.policies import Preference, resolve_overlaps
from ..decoding.spans import PredictedSpans


def write_spans(
    docs: Sequence[Doc], predicted: PredictedSpans, label_ids: Sequence[int], *, spans_key: str
) -> None:
    """Replace `doc.spans[spans_key]`, also by an empty group.

    label_ids: The id of each label in the vocabulary, in the order of the logits.
    """
    for doc, spans in zip(docs, predicted.split_by_doc(len(docs))):
        doc.spans[spans_key] = SpanGroup(
            doc,
            name=spans_key,
            spans=_make_spans(doc, spans, label_ids),
            attrs={"scores": spans.probability},
        )


def write_entities(
    docs: Sequence[Doc], predicted: PredictedSpans, label_ids: Sequence[int], prefer: Preference
) -> None:
    """Replace `doc.ents` by the best spans that do not overlap."""
    entities = resolve_overlaps(predicted, overlap="flat", prefer=prefer)
    for doc, spans in zip(docs, entities.split_by_doc(len(docs))):
        doc.set_ents(_make_spans(doc, spans, label_ids))


def _make_spans(doc: Doc, spans: PredictedSpans, label_ids: Sequence[int]) -> List[Span]:
    columns = zip(spans.start.tolist(), spans.end.tolist(), spans.label.tolist())
    return [Span(doc, start, end, label=label_ids[i]) for start, end, i in columns]
