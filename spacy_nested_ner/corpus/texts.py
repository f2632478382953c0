"""Read texts without annotations, for a pipeline to work on."""

from pathlib import Path
from typing import Iterator, List

from spacy.vocab import Vocab

from ..files.docbin import read_docs
from ..user_error import UserError
from .sources import SourceFile, parse_json, read_lines

# endings of files with texts; a file with another ending is read like .txt
ENDINGS = (".jsonl", ".spacy", ".txt")


def read_texts(file: SourceFile) -> List[str]:
    """Read the texts of a file, without those that are blank.

    file: .jsonl, with a text under the key "text" of each line; .spacy, whose annotations do
        not count; or any other file in UTF-8, with one text per line.
    RAISES (UserError): The file cannot be read, has another format, or has no text.
    """
    ending = Path(file.name).suffix.lower()
    if ending == ".spacy":
        found = [doc.text for doc in read_docs(Path(file.name), Vocab())]
    elif ending == ".jsonl":
        found = list(_read_jsonl(file))
    else:
        found = [line for _, line in read_lines(file)]
    texts = [text for text in found if text and not text.isspace()]
    if not texts:
        raise UserError(f"{file.name} has no text: give a file with at least one text.")
    return texts


def _read_jsonl(file: SourceFile) -> Iterator[str]:
    for number, line in read_lines(file):
        if not line.strip():
            continue
        value = parse_json(line, file, number)
        text = value.get("text") if isinstance(value, dict) else None
        if not isinstance(text, str):
            raise UserError(
                f"{file.name}, line {number} has no 'text': write one object per line, such as "
                '{"text": "The pump leaks."}.'
            )
        yield text
