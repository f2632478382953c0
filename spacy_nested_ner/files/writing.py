"""Write files safely: never over an input, and completely or not at all.

A caller checks the output with `check_output` or `check_folder` before the work and writes it
after the work. Files are written to a temporary folder on the same disk and then moved. Only
plain files are replaced, and they keep their permissions; a file that is a link is refused,
because the file behind it may belong to something else. The folder of a file may be reached
through a link.
"""

import json
import os
import shutil
import stat
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, Union

from ..user_error import UserError

# None is a missing input; a string may be the name of a package
Inputs = Iterable[Union[str, Path, None]]


def check_output(file: Path, inputs: Inputs) -> None:
    """Refuse an output file that is an input or is inside an input folder.

    RAISES (UserError): The output is a folder, a link, a device or a pipe; it is one of the
        inputs, also by a hard link; or it is inside one of the inputs.
    """
    _refuse_special(file)
    for given in inputs:
        if given is not None and os.path.exists(given) and _touches(file, Path(given)):
            raise UserError(
                f"The output {file} is, or lies in, the input {given}: give another place to "
                "write to."
            )


def check_folder(folder: Path, names: Iterable[str], inputs: Inputs) -> None:
    """Refuse an output folder that is an input, is inside one, or has a file that is an input.

    names: Names of the files that will be written to the folder.
    RAISES (UserError): `folder` is a file, an input folder or inside one; or one of the files
        is an input, see `check_output`.
    """
    with _place_errors(folder):
        if _find_mode(folder) is not None and not folder.is_dir():
            raise UserError(f"{folder} is a file: give a folder to write to.")
    inputs = list(inputs)
    for given in inputs:
        if given is not None and os.path.isdir(given) and _touches(folder, Path(given)):
            raise UserError(
                f"The output {folder} is, or lies in, the input folder {given}: give another "
                "folder to write to."
            )
    for name in names:
        check_output(folder / name, inputs)


def write_text(file: Path, text: str) -> None:
    """Write a file in UTF-8, with escapes for halves of surrogate pairs.

    RAISES (UserError): It cannot be written.
    """
    # a file name that is no UTF-8 has such halves
    write_files(file.parent, {file.name: text.encode("utf8", "backslashreplace")})


