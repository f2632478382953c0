"""Texts without annotations, for a pipeline to annotate.

for text in read_texts(Path("notes.txt")):
"""

from pathlib import Path
from typing import Iterator, List, NamedTuple, Optional, Tuple

from ..user_error import UserError
from .readers.ids import Ids
from .sources import SourceFile, open_file, parse_json, read_lines


class Text(NamedTuple):
    """id: unique in its file. document: name of the source document."""

    id: str
    document: str
    text: str


def read_texts(file: Path) -> List[Text]:
    """Read the texts of a file.

    file: JSON lines with the key "text", and "id" and "document" if they have them, in a .jsonl
        file; any other file has one text on each line. Blank lines do not count. An id is file
        and number if the file gives none.
    RAISES (UserError): The file cannot be read, has no text, or repeats an id; a line is no
        JSON object with a text.
    """
    source = open_file(file)
    is_json = file.suffix.lower() == ".jsonl"
    ids = Ids()
    texts = []
    for number, (where, line) in enumerate(_read_filled_lines(source)):
        id, document, text = _parse(line, source, where) if is_json else (None, None, line)
        id = ids.add(id, f"{file}, line {where}", file=file.stem, number=number)
        texts.append(Text(id, document or id, text))
    if not texts:
        raise UserError(f"{file} has no text: give a file with texts.")
    return texts


def _read_filled_lines(source: SourceFile) -> Iterator[Tuple[int, str]]:
    """Number from 1 and text of each line that is not blank."""
    return ((number, line) for number, line in read_lines(source) if line.strip())


def _parse(line: str, source: SourceFile, number: int) -> Tuple[object, Optional[str], str]:
    """Id, document and text of an object in JSON."""
    value = parse_json(line, source, number)
    value = value if isinstance(value, dict) else {}
    id, document, text = (value.get(key) for key in ("id", "document", "text"))
    if not isinstance(text, str) or not isinstance(document, (str, type(None))):
        raise UserError(
            f"{source.name}, line {number}: {line[:50]!r} has no 'text', or its 'document' is "
            'no text: give an object such as {"text": "…"} on each line.'
        )
    return id, document, text
