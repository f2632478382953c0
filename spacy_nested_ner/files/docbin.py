"""Read the docs of a .spacy file."""

from pathlib import Path
from typing import List

from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from ..user_error import UserError


def read_docs(file: Path, vocab: Vocab, *, user_data: bool = False) -> List[Doc]:
    """Read the docs of a .spacy file.

    user_data: Read doc.user_data, too; unpacking it takes a third of the time.
    RAISES (UserError): The file cannot be read, has another format, or has no documents.
    """
    try:
        doc_bin = DocBin().from_disk(file)
        if not user_data:
            doc_bin.user_data = []
        docs = list(doc_bin.get_docs(vocab))
    except OSError as error:
        raise UserError(f"Cannot read {file} ({error.strerror}): give a .spacy file.") from None
    # spaCy raises one of these; which one depends on the position of the first invalid byte
    except (ValueError, LookupError, TypeError, AttributeError):
        raise UserError(
            f"{file} is not a .spacy file (spaCy's DocBin), or it is damaged: give a file that "
            "`convert` or DocBin.to_disk wrote."
        ) from None
    if not docs:
        raise UserError(f"{file} has no documents: give a file with documents.")
    return docs