def write_json(path: Path, data: Dict[str, Any]) -> None:
    """Write JSON with few line breaks: each list of plain values and each object below the
    third level is on one line; so is each object in a list such as "documents".

    RAISES (UserError): It cannot be written.
    """
    write_text(path, _dump(data, "") + "\n")


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write all files or none; after a failure, old files remain and new folders are removed.

    files: Contents by file name. The last file vouches for the others: it is missing while
        they change, so a killed process leaves no mixture of old and new files beside it.
    RAISES (UserError): One of the files cannot be written.
    """
    shown = folder / next(iter(files)) if len(files) == 1 else folder
    for name in files:
        _refuse_special(folder / name)
    with _staging(folder, shown) as staging:
        for name, data in files.items():
            (staging / name).write_bytes(data)
            if (folder / name).exists():
                shutil.copymode(folder / name, staging / name)
        _move_all(staging, folder, list(files))


def write_folder(folder: Path, save: Callable[[Path], None]) -> None:
    """Write a folder completely or not at all.

    folder: It does not exist, or is empty.
    save: Function that creates the folder at a given path and writes to it.
    RAISES (UserError): The folder cannot be written.
    """
    with _staging(folder.parent, folder) as staging:
        save(staging / folder.name)
        if folder.exists():
            folder.rmdir()  # it is empty
        os.replace(staging / folder.name, folder)


def replace_folder(folder: Path, save: Callable[[Path], None]) -> None:
    """Write a folder completely or not at all, in place of one that may be there.

    A process that is killed between the two moves leaves the old folder in `.writing-…/old`.

    save: Function that creates the folder at a given path and writes to it.
    RAISES (UserError): The folder cannot be written.
    """
    with _staging(folder.parent, folder) as staging:
        save(staging / folder.name)
        old = staging / "old"
        if folder.exists():
            os.replace(folder, old)
        try:
            os.replace(staging / folder.name, folder)
        except BaseException:
            if old.exists():
                os.replace(old, folder)
            raise


def check_free(folder: Path, inputs: Inputs) -> None:
    """Refuse an output folder for `write_folder` that is not empty.

    RAISES (UserError): It exists and is not empty, it is the current folder, or it is inside an
        input.
    """
    with _place_errors(folder):
        if folder.resolve() == Path.cwd():
            raise UserError(f"{folder} is the current folder: give the name of a new folder.")
        if folder.is_symlink():
            raise UserError(f"{folder} is a link: give the folder itself.")
        if _find_mode(folder) is not None and not (
            folder.is_dir() and not any(folder.iterdir())
        ):
            raise UserError(
                f"{folder} exists already: give a folder that does not exist or is empty."
            )
    check_folder(folder, (), inputs)


def _refuse_special(file: Path) -> None:
    """RAISES (UserError): There is something at the place of a file that is no plain file."""
    with _place_errors(file):
        mode = _find_mode(file)
    if mode is None or stat.S_ISREG(mode):
        return
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFLNK: "a link"}
    kind = kinds.get(stat.S_IFMT(mode), "a device or a pipe")
    raise UserError(f"{file} is {kind}: give a plain file, or one that does not exist.")


def _find_mode(place: Path) -> Optional[int]:
    """Kind and permissions of what is there, None for nothing. Not `os.path.lexists`, which
    says that nothing is at a place that cannot be."""
    try:
        return os.lstat(place).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None


@contextmanager
def _place_errors(place: Path) -> Iterator[None]:
    """RAISES (UserError): There can be no file at the place: its name is too long, or it has a
    NUL."""
    try:
        yield
    except UserError:
        raise
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UserError(
            f"Cannot write {place} ({reason}): give a path that can be written to."
        ) from None


def _touches(output: Path, given: Path) -> bool:
    """Whether the output is the input or is inside it."""
    place, source = output.resolve(), given.resolve()
    # a hard link has another path than its file
    is_same = output.exists() and os.path.samefile(output, given)
    return is_same or source == place or source in place.parents


@contextmanager
def _staging(folder: Path, shown: Path) -> Iterator[Path]:
    """Make a temporary folder in `folder`, so on the same disk: moving a file is a rename.

    shown: Path in the error message.
    """
    made = _missing_parents(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".writing-", dir=folder) as staging:
            yield Path(staging)
    except BaseException as error:  # also an interrupt
        for parent in made:
            if parent.is_dir() and not any(parent.iterdir()):
                parent.rmdir()
        if not isinstance(error, OSError):
            raise
        raise UserError(
            f"Cannot write {shown} ({error.strerror}): give a path that can be written to."
        ) from None


def _missing_parents(folder: Path) -> List[Path]:
    """The folder and its parents that do not exist, the innermost first."""
    return [each for each in (folder, *folder.parents) if not os.path.lexists(each)]


def _move_all(staging: Path, folder: Path, names: List[str]) -> None:
    """Move files from one folder to another; if one cannot be moved, restore the others."""
    for name in names:
        if (folder / name).exists():
            _keep(folder / name, staging / f"{name}.old")
    try:
        if len(names) > 1:
            (folder / names[-1]).unlink(missing_ok=True)
        for name in names:
            os.replace(staging / name, folder / name)
    except BaseException:  # also an interrupt, which may come after a move
        for name in names:
            old = staging / f"{name}.old"
            if old.exists() and not (folder / name).exists():
                _keep(old, folder / name)  # a move may be what failed
            elif old.exists():
                os.replace(old, folder / name)
            elif not (staging / name).exists():
                (folder / name).unlink(missing_ok=True)
        raise


def _keep(file: Path, copy: Path) -> None:
    try:
        os.link(file, copy)
    except OSError:  # a file system without hard links
        shutil.copy2(file, copy)


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
