"""The rows of Parquet files and of the Arrow files of Hugging Face `datasets`.

`datasets` stores its features as JSON in the schema. They have the names of a `ClassLabel`; the
rows have its numbers.
"""

import json
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict, Iterator

from ...files.damage import refuse_damage
from ...files.limits import check_size, limit
from ..sources import SourceFile
from .extras import import_extra
from .parquet_size import measure_parquet

PARQUET = b"PAR1"  # the first bytes of a Parquet file
N_ROWS = 1000  # in memory
Row = Dict[str, Any]


def read_rows(file: SourceFile) -> Iterator[Row]:
    """Yield the rows of a file. A Parquet file in an archive is copied to a temporary folder.

    RAISES (UserError): pyarrow is not installed; the file is damaged, has another format, or
        decompresses to too many bytes.
    """
    pyarrow = import_extra("pyarrow", "parquet")
    with refuse_damage(
        f"{file.name} is damaged or is no file of Parquet or `datasets`",
        "write it again",
        also=(pyarrow.ArrowException,),
    ):
        with file.open() as stream:
            is_parquet = stream.read(len(PARQUET)) == PARQUET
        batches = _read_parquet(file) if is_parquet else _read_arrow(file)
        features = None
        size = 0
        for batch in batches:
            size += batch.nbytes
            check_size(size, file.name)
            if features is None:
                features = _find_features(batch.schema.metadata)
            for row in batch.to_pylist():
                yield {key: _decode(value, features.get(key)) for key, value in row.items()}


def _read_parquet(file: SourceFile) -> Iterator[Any]:
    parquet = import_extra("pyarrow.parquet", "parquet")
    with ExitStack() as stack:
        path = file.name
        if file.is_member:
            path = stack.enter_context(_unpack(file))
        # first, for errors that have a reason
        table = stack.enter_context(parquet.ParquetFile(path))
        check_size(measure_parquet(path, file.name), file.name)
        yield from table.iter_batches(batch_size=N_ROWS)


@contextmanager
def _unpack(file: SourceFile) -> Iterator[str]:
    """The path of a copy of a file in an archive."""
    with file.open() as stream, TemporaryDirectory() as folder:
        data = stream.read(limit() + 1)
        check_size(len(data), file.name)
        copy = Path(folder, "member.parquet")
        copy.write_bytes(data)
        yield str(copy)


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
