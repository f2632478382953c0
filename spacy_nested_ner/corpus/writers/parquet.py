"""A table with a row for each document, as Parquet: for Hugging Face datasets and pandas.

    id: string, document: string, part: string, text: string,
    spans: list of {start: int64, end: int64, label: string, score: double}

Offsets count characters. It needs pyarrow.
"""

from typing import Any, Dict

from ...user_error import UserError
from . import Writer
from .annotations import Annotations, Document


def write_parquet(annotations: Annotations) -> Dict[str, bytes]:
    """RAISES (UserError): pyarrow is not installed."""
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise UserError(
            "Parquet needs pyarrow, which is not installed: "
            'python -m pip install "spacy-nested-ner[parquet]".'
        ) from None
    span = pa.struct(
        {"start": pa.int64(), "end": pa.int64(), "label": pa.string(), "score": pa.float64()}
    )
    text = pa.string()
    schema = pa.schema(
        {"id": text, "document": text, "part": text, "text": text, "spans": pa.list_(span)}
    )
    table = pa.Table.from_pylist(list(map(_make_row, annotations.documents)), schema)
    stream = pa.BufferOutputStream()
    parquet.write_table(table, stream)
    return {"": stream.getvalue().to_pybytes()}


def _make_row(document: Document) -> Dict[str, Any]:
    spans = [
        {"start": span.start, "end": span.end, "label": span.label, "score": span.score}
        for span in document.spans
    ]
    return {**document.names, "text": document.text, "spans": spans}


PARQUET = Writer(write_parquet)
