"""PubTator: a title, an abstract and their annotations, and a blank line after each document.

    101|t|Nord gene promoter
    101|a|It is bound by Nord.
    101	0	18	Nord gene promoter	DNA	X1
    101	34	38	Nord	Protein	X2
    101	CID	X1	X2

Offsets count the characters of title and abstract with one character between them, here a line
break. The last column has the concept and may be missing. Several labels of an annotation are
separated by commas, as in MedMentions. A composite mention, with the texts of its parts in one
more column, is a mention. Relations, the last line of the example, are not read; their first
column behind the id begins with a letter.

Not by the library bioc: it loses an annotation without a concept, and blanks at the edges of a
title, which count.
"""

import re
from pathlib import Path
from typing import Iterator, List, NamedTuple, Optional

from ...user_error import UserError
from ..faults import tolerate
from ..records import Record
from ..sources import SourceFile, find_files, part_of, read_lines
from .characters import CharacterSpan, make_record
from .ids import Ids, name_files

SUFFIXES = (".pubtator", ".txt")
TEXT = re.compile(r"([^|\t]*)\|([a-z])\|(.*)")
TITLE = "t"
NUMBER = re.compile(r"-?\d{1,12}")


class Document(NamedTuple):
    """texts: title and abstract. where: the line of the title."""

    id: str
    where: str
    texts: List[str]
    spans: List[CharacterSpan]


def read_pubtator(source: Path) -> Iterator[Record]:
    """Yield one record per document.

    source: A .pubtator or .txt file, a folder or an archive. The part comes from the names of
        files and folders.
    RAISES (UserError): A line is neither text, annotation nor relation; an annotation has
        another text than the document at its offsets, or the id of another document; an id
        comes twice in a file.
    """
    files = find_files(source, SUFFIXES)
    ids = Ids()
    for name, file in zip(name_files(files), files):
        number = -1
        with tolerate("file"):
            for number, document in enumerate(_read_documents(file)):
                with tolerate("record"):
                    yield make_record(
                        ids.add(document.id, document.where, file=name, number=number),
                        "\n".join(document.texts),
                        document.spans,
                        part=part_of(file),
                    )
            if number < 0:
                raise UserError(
                    f"{file.name} has no line '<id>|t|<title>': give a PubTator file."
                )


def _read_documents(file: SourceFile) -> Iterator[Document]:
    document: Optional[Document] = None
    for number, line in read_lines(file):
        where = f"{file.path_in_source}, line {number}"
        text = TEXT.fullmatch(line)
        if text is not None and (document is None or text[2] == TITLE):
            if document is not None:
                yield document
            document = Document(text[1], where, [text[3]], [])
        elif not line.strip():
            if document is not None:
                yield document
            document = None
        else:
            with tolerate("annotation"):
                _add_line(document, line, text, where)
    if document is not None:
        yield document


def _add_line(
    document: Optional[Document], line: str, text: "Optional[re.Match[str]]", where: str
) -> None:
    """Add an annotation or a further text to a document.

    text: The match of TEXT.
    RAISES (UserError): See `read_pubtator`.
    """
    id, *cells = [text[1], text[3]] if text else line.split("\t")
    if document is None or id != document.id:
        last = "no document" if document is None else f"the document {document.id}"
        raise UserError(
            f"{where}: {line[:50]!r} follows {last}: begin its document with '<id>|t|<title>'."
        )
    if text is not None:
        document.texts.append(text[3])
    elif len(cells) >= 4 and NUMBER.fullmatch(cells[0]) and NUMBER.fullmatch(cells[1]):
        start, end, labels = int(cells[0]), int(cells[1]), cells[3].split(",")
        document.spans.extend(
            CharacterSpan(start, end, label.strip(), where, cells[2]) for label in labels
        )
    elif len(cells) < 3 or not cells[0][:1].isalpha():  # else a relation
        raise UserError(
            f"{where}: {line[:50]!r} is no annotation: write '<id><tab>start<tab>end<tab>text"
            "<tab>label<tab>concept'."
        )
