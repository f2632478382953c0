"""Read the records of an input, one after the other; a record that is damaged has a fault.

.jsonl            one object in each line
.csv, .tsv        a header, then one row for each record
.parquet          one row for each record
.spacy            the text and doc.user_data of each document; a file is held in memory
.txt              a folder or pattern: one text in each file, with its path as the id;
                  a file: one text in each line
"""

import csv
import io
from typing import (
    Any,
    Dict,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

from spacy.vocab import Vocab

from ..corpus.faults import collect_faults
from ..corpus.readers.extras import import_extra
from ..corpus.sources import MAX_FILE, MAX_LINE, UNREADABLE, parse_json, read_lines
from ..files.damage import refuse_damage
from ..files.docbin import unpack_docs
from ..user_error import UserError
from .input_files import InputFile, open_seekable
from .records import Fault, InputRecord
from .settings import Settings

N_ROWS = 256  # of Parquet, in memory
# what a record costs beside its characters, so that a million empty texts are no single shard
OVERHEAD = 100


class Row(NamedTuple):
    """where: file and line or number. size: in characters. reason: why there are no columns."""

    where: str
    columns: Mapping[str, Any]
    size: int
    reason: Optional[str] = None
    kind: str = "unreadable"


def read_records(files: Sequence[InputFile], settings: Settings) -> Iterator[InputRecord]:
    """Yield every record of the input, in the order of the files and of their lines.

    RAISES (UserError): A file cannot be read to its end, or is not of its kind.
    """
    for position, row in enumerate(_read_rows(files, settings)):
        fault = Fault(row.kind, row.reason) if row.reason else _check(row.columns, settings)
        id = row.columns.get(settings.id_column)
        if fault is None:
            text, columns = row.columns[settings.text_column], row.columns
        else:
            text, columns = None, {}
        size = row.size + OVERHEAD
        yield InputRecord(position, id, text, columns, size, row.where, fault)


def _check(columns: Mapping[str, Any], settings: Settings) -> Optional[Fault]:
    text = columns.get(settings.text_column)
    if text is None:
        return Fault("no text", f"There is no text in the column '{settings.text_column}'.")
    if not isinstance(text, str):
        kind = type(text).__name__
        return Fault("no text", f"The column '{settings.text_column}' has a value of {kind}.")
    if settings.max_length is not None and len(text) > settings.max_length:
        return _too_long(len(text), settings.max_length)
    if settings.format != "docbin" and settings.spans_column in columns:
        return Fault(
            "output",
            f"There is a column '{settings.spans_column}' in the input: choose another name "
            "for the spans with --spans-column.",
        )
    return None


def _too_long(length: int, limit: int) -> Fault:
    return Fault("too long", f"{length:,} characters are more than {limit:,}.")


def _read_rows(files: Sequence[InputFile], settings: Settings) -> Iterator[Row]:
    if files[0].kind == ".txt":
        yield from (
            _read_text_lines(files[0], settings)
            if files[0].is_input
            else (row for file in files for row in _read_text_file(file, settings))
        )
        return
    read = {
        ".jsonl": _read_jsonl,
        ".csv": _read_table,
        ".tsv": _read_table,
        ".parquet": _read_parquet,
        ".spacy": _read_docbin,
    }[files[0].kind]
    for file in files:
        yield from read(file, settings)


def _read_lines(file: InputFile) -> Iterator[Tuple[int, str, Optional[str]]]:
    """Number and text of each line that is not blank, and why it could not be read."""
    with collect_faults() as faults:
        for number, line in read_lines(file.source, instead=UNREADABLE):
            if faults:
                yield number, "", faults.pop().message
            elif line.strip():
                yield number, line, None


def _read_text_lines(file: InputFile, settings: Settings) -> Iterator[Row]:
    for number, line, reason in _read_lines(file):
        columns = {} if reason else {settings.text_column: line}
        yield Row(f"{file.source.path_in_source}, line {number}", columns, len(line), reason)


def _read_text_file(file: InputFile, settings: Settings) -> Iterator[Row]:
    name = file.source.path_in_source
    limit = MAX_FILE if settings.max_length is None else 4 * settings.max_length  # bytes
    with file.source.open() as stream:
        data = stream.read(limit + 1)
    columns: Dict[str, Any] = {settings.id_column: name}
    if len(data) > limit:
        yield Row(name, columns, 0, f"The file has more than {limit:,} bytes.", "too long")
        return
    try:
        columns[settings.text_column] = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        yield Row(name, columns, 0, f"Byte {error.start:,} is not UTF-8 ({error.reason}).")
    else:
        yield Row(name, columns, len(data))


def _read_jsonl(file: InputFile, settings: Settings) -> Iterator[Row]:
    for number, line, reason in _read_lines(file):
        value: Any = {}
        if reason is None:
            try:
                value = parse_json(line, file.source, number)
            except UserError as error:
                reason = str(error)
            if not isinstance(value, dict):
                value, reason = {}, "The line is JSON, but no object."
        yield Row(f"{file.source.path_in_source}, line {number}", value, len(line), reason)


def _read_table(file: InputFile, settings: Settings) -> Iterator[Row]:
    delimiter = "\t" if file.kind == ".tsv" else ","
    csv.field_size_limit(MAX_LINE)
    with file.source.open() as stream:
        # a byte that is not UTF-8 becomes half of a surrogate pair, which marks its record
        text = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
        rows = csv.reader(text, delimiter=delimiter)
        header: Optional[List[str]] = None
        while True:
            where = f"{file.source.path_in_source}, line {rows.line_num + 1}"
            try:
                cells = next(rows, None)
            except csv.Error as error:
                yield Row(where, {}, 0, f"The row cannot be read ({error}).")
                continue
            if cells is None:
                return
            if header is None:
                header = _check_header(cells, file)
            elif cells:
                yield _make_row(where, header, cells)


def _check_header(cells: List[str], file: InputFile) -> List[str]:
    if len(set(cells)) < len(cells) or not all(cells):
        raise UserError(
            f"The header of {file.source.name} has a column without a name, or a name twice: "
            "give each column its own name."
        )
    return cells


def _make_row(where: str, header: List[str], cells: List[str]) -> Row:
    size = sum(map(len, cells))
    if len(cells) != len(header):
        n, expected = len(cells), len(header)
        return Row(where, {}, size, f"The row has {n} cells, but the header has {expected}.")
    try:
        "".join(cells).encode("utf8")
    except UnicodeEncodeError:
        return Row(where, {}, size, "The row has bytes that are not UTF-8.")
    return Row(where, dict(zip(header, cells)), size)


def _read_parquet(file: InputFile, settings: Settings) -> Iterator[Row]:
    pyarrow = import_extra("pyarrow", "parquet")
    parquet = import_extra("pyarrow.parquet", "parquet")
    number = 0
    with (
        refuse_damage(
            f"{file.source.name} is damaged or is no Parquet file",
            "write it again",
            also=(pyarrow.ArrowException,),
        ),
        open_seekable(file) as stream,
        parquet.ParquetFile(stream) as table,
    ):
        for batch in table.iter_batches(batch_size=N_ROWS, use_threads=False):
            size = batch.nbytes // max(1, batch.num_rows)
            for columns, reason in _read_batch(batch):
                where = f"{file.source.path_in_source}, row {number}"
                yield Row(where, columns, size, reason)
                number += 1
            file.rows_read = number / table.metadata.num_rows


def _read_batch(batch: Any) -> Iterator[Tuple[Mapping[str, Any], Optional[str]]]:
    """The rows of a batch, and why one could not be read."""
    try:
        yield from ((row, None) for row in batch.to_pylist())
    except ValueError:  # it has one bad row at least: bytes that are not UTF-8
        for number in range(batch.num_rows):
            try:
                (row,) = batch.slice(number, 1).to_pylist()
                yield row, None
            except ValueError as error:
                yield {}, f"The row cannot be read ({error})."


def _read_docbin(file: InputFile, settings: Settings) -> Iterator[Row]:
    with file.source.open() as stream:
        data = stream.read()
    docs = unpack_docs(data, file.source.name, Vocab(), user_data=True)
    for number, doc in enumerate(docs):
        where = f"{file.source.path_in_source}, document {number}"
        columns = {key: item for key, item in doc.user_data.items() if isinstance(key, str)}
        if columns.setdefault(settings.text_column, doc.text) != doc.text:
            reason = f"doc.user_data has a '{settings.text_column}' that is not its text."
            yield Row(where, {}, 0, reason)
        else:
            yield Row(where, columns, len(doc.text))
