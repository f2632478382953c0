"""Check the place of an export before the work, and write its files after it."""

from pathlib import Path
from typing import List, Mapping

from ...files.writing import Inputs, check_free, check_output, write_files, write_folder
from . import Writer


def check_place(writer: Writer, out: Path, inputs: Inputs) -> None:
    """RAISES (UserError): The output is an input or is inside one. A folder exists and is not
    empty: a person may have corrected its files."""
    if writer.is_folder:
        check_free(out, inputs)
    else:
        inputs = list(inputs)
        for key in ("", *writer.beside):
            check_output(_name(out, key), inputs)


def write_to(writer: Writer, out: Path, files: Mapping[str, bytes]) -> List[Path]:
    """Write all files or none.

    files: What the writer returned.
    RETURNS: The files, or the folder.
    RAISES (UserError): The output cannot be written.
    """
    if writer.is_folder:
        write_folder(out, lambda folder: _fill(folder, files))
        return [out]
    paths = {_name(out, key): data for key, data in files.items()}
    write_files(out.parent, {path.name: data for path, data in paths.items()})
    return list(paths)


def _name(out: Path, key: str) -> Path:
    """The file of a key, see `Writer.write`."""
    return out.with_name(out.stem + key) if key else out


def _fill(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
