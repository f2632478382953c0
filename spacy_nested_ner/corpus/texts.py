"""Texts without annotations, for a pipeline to annotate.

for text in read_texts(open_file(Path("notes.txt"))):
"""

from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Optional

from spacy.vocab import Vocab

from ..files.docbin import read_docs
from ..user_error import UserError
from .archives import ARCHIVES
from .checksums import DATA
from .decoding import DECOMPRESS
from .readers.ids import Ids
from .sources import SourceFile, parse_json, read_lines

# endings of files with texts; a file without ending or with an unknown one is read like .txt
ENDINGS = (".jsonl", ".spacy", ".txt")
COMPRESSED = (*ARCHIVES, ".gz", ".bz2", ".xz", ".zst")
# endings of other data, whose lines are no texts
OTHERS = {ending for endings in DATA.values() for ending in endings} - {*ENDINGS}
OTHERS |= {".xmi", ".xlsx", ".yaml", ".yml"}


class Text(NamedTuple):
    """id, document: as the file gives them, None if it does not. where: file and line."""

    text: str
    where: str
    id: object = None
    document: Optional[str] = None


def read_texts(file: SourceFile) -> List[Text]:
    """Read the texts of a file, without those that are blank.

    file: .jsonl, with a text under the key "text" of each line, and "id" and "document" if they
        are there; .spacy, whose annotations do not count; or else UTF-8 with one text per line,
        in a file whose ending is not that of other data.
    RAISES (UserError): The file cannot be read, has another format, or has no text.
    """
    ending = Path(file.name).suffix.lower()
    if file.name.lower().endswith(COMPRESSED):
        raise UserError(f"{file.name} is compressed: {DECOMPRESS}.")
    if ending in OTHERS:
        raise UserError(
            f"{file.name} ends in {ending}, and lines of such a file are no texts: give a .txt "
            'file with one text on each line, a .jsonl file with objects such as {"text": "The '
            'pump leaks."}, or a .spacy file.'
        )
    read = {".spacy": _read_docs, ".jsonl": _read_jsonl}.get(ending, _read_lines)
    texts = [text for text in read(file) if text.text.strip()]
    if not texts:
        raise UserError(f"{file.name} has no text: give a file with at least one text.")
    return texts


def name_texts(texts: List[Text], file: str) -> Dict[str, Text]:
    """The texts by their ids, which are file and number where the texts have none.

    file: First part of such an id.
    RAISES (UserError): Two texts have the same id, or an id is neither a text nor a number.
    """
    ids = Ids()
    return {
        ids.add(text.id, text.where, file=file, number=number): text
        for number, text in enumerate(texts)
    }


def _read_docs(file: SourceFile) -> Iterator[Text]:
    for number, doc in enumerate(read_docs(Path(file.name), Vocab(), user_data=True)):
        document = doc.user_data.get("document")
        yield Text(
            doc.text,
            f"{file.name}, doc {number} (from 0)",
            doc.user_data.get("id"),
            None if document is None else str(document),
        )


def _read_lines(file: SourceFile) -> Iterator[Text]:
    for number, line in read_lines(file):
        yield Text(line, f"{file.name}, line {number}")


def _read_jsonl(file: SourceFile) -> Iterator[Text]:
    for number, line in read_lines(file):
        if line.strip():
            where = f"{file.name}, line {number}"
            value: Any = parse_json(line, file, number)
            value = value if isinstance(value, dict) else {}
            id, document, text = (value.get(key) for key in ("id", "document", "text"))
            if not isinstance(text, str) or not isinstance(document, (str, type(None))):
                raise UserError(
                    f"{where} has no 'text', or its 'document' is no text: write one object "
                    'per line, such as {"text": "The pump leaks."}.'
                )
            yield Text(text, where, id, document)
