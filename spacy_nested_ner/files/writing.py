"""Files that are written whole or not at all."""

import json
import os
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, Dict, Iterable, Optional, Union

from ..user_error import UserError


def write_text(path: Path, text: str) -> None:
    """Write a file in UTF-8 beside its place, then move it there.

    RAISES (UserError): There is no writing there.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(
            "w",
            encoding="utf8",
            newline="\n",
            dir=path.parent,
            prefix=f".{path.name}-",
            delete=False,
        ) as stream:
            temporary = Path(stream.name)
            stream.write(text)
        # not the mode of temporary files, which nobody else may read
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise UserError(
            f"Cannot write {path} ({error.strerror}): give a file that can be written to."
        ) from None


def check_output(output: Optional[Path], inputs: Iterable[Union[str, Path, None]]) -> None:
    """Before the work is done: refuse to write over, or into, what is read.

    RAISES (UserError): The output is a folder, or one of the inputs, or lies in one.
    """
    if output is None:
        return
    if output.is_dir():
        raise UserError(f"{output} is a folder: give a file to write to.")
    place = output.resolve()
    for given in inputs:
        if given is not None and os.path.exists(given):
            source = Path(given).resolve()
            if source == place or source in place.parents or _is_same_file(source, place):
                raise UserError(
                    f"The output {output} is, or lies in, the input {given}: give another "
                    "place to write to."
                )


def write_json(path: Path, data: Dict[str, Any]) -> None:
    """Write a file beside its place, then move it there. Its lists and what lies deeper than
    the third level stand on one line each, a document of "documents" on its own.

    RAISES (UserError): There is no writing there.
    """
    write_text(path, _dump(data, "") + "\n")


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
