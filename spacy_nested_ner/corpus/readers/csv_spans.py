"""Tables with a row for each mention, separated by commas, semicolons or tabs.

    doc_id,text,start,end,label
    d1,Kiel Canal,0,10,LOC
    d1,Kiel Canal,0,4,LOC
    d2,No place,,,

The rows of one document have the same id, or the same text if there is no id. With an id, one
row with the text is enough. A row without start, end and label stands for a text without
mentions. Offsets count characters, and the end is not included. COLUMNS lists the names of
columns; case and punctuation do not matter. All other columns are ignored. If a file has a
column of annotators, each annotator's rows of a document become a record.
"""

import csv
import io
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Sequence, Set, Tuple, Union

from ...user_error import UserError
from ..faults import tolerate
from ..records import Record
from ..sources import MAX_LINE, SourceFile, find_files, part_of, read_text
from .characters import CharacterSpan, make_record, make_span
from .ids import Ids, name_document, name_files

SUFFIXES = (".csv", ".tsv")
DELIMITERS = ",;\t"
# names of each column; the first name in the file counts
COLUMNS: Dict[str, Sequence[str]] = {
    "text": ("text", "document_text", "doc_text", "full_text", "sentence", "content"),
    "document": (
        *("doc_id", "document_id", "docid", "text_id", "sentence_id", "document", "doc"),
        *("file", "filename", "file_name"),
    ),
    "id": ("id",),  # of documents, or numbers of the rows
    "source": ("source_document",),
    "start": ("start", "start_char", "start_offset", "char_start", "span_start", "begin"),
    "end": ("end", "end_char", "end_offset", "char_end", "span_end", "stop"),
    "label": ("label", "entity_type", "entity_label", "ner_label", "type", "tag", "category"),
    "mention": ("mention", "span_text", "entity_text", "mention_text", "span", "entity"),
    "annotator": ("annotator", "annotator_id", "annotated_by", "user"),
}
NEEDED = ("text", "start", "end", "label")
NUMBER = re.compile(r"(-?\d{1,12})(?:\.0+)?")  # pandas writes 3 as 3.0 beside empty cells


# place and cells of a row, by the keys of COLUMNS
Row = Tuple[str, Dict[str, str]]


@dataclass
class Document:
    """What the rows of a document and an annotator give. where: its first row.
    source: the name of the document that it is a part of."""

    where: str
    own_id: Optional[str]
    annotator: Optional[str]
    source: Optional[str] = None
    texts: Set[str] = field(default_factory=set)
    spans: List[CharacterSpan] = field(default_factory=list)


def read_csv(source: Path) -> Iterator[Record]:
    """Yield one record for each document and annotator.

    source: A .csv or .tsv file, a folder or an archive. The part comes from the names of files.
    RAISES (UserError): A file has no header with the needed columns, or is no table; a row has
        another number of cells; a document has no text or several; a mention is not in the
        text, or does not match its text.
    """
    files = find_files(source, SUFFIXES)
    ids = Ids()
    for name, file in zip(name_files(files), files):
        with tolerate("file"):
            part = part_of(file)
            for number, copies in enumerate(_group(list(_read_rows(file)))):
                texts = set().union(*(copy.texts for copy in copies))
                for document in copies:
                    with tolerate("record"):
                        text = _only_text(texts, document)
                        id = ids.add_annotated(
                            document.own_id,
                            document.where,
                            file=name,
                            number=number,
                            annotator=document.annotator,
                            text=(text, part),
                        )
                        yield make_record(
                            id,
                            text,
                            document.spans,
                            document=name_document(document.source, name),
                            part=part,
                            annotator=document.annotator,
                        )


