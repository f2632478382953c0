"""JSON lines for the reader `jsonl`, with offsets in characters.

{"id": "a:0", "document": "a", "text": "ABC-1 on",
 "spans": [{"start": 0, "end": 5, "label": "DNA", "score": 0.93}]}
"""

from typing import Any, Dict

from . import Writer
from .annotations import Annotations, LabelledSpan
from .json_lines import dump_lines


def write_jsonl(annotations: Annotations) -> Dict[str, bytes]:
    lines = (
        {
            **document.names,
            "text": document.text,
            "spans": [describe_span(span) for span in document.spans],
        }
        for document in annotations.documents
    )
    return {"": dump_lines(lines)}


def describe_span(span: LabelledSpan) -> Dict[str, Any]:
    """Characters, label, and probability if there is one."""
    value = {"start": span.start, "end": span.end, "label": span.label}
    return value if span.score is None else {**value, "score": span.score}


JSONL = Writer(write_jsonl)
