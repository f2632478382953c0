"""Write the annotated documents of a shard to the bytes of a file.

    writer = make_writer(settings, schema)
    writer.add(record.columns, doc)
    data = writer.to_bytes()

JSON lines and Parquet have the columns of the input and one of spans. Each span has `start` and
`end` (characters, half-open), `label`, `start_token` and `end_token` (half-open), `text` and
`score` (probability, null if there is none). A DocBin has the documents with their spans; the
columns of the input are in doc.user_data.
"""

import base64
import json
from datetime import date, time
from decimal import Decimal
from typing import Any, Dict, List, Mapping, Optional, Protocol

import srsly
from spacy.tokens import Doc, DocBin

from ..corpus.readers.extras import import_extra
from .settings import Settings


class ShardWriter(Protocol):
    def add(self, columns: Mapping[str, Any], doc: Doc) -> None:
        """RAISES (TypeError, ValueError, OverflowError): The format cannot hold a value."""

    def to_bytes(self) -> bytes: ...


def make_writer(settings: Settings, schema: Any) -> ShardWriter:
    """schema: the Arrow schema of all columns, for Parquet."""
    if settings.format == "docbin":
        return _DocBinWriter(settings)
    if settings.format == "parquet":
        return _ParquetWriter(settings, schema)
    return _JsonlWriter(settings)


def list_spans(doc: Doc, spans_key: str) -> List[Dict[str, Any]]:
    """The spans of a document, in its order."""
    group: Any = doc.spans.get(spans_key, ())
    scores: Any = getattr(group, "attrs", {}).get("scores")
    values: List[Optional[float]] = [None] * len(group)
    if scores is not None and len(scores) == len(group):
        # six digits: the float32 of the model has no more
        values = [round(float(score), 6) for score in scores]
    text = doc.text
    return [
        {
            "start": span.start_char,
            "end": span.end_char,
            "label": span.label_,
            "start_token": span.start,
            "end_token": span.end,
            "text": text[span.start_char : span.end_char],
            "score": score,
        }
        for span, score in zip(group, values)
    ]


class _JsonlWriter:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.lines: List[str] = []

    def add(self, columns: Mapping[str, Any], doc: Doc) -> None:
        spans = list_spans(doc, self.settings.spans_key)
        line = json.dumps(
            {**columns, self.settings.spans_column: spans},
            ensure_ascii=False,
            allow_nan=False,
            default=to_plain,
        )
        self.lines.append(line)

    def to_bytes(self) -> bytes:
        return "".join(f"{line}\n" for line in self.lines).encode("utf8")


class _ParquetWriter:
    def __init__(self, settings: Settings, schema: Any) -> None:
        self.settings = settings
        self.schema = schema
        self.rows: List[Mapping[str, Any]] = []

    def add(self, columns: Mapping[str, Any], doc: Doc) -> None:
        spans = list_spans(doc, self.settings.spans_key)
        self.rows.append({**columns, self.settings.spans_column: spans})

    def to_bytes(self) -> bytes:
        pa = import_extra("pyarrow", "parquet")
        parquet = import_extra("pyarrow.parquet", "parquet")
        stream = pa.BufferOutputStream()
        parquet.write_table(pa.Table.from_pylist(self.rows, self.schema), stream)
        data: bytes = stream.getvalue().to_pybytes()
        return data


class _DocBinWriter:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.doc_bin = DocBin(store_user_data=True)

    def add(self, columns: Mapping[str, Any], doc: Doc) -> None:
        plain = json.loads(json.dumps(columns, default=to_plain))
        plain.pop(self.settings.text_column, None)
        srsly.msgpack_dumps(plain)  # a whole number of more than 64 bits fails here
        doc.user_data.update(plain)
        self.doc_bin.add(doc)

    def to_bytes(self) -> bytes:
        return self.doc_bin.to_bytes()


def to_plain(value: Any) -> Any:
    """A value of Parquet that JSON has not: dates and times as in ISO 8601, decimal numbers as
    text, bytes in base64.

    RAISES (TypeError): JSON cannot hold the value.
    """
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    raise TypeError(f"JSON has no value of {type(value).__name__}")
