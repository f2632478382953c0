"""Pipelines in and out, and the key of doc.spans that they write to."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import List

import spacy
from spacy.language import Language

from ..user_error import UserError


def load_pipeline(name: str) -> Language:
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


def check_free(out: Path, nlp: Language) -> None:
    """Before the work is done: see whether the pipeline may be saved there.

    RAISES (UserError): There is something, or it lies in the pipeline that was read.
    """
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise UserError(
            f"{out} is there already: give a folder that does not exist or is empty."
        )
    source = None if nlp.path is None else Path(nlp.path).resolve()
    if source is not None and source in out.resolve().parents:
        raise UserError(f"{out} lies in the pipeline {source}: give a folder outside of it.")


def save_pipeline(nlp: Language, out: Path) -> None:
    """Save into a folder beside its place, then move that there.

    out: Folder that does not exist or is empty.
    RAISES (UserError): There is no writing there.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as folder:
            # inside of it, for only the owner may read the temporary folder itself
            saved = Path(folder, "pipeline")
            nlp.to_disk(saved)
            if out.exists():
                out.rmdir()  # it is empty
            saved.rename(out)
    except OSError as error:
        raise UserError(
            f"Cannot write {out} ({error.strerror}): give a folder that can be written to."
        ) from None
