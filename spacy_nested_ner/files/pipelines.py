"""Pipelines in and out."""

from pathlib import Path
from typing import Union

import spacy
from spacy.language import Language

from ..user_error import UserError
from .writing import write_folder


def load_pipeline(name: Union[str, Path]) -> Language:
    """Load a trained pipeline.

    name: of a package, or a folder.
    RAISES (UserError): It cannot be loaded.
    """
    try:
        return spacy.load(name)
    except (OSError, ImportError, ValueError, LookupError, TypeError) as error:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise UserError(
            f"Cannot load the pipeline '{name}' ({reason}): give a trained pipeline, by name "
            "or folder."
        ) from None


def save_pipeline(nlp: Language, out: Path) -> None:
    """Save a pipeline to a folder that does not exist or is empty: all of it or nothing.

    RAISES (UserError): It cannot be written.
    """
    write_folder(out, nlp.to_disk)
