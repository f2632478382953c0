"""JSON of spans, joined and cut documents: what spaCy's own methods lose of `doc.spans`.

`Doc.to_json` and `Doc.from_docs` lose the probabilities of spans, `Span.as_doc` loses all
spans. The functions here keep every key of doc.spans, overlapping spans, and the probabilities
in `doc.spans[key].attrs["scores"]`; other attributes of a group are lost.
"""

from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence

import numpy
from numpy import ndarray
from spacy.tokens import Doc, Span, SpanGroup

from ..user_error import UserError


def spans_to_json(doc: Doc) -> Dict[str, Any]:
    """The text and the spans of a document, as Doc.to_json writes them, and `score`.

        {"text": "ABC-1 on", "spans": {"sc": [
            {"start": 0, "end": 5, "label": "DNA", "kb_id": "", "id": "", "score": 0.93}]}}

    Offsets are in characters, half-open. With all other annotations of the document:

        >>> from spacy_nested_ner import spans_to_json
        >>> data = {**doc.to_json(), **spans_to_json(doc)}  # doctest: +SKIP
    """
    return {
        "text": doc.text,
        "spans": {key: _group_to_json(group) for key, group in doc.spans.items()},
    }


def spans_from_json(doc: Doc, data: Mapping[str, Any]) -> Doc:
    """Write the spans of `spans_to_json` to a document with the same text.

        >>> from spacy_nested_ner import spans_from_json
        >>> doc = spans_from_json(nlp.make_doc(data["text"]), data)  # doctest: +SKIP

    doc: The groups in data replace its groups of the same keys.
    data: Also the JSON of Doc.to_json, which has no scores. A group gets scores if each of its
        spans has one.
    RETURNS: The same document.
    RAISES (UserError): Another text; a span that begins or ends inside a token; a text, start,
        end or label is missing. The document is then unchanged.
    """
    text = _get(data, "text")
    if text != doc.text:
        raise UserError(
            f"The text {text[:30]!r} of the spans is not that of the document, "
            f"{doc.text[:30]!r}: give the document of the same text."
        )
    groups = {}
    for key, values in data.get("spans", {}).items():
        spans = [_span_from_json(doc, key, value) for value in values]
        known = [value["score"] for value in values if value.get("score") is not None]
        scores = numpy.array(known, dtype="float32") if len(known) == len(values) else None
        groups[key] = (spans, scores)
    for key, (spans, scores) in groups.items():
        _set_group(doc, key, spans, scores)
    return doc


def merge_docs(docs: Iterable[Doc], *, ensure_whitespace: bool = True) -> Doc:
    """Join documents to one, like Doc.from_docs, with the scores of their spans.

        >>> from spacy_nested_ner import merge_docs
        >>> doc = merge_docs(nlp.pipe(paragraphs))  # doctest: +SKIP

    docs: At least one; all have the same vocab. In the joined document, a document without a
        key has no span under it.
    ensure_whitespace: Put a blank between two documents if there is none.
    RETURNS: A group has scores if each span under its key has one.
    RAISES (UserError): There is no document.
    """
    docs = list(docs)
    merged: Optional[Doc] = Doc.from_docs(docs, ensure_whitespace=ensure_whitespace)
    if merged is None:
        raise UserError("There is no document to merge: give at least one.")
    for key, group in list(merged.spans.items()):
        scores = [_scores_of(doc.spans[key]) for doc in docs if doc.spans.get(key)]
        known = [some for some in scores if some is not None]
        if len(known) == len(scores):
            empty = numpy.zeros(0, dtype="float32")
            _set_group(merged, key, list(group), numpy.concatenate((empty, *known)))
    return merged


def span_to_doc(span: Span) -> Doc:
    """Cut a part, such as a sentence, out of a document, like Span.as_doc, with its spans.

        >>> from spacy_nested_ner import span_to_doc
        >>> sentences = [span_to_doc(sentence) for sentence in doc.sents]  # doctest: +SKIP

    RETURNS: It has all keys of doc.spans, and the spans that lie completely in the part.
    """
    part = span.as_doc()
    for key, group in span.doc.spans.items():
        all_scores = _scores_of(group)
        inside = [i for i, s in enumerate(group) if span.start <= s.start and s.end <= span.end]
        spans = [group[i] for i in inside]
        moved = [
            Span(part, s.start - span.start, s.end - span.start, s.label, s.kb_id, span_id=s.id)
            for s in spans
        ]
        _set_group(part, key, moved, None if all_scores is None else all_scores[inside])
    return part


def _group_to_json(group: SpanGroup) -> List[Dict[str, Any]]:
    scores = _scores_of(group)
    values = [
        {
            "start": span.start_char,
            "end": span.end_char,
            "label": span.label_,
            "kb_id": span.kb_id_,
            "id": span.id_,
        }
        for span in group
    ]
    if scores is not None:
        values = [{**v, "score": score} for v, score in zip(values, scores.tolist())]
    return values


def _span_from_json(doc: Doc, key: str, value: Mapping[str, Any]) -> Span:
    start, end, label = (_get(value, name) for name in ("start", "end", "label"))
    ids = {"kb_id": value.get("kb_id", ""), "span_id": value.get("id", "")}
    span = doc.char_span(start, end, label=label, **ids)
    if span is None:
        raise UserError(
            f"The span {doc.text[start:end]!r} under {key!r}, from {start} to {end}, begins or "
            "ends inside a token: tokenize the document as it was when the spans were written."
        )
    return span


def _get(data: Mapping[str, Any], name: str) -> Any:
    if name not in data:
        raise UserError(
            f"There is no '{name}' in {str(dict(data))[:60]!r}: give the JSON of "
            "spans_to_json or Doc.to_json."
        )
    return data[name]


def _scores_of(group: SpanGroup) -> Optional[ndarray]:
    """The score of each span, (n,), None if there are none."""
    scores = group.attrs.get("scores")
    return None if scores is None or len(scores) != len(group) else numpy.asarray(scores)


def _set_group(doc: Doc, key: str, spans: Sequence[Span], scores: Optional[ndarray]) -> None:
    attrs = {} if scores is None else {"scores": scores}
    doc.spans[key] = SpanGroup(doc, name=key, spans=list(spans), attrs=attrs)
