"""Pipelines in and out, and the key of doc.spans that they write to."""

from pathlib import Path
from typing import List, Union

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


def find_spans_key(nlp: Language) -> str:
    """The key of doc.spans that the settings of the pipes name.

    RAISES (UserError): There is none, or more than one.
    """
    keys = written_keys(nlp)
    if len(keys) != 1:
        found = ", ".join(f"'{key}'" for key in keys) or "none"
        raise UserError(
            f"The pipeline ({', '.join(nlp.pipe_names) or 'empty'}) has to write to one key of "
            f"doc.spans, and its settings name {found}: say which with spans_key."
        )
    return keys[0]


def written_keys(nlp: Language) -> List[str]:
    """The settings `spans_key` of the pipes that are on, each once."""
    keys = (nlp.get_pipe_config(name).get("spans_key") for name in nlp.pipe_names)
    return list(dict.fromkeys(key for key in keys if key))


def save_pipeline(nlp: Language, out: Path) -> None:
    """Save a pipeline to a folder that does not exist or is empty: all of it or nothing.

    RAISES (UserError): It cannot be written.
    """
    write_folder(out, nlp.to_disk)
