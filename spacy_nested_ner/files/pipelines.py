"""Pipelines in, JSON in and out."""

import json
import os
from pathlib import Path
from typing import Any, Dict, Iterable, Optional, Union

import spacy
from spacy.language import Language

from ..corpus.records import CorpusError
from ..evaluation.results import FORMAT
from .writing import write_text


def load_pipeline(name: str) -> Language:
    """Load a trained pipeline.

    name: of a package, or a folder.
    RAISES (CorpusError): It cannot be loaded.
    """
    try:
        return spacy.load(name)
    except (OSError, ImportError, ValueError, LookupError, TypeError) as error:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise CorpusError(
            f"Cannot load the pipeline '{name}' ({reason}): give a trained pipeline, by name "
            "or folder."
        ) from None


def check_output(output: Optional[Path], inputs: Iterable[Union[str, Path, None]]) -> None:
    """Before the work is done: refuse to write over, or into, what is read.

    RAISES (CorpusError): The output is a folder, or one of the inputs, or lies in one.
    """
    if output is None:
        return
    if output.is_dir():
        raise CorpusError(f"{output} is a folder: give a file to write to.")
    place = output.resolve()
    for given in inputs:
        if given is not None and os.path.exists(given):
            source = Path(given).resolve()
            if source == place or source in place.parents or _is_same_file(source, place):
                raise CorpusError(
                    f"The output {output} is, or lies in, the input {given}: give another "
                    "place to write to."
                )


def write_json(path: Path, data: Dict[str, Any]) -> None:
    """Write a file beside its place, then move it there. Its lists and what lies deeper than
    the third level stand on one line each, a document of "documents" on its own.

    RAISES (CorpusError): There is no writing there.
    """
    write_text(path, _dump(data, "") + "\n")


def read_results(path: Path) -> Dict[str, Any]:
    """Read what `evaluate` wrote.

    RAISES (CorpusError): The file cannot be read, or holds something else.
    """
    try:
        data = json.loads(path.read_text(encoding="utf8"))
    except OSError as error:
        raise CorpusError(
            f"Cannot read {path} ({error.strerror}): give a JSON file that `evaluate` wrote."
        ) from None
    except ValueError:
        data = None
    found = data.get("format") if isinstance(data, dict) else None
    if found != FORMAT:
        what = f"it has the format {found!r}" if found else "it has no format"
        raise CorpusError(
            f"{path} is no evaluation that this version reads ({what}, not {FORMAT!r}): give a "
            "JSON file that `evaluate` wrote."
        )
    return data


def _is_same_file(one: Path, other: Path) -> bool:
    """A hard link has a path of its own."""
    return other.exists() and os.path.samefile(one, other)


def _dump(value: Any, indent: str) -> str:
    deeper = indent + "  "
    if isinstance(value, dict) and value and len(deeper) <= 6:
        rows = [
            f"{json.dumps(str(key), ensure_ascii=False)}: {_dump(item, deeper)}"
            for key, item in value.items()
        ]
        return "{\n" + ",\n".join(deeper + row for row in rows) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        rows = [_dump(item, " " * 6) for item in value]
        return "[\n" + ",\n".join(deeper + row for row in rows) + f"\n{indent}]"
    return json.dumps(value, ensure_ascii=False)
