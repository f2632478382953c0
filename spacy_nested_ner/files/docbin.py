"""Docs of a .spacy file."""

from pathlib import Path
from typing import List

from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from ..user_error import UserError


def read_docs(file: Path, vocab: Vocab, *, user_data: bool = False) -> List[Doc]:
    """The docs of a .spacy file.

    user_data: Read doc.user_data as well: to unpack it takes a third of the time.
    RAISES (UserError): The file cannot be read, or holds something else, or no doc.
    """
    try:
        doc_bin = DocBin().from_disk(file)
        if not user_data:
            doc_bin.user_data = []
        docs = list(doc_bin.get_docs(vocab))
    except OSError as error:
        raise UserError(f"Cannot read {file} ({error.strerror}): give a .spacy file.") from None
    # which of these spaCy raises depends on where the bytes cease to make sense
    except (ValueError, LookupError, TypeError, AttributeError):
        raise UserError(
            f"{file} is no .spacy file (a DocBin of spaCy), or it is damaged: give one that "
            "`convert` or DocBin.to_disk wrote."
        ) from None
    if not docs:
        raise UserError(f"{file} has no doc: give a file with docs.")
    return docs
