"""The Arrow schema of the columns of an input, for shards in Parquet: one for all shards."""

from typing import Any, Iterable, List, Mapping, Sequence

from ..corpus.readers.extras import import_extra
from ..user_error import UserError
from .input_files import InputFile, open_seekable
from .read import read_records
from .records import InputRecord
from .settings import Settings

N_ROWS = 1000  # in memory


def find_schema(files: Sequence[InputFile], settings: Settings) -> Any:
    """Find the schema of an input, and add the column of spans.

    The schema of Parquet is in the file. Other inputs are read to their end.
    RAISES (UserError): See `infer_schema`; files of Parquet have different columns.
    """
    pa = import_extra("pyarrow", "parquet")
    if files[0].kind != ".parquet":
        schema = infer_schema(read_records(files, settings))
    else:
        schemas = [_read_schema(file) for file in files]
        schema = schemas[0]
        for file, other in zip(files, schemas):
            if not other.equals(schema):
                raise UserError(
                    f"{file.source.name} has other columns than {files[0].source.name}: give "
                    "files with the same columns, or annotate each by itself."
                )
    if settings.spans_column in schema.names:
        raise UserError(
            f"The input has a column '{settings.spans_column}' already: choose another name "
            "for the spans with --spans-column."
        )
    whole, text = pa.int64(), pa.string()
    span = {
        **dict.fromkeys(("start", "end"), whole),
        "label": text,
        **dict.fromkeys(("start_token", "end_token"), whole),
        "text": text,
        "score": pa.float64(),
    }
    return schema.append(pa.field(settings.spans_column, pa.list_(pa.struct(span))))


def infer_schema(records: Iterable[InputRecord]) -> Any:
    """Infer the Arrow schema of the columns: whole numbers and decimal numbers become decimal
    numbers, and a column without values holds text.

    RAISES (UserError): A column has values of kinds that no Arrow type holds.
    """
    pa = import_extra("pyarrow", "parquet")
    schema = pa.schema([])
    rows: List[Mapping[str, Any]] = []
    for record in records:
        rows.append(record.columns)
        if len(rows) == N_ROWS:
            schema = _add_rows(pa, schema, rows)
            rows = []
    schema = _add_rows(pa, schema, rows)
    return pa.schema(
        [pa.field(f.name, pa.string() if pa.types.is_null(f.type) else f.type) for f in schema]
    )


def _add_rows(pa: Any, schema: Any, rows: List[Mapping[str, Any]]) -> Any:
    for name in dict.fromkeys(name for row in rows for name in row):
        try:
            found = pa.array([row.get(name) for row in rows]).type
            field = pa.schema([pa.field(name, found)])
            schema = pa.unify_schemas([schema, field], promote_options="permissive")
        except (pa.ArrowException, OverflowError) as error:
            raise UserError(
                f"The column '{name}' does not fit a table ({error}): choose the format jsonl, "
                "or give it values of one kind."
            ) from None
    return schema


def _read_schema(file: InputFile) -> Any:
    pyarrow = import_extra("pyarrow", "parquet")
    parquet = import_extra("pyarrow.parquet", "parquet")
    try:
        with open_seekable(file) as stream:
            return parquet.read_schema(stream).remove_metadata()
    except (pyarrow.ArrowException, OSError) as error:
        raise UserError(
            f"{file.source.name} is damaged or is no Parquet file ({error}): write it again."
        ) from None
