"""Prodigy's JSON lines for its recipe `spans.manual`. The reader `jsonl` reads them.

    {"id": "a:0", "document": "a", "text": "ABC-1 on",
     "tokens": [{"text": "ABC-1", "start": 0, "end": 5, "id": 0, "ws": true}, …],
     "spans": [{"start": 0, "end": 5, "token_start": 0, "token_end": 0, "label": "DNA",
                "score": 0.93}],
     "meta": {"document": "a", "score": 0.93}, "_view_id": "spans_manual"}

`token_end` is the last token of the span. Prodigy shows `meta` below the text, and keeps the
other keys. Annotated gold documents have the answer "accept", so `prodigy db-in` imports them.
"""

from typing import Any, Dict, List

from . import Writer
from .annotations import Annotations, Document
from .json_lines import dump_lines
from .jsonl import describe_span


def write_prodigy(annotations: Annotations) -> Dict[str, bytes]:
    tasks = (_make_task(document, annotations) for document in annotations.documents)
    return {"": dump_lines(tasks)}


def _make_task(document: Document, annotations: Annotations) -> Dict[str, Any]:
    is_gold = document.is_annotated and not annotations.is_predicted
    score = {} if document.score is None else {"score": document.score}
    return {
        **document.names,
        "text": document.text,
        "tokens": _make_tokens(document),
        "spans": [
            {
                **describe_span(span),
                "token_start": span.start_token,
                "token_end": span.end_token - 1,
            }
            for span in document.spans
        ],
        "meta": {"document": document.document, **score},
        "_view_id": "spans_manual",
        **({"answer": "accept"} if is_gold else {}),
    }


def _make_tokens(document: Document) -> List[Dict[str, Any]]:
    starts = [start for start, _ in document.tokens[1:]] + [len(document.text)]
    return [
        {
            "text": document.text[start:end],
            "start": start,
            "end": end,
            "id": number,
            "ws": after > end,  # spaCy has at most one blank between two tokens
        }
        for number, ((start, end), after) in enumerate(zip(document.tokens, starts))
    ]


PRODIGY = Writer(write_prodigy)