def _read_rows(file: SourceFile) -> Iterator[Row]:
    text = read_text(file)
    csv.field_size_limit(MAX_LINE)  # of all readers: the usual limit is 131,072 characters
    # csv ends a row at "\r" too
    first = re.split("[\r\n]", text, maxsplit=1)[:1]
    try:
        headers = [next(csv.reader(first, delimiter=mark), []) for mark in DELIMITERS]
    except csv.Error as error:
        raise UserError(f"{file.name}, line 1: {error}: correct it.") from None
    found = [_find_columns(header) for header in headers]
    best = max(range(len(DELIMITERS)), key=lambda i: len(found[i]))
    header, columns = headers[best], found[best]
    missing = [key for key in NEEDED if key not in columns]
    if missing:
        raise UserError(
            f"{file.name}, line 1: the columns are {', '.join(header)[:200] or 'none'}, "
            f"without {', '.join(missing)}: name them text, start, end and label, and as you "
            "need doc_id, mention and annotator."
        )
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITERS[best], strict=True)
    try:
        next(reader)
        for cells in reader:
            where = f"{file.path_in_source}, line {reader.line_num}"
            with tolerate("annotation"):
                if not cells:
                    continue
                if len(cells) != len(header):
                    raise UserError(
                        f"{where}: {len(cells)} cells in a table of {len(header)} columns: "
                        "correct the row, or put a text with a separator in quotes."
                    )
                yield where, {key: cells[i] for key, i in columns.items()}
    except csv.Error as error:
        raise UserError(
            f"{file.name}, line {reader.line_num}: {error}: correct the quotes."
        ) from None


def _find_columns(header: Sequence[str]) -> Dict[str, int]:
    """The number of each column, by the keys of COLUMNS."""
    names = [re.sub(r"[\W_]+", "_", name.strip().lower()).strip("_") for name in header]
    found = {}
    for key, known in COLUMNS.items():
        name = next((name for name in known if name in names), None)
        if name is not None:
            found[key] = names.index(name)
    if "label" not in found and "entity" in names:
        found["label"] = names.index("entity")
        found.pop("mention", None)
    return found


def _group(rows: Sequence[Row]) -> List[List[Document]]:
    """The documents, each with a copy for every annotator."""
    column = _find_ids(rows)
    groups: Dict[str, Dict[Optional[str], Document]] = {}
    for where, cells in rows:
        own = cells[column] if column else None
        annotator = (cells["annotator"] or "unknown") if "annotator" in cells else None
        copies = groups.setdefault(cells["text"] if own is None else own, {})
        source = cells.get("source") or None
        document = copies.setdefault(annotator, Document(where, own, annotator, source))
        if cells["text"]:
            document.texts.add(cells["text"])
        with tolerate("annotation"):
            span = _make_span(cells, where)
            if span is not None:
                document.spans.append(span)
    return [list(copies.values()) for copies in groups.values()]


def _find_ids(rows: Sequence[Row]) -> Optional[str]:
    """The column with an id of the document in each row, None without one. A column `id` in
    which each row has another value, and some have the same text, numbers the rows."""
    columns = {key for _, cells in rows for key in cells}
    column = "document" if "document" in columns else "id"
    own = [cells.get(column) for _, cells in rows]
    if not all(own):
        return None
    texts = [cells["text"] for _, cells in rows]
    may_number = column == "id" and all(texts)
    return None if may_number and len(set(own)) == len(rows) > len(set(texts)) else column


def _make_span(cells: Dict[str, str], where: str) -> Optional[CharacterSpan]:
    """The mention of a row, None if there is none."""
    start, end, label = (cells[key].strip() for key in ("start", "end", "label"))
    if not start and not end and not label:
        return None
    mention = cells.get("mention") or None
    return make_span(_read_number(start), _read_number(end), label, where, mention)


def _read_number(cell: str) -> Union[int, str]:
    match = NUMBER.fullmatch(cell)
    return int(match[1]) if match else cell


def _only_text(texts: Set[str], document: Document) -> str:
    if len(texts) != 1:
        what = "different texts" if texts else "no text"
        name = document.own_id or "without an id"
        raise UserError(
            f"{document.where}: the rows of document {name!r} have {what}: give the text in "
            "one of them, or the same in all."
        )
    return next(iter(texts))
