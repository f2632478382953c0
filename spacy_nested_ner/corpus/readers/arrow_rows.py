"""The rows of Parquet files and of the Arrow files of Hugging Face `datasets`.

`datasets` stores its features as JSON in the schema. They have the names of a `ClassLabel`; the
rows have its numbers.
"""

import json
from pathlib import Path
from typing import Any, Dict, Iterator

from ...user_error import UserError
from ..archives import MAX_FILE
from ..sources import SourceFile
from .extras import import_extra

PARQUET = ".parquet"
N_ROWS = 1000  # in memory
Row = Dict[str, Any]


def read_rows(file: SourceFile) -> Iterator[Row]:
    """Yield the rows of a file. A Parquet file in an archive is held in memory.

    RAISES (UserError): pyarrow is not installed; the file is damaged or has another format.
    """
    pyarrow = import_extra("pyarrow", "parquet")
    try:
        is_parquet = file.name.lower().endswith(PARQUET)
        batches = _read_parquet(file) if is_parquet else _read_arrow(file)
        features = None
        for batch in batches:
            if features is None:
                features = _find_features(batch.schema.metadata)
            for row in batch.to_pylist():
                yield {key: _decode(value, features.get(key)) for key, value in row.items()}
    except (pyarrow.ArrowException, OSError, LookupError) as error:
        raise UserError(
            f"{file.name} is damaged or is no file of Parquet or `datasets` ({error}): write "
            "it again."
        ) from None


def _read_parquet(file: SourceFile) -> Iterator[Any]:
    parquet = import_extra("pyarrow.parquet", "parquet")
    pyarrow = import_extra("pyarrow", "parquet")
    source: Any = file.name
    if not Path(file.name).is_file():
        with file.open() as stream:
            data = stream.read(MAX_FILE + 1)
        if len(data) > MAX_FILE:
            raise UserError(f"{file.name} has more than {MAX_FILE:,} bytes: unpack it.")
        source = pyarrow.BufferReader(data)
    with parquet.ParquetFile(source) as table:
        yield from table.iter_batches(batch_size=N_ROWS)


def _read_arrow(file: SourceFile) -> Iterator[Any]:
    ipc = import_extra("pyarrow.ipc", "parquet")
    with file.open() as stream, ipc.open_stream(stream) as batches:
        for batch in batches:
            for start in range(0, batch.num_rows, N_ROWS):
                yield batch.slice(start, N_ROWS)


def _find_features(metadata: Any) -> Dict[str, Any]:
    """The features by column, empty if `datasets` did not write the file."""
    text = (metadata or {}).get(b"huggingface", b"{}")
    features: Dict[str, Any] = json.loads(text).get("info", {}).get("features") or {}
    return features


def _decode(value: Any, feature: Any) -> Any:
    """A value with names of classes in place of their numbers. -1 becomes None."""
    if value is None or feature is None:
        return value
    if isinstance(feature, list):  # a list of objects
        return [_decode(item, feature[0]) for item in value]
    kind = feature.get("_type")
    if kind == "ClassLabel" and isinstance(value, int):
        return feature["names"][value] if value >= 0 else None
    if not isinstance(kind, str):  # an object; it may have a key "_type"
        return {key: _decode(item, feature.get(key)) for key, item in value.items()}
    inner = feature.get("feature")
    if isinstance(value, list):
        return [_decode(item, inner) for item in value]
    if isinstance(value, dict) and inner is not None:  # an object of lists
        return {
            k: [_decode(item, inner.get(k)) for item in items] for k, items in value.items()
        }
    return value
