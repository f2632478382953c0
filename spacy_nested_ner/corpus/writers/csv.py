"""A table with a row for each span, as CSV: for spreadsheets and pandas.

    doc_id,source_document,part,text,start,end,label,score
    a:0,a,train,ABC-1 on,0,5,DNA,0.93

Offsets count characters. A document without a span has one row, without start, end and label.
"""

import csv
import io
from typing import Any, Dict, Iterator

from . import Writer
from .annotations import Annotations

COLUMNS = ("doc_id", "source_document", "part", "text", "start", "end", "label", "score")


def write_csv(annotations: Annotations) -> Dict[str, bytes]:
    stream = io.StringIO()
    # line ends of RFC 4180: with them the module quotes a text with any kind of line break
    table = csv.DictWriter(stream, COLUMNS, lineterminator="\r\n")
    table.writeheader()
    table.writerows(_make_rows(annotations))
    return {"": stream.getvalue().encode("utf8")}


def _make_rows(annotations: Annotations) -> Iterator[Dict[str, Any]]:
    for document in annotations.documents:
        row = {
            "doc_id": document.id,
            "source_document": document.document,
            "part": document.part,
            "text": document.text,
        }
        if not document.spans:
            yield row
        for span in document.spans:
            place = {"start": span.start, "end": span.end, "label": span.label}
            yield {**row, **place, "score": span.score}


CSV = Writer(write_csv)
