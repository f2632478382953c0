"""Find the files of a corpus in a folder or an archive, and read their text.

    for file in find_files(Path("corpus.zip"), [".jsonl"]):
        for number, line in read_lines(file):

Archives are read in place, without unpacking. Any error in the bytes is a `UserError` that
names the file and, in a text, the line.
"""

import codecs
import io
import json
import os
import re
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Callable, Dict, Iterator, List, Optional, Sequence, Tuple

from ..files.damage import refuse_damage
from ..files.limits import check_size, limit
from ..files.regular import open_regular
from ..user_error import UserError, printable
from .archives import ARCHIVES, Opener, list_archive
from .decoding import decode
from .faults import Kind, tolerate
from .records import Part

MAX_FILE = 1 << 30  # bytes held in memory, of a file that is not compressed
MAX_LINE = 10_000_000  # characters
CHUNK = 1 << 16  # bytes
HALF_PAIR = re.compile("[\ud800-\udfff]")  # of surrogates: no character
UNREADABLE = "\0"  # for `read_lines`: stands for a line that cannot be read
PART_WORDS: Dict[str, Part] = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("dev", "devel", "development", "val", "valid", "validation"), "dev"),
    **dict.fromkeys(("test", "testing"), "test"),
}


@dataclass(frozen=True)
class SourceFile:
    """One file of a corpus.

    name: for messages: "folder/x.txt" or "archive.zip:inner/x.txt".
    path_in_source: for reports and ids: the path below the source, with slashes, "inner/x.txt".
        It is the same on every machine, and printable.
    is_member: Whether it is in an archive. Else `name` is its path.
    """

    name: str
    path_in_source: str
    opener: Opener = field(repr=False, compare=False)
    is_member: bool = False

    def open(self) -> BinaryIO:
        """Open for reading. An error now, or in a later read, is a UserError."""
        return io.BufferedReader(_Stream(self.name, self.opener), CHUNK)


def find_files(source: Path, suffixes: Sequence[str]) -> List[SourceFile]:
    """Find the files with one of the suffixes, in upper or lower case, sorted by path.

    source: A file, with any suffix; a folder, which is searched with its subfolders but without
        hidden files; or a .zip, .tar, .tgz or .tar.gz. If a folder has no such file but has
        archives, the archives are searched.
    RAISES (UserError): The source cannot be read; no file has one of the suffixes; an archive
        is damaged or has a member whose path leads out of it.
    """
    check_readable(source)
    if source.is_dir():
        files = list_folder(source)
        archives = [file for file in files if _has_suffix(file.name, ARCHIVES)]
        if archives and not any(_has_suffix(file.name, suffixes) for file in files):
            files = [
                replace(inner, path_in_source=f"{file.path_in_source}/{inner.path_in_source}")
                for file in archives
                for inner in _list_archive(Path(file.name), suffixes)
            ]
    elif _has_suffix(source.name, ARCHIVES):
        files = _list_archive(source, suffixes)
    else:
        return [open_file(source)]
    found = [file for file in files if _has_suffix(file.name, suffixes)]
    if not found:
        names = [file.path_in_source for file in files]
        there = f", but {', '.join(names[:3])}{', …' if names[3:] else ''}" if names else ""
        kind = f"{' or '.join(suffixes)} file".lstrip()  # the suffix "" stands for any file
        raise UserError(
            f"{source} has no {kind}{there}: give files of this format, or choose the format "
            "of these files."
        )
    return found


def read_lines(
    file: SourceFile, *, of: Kind = "record", instead: Optional[str] = None
) -> Iterator[Tuple[int, str]]:
    """Yield the number (from 1) and the text of each line, without its line end (LF or CRLF).

    of: What a line is, if a bad line can be left out, see `tolerate`.
    instead: Text to yield for a line that is left out; None for nothing.
    RAISES (UserError): Bytes that are not UTF-8; a line of more than MAX_LINE characters; the
        file cannot be read to its end.
    """
    limit = 4 * MAX_LINE + len(codecs.BOM_UTF8) + len(b"\r\n") + 1  # bytes
    with file.open() as stream:
        for number, line in enumerate(iter(partial(stream.readline, limit), b""), start=1):
            text = instead
            with tolerate(of):
                text = _decode_line(line, file, number, limit)
            if text is not None:
                yield number, text
            while len(line) == limit:  # a line that was too long, to its end
                line = stream.readline(limit)


def _decode_line(line: bytes, file: SourceFile, number: int, limit: int) -> str:
    text = "" if len(line) == limit else decode(line, file.name, number)
    text = text.removesuffix("\n").removesuffix("\r")
    if len(line) == limit or len(text) > MAX_LINE:
        raise UserError(
            f"{file.name}, line {number} has more than {MAX_LINE:,} characters: give a "
            "file of this format, or break the line into records."
        )
    return text


def read_text(file: SourceFile) -> str:
    """The whole text with its original line ends, without a byte order mark.

    RAISES (UserError): Bytes that are not UTF-8; more bytes than MAX_FILE, or than the limit if
        that is larger.
    """
    largest = max(MAX_FILE, limit())
    with file.open() as stream:
        data = stream.read(largest + 1)
    check_size(len(data), file.name, largest=largest)
    return decode(data, file.name, 1)


def read_json(file: SourceFile) -> Any:
    """The value of a JSON file.

    RAISES (UserError): As `read_text` and `parse_json`.
    """
    return parse_json(read_text(file), file)


def parse_json(text: str, file: SourceFile, line: int = 1) -> Any:
    """The value of a JSON text that begins in the given line of the file.

    RAISES (UserError): The text is not JSON, or incomplete; an object has a key twice; a number
        is NaN or Infinity; a string has half of a surrogate pair, which is no character.
    """
    try:
        value = _DECODER.decode(text)
        if re.search(r"\\u[dD]", text):
            json.dumps(value, ensure_ascii=False).encode("utf8")
    except json.JSONDecodeError as error:
        raise UserError(
            f"{file.name}, line {line + error.lineno - 1}, column {error.colno}: not JSON, or "
            f"incomplete ({error.msg}): download the file again or correct it."
        ) from None
    except UnicodeEncodeError:
        raise UserError(
            f"{file.name}, line {line}: a string has half of a surrogate pair, '\\ud8…' or "
            "'\\udc…', as a character: correct it."
        ) from None
    except (ValueError, RecursionError) as error:
        raise UserError(f"{file.name}, from line {line}: {error}: correct the JSON.") from None
    return value


def part_of(file: SourceFile) -> Optional[Part]:
    """The part that the file name contains as a word, or else that of the nearest folder. None
    if no name contains a part, or the first one that does contains two."""
    for name in reversed(PurePosixPath(file.path_in_source).parts):
        words = re.findall(r"[^\W\d_]+", name.lower())
        parts = {PART_WORDS[word] for word in words if word in PART_WORDS}
        if parts:
            return parts.pop() if len(parts) == 1 else None
    return None


def check_readable(source: Path) -> None:
    """RAISES (UserError): The source does not exist or cannot be read."""
    if "\0" in str(source) or not os.access(source, os.R_OK):
        raise UserError(
            f"{source} does not exist or cannot be read: give a file, folder or archive."
        )


def open_file(path: Path) -> SourceFile:
    """A source that is one file."""
    return SourceFile(str(path), printable(path.name), partial(_open, path))


def _open(path: Path) -> BinaryIO:
    """RAISES (UserError): There is no such file, it is a folder, or it has no permission."""
    try:
        return open_regular(path)
    except FileNotFoundError:
        raise UserError(f"There is no {path}: give a file that exists.") from None
    except PermissionError:
        raise UserError(f"{path} cannot be read: give it read permission.") from None
    except OSError:
        if path.is_dir():
            raise UserError(f"{path} is a folder: give a file.") from None
        raise


def _has_suffix(name: str, suffixes: Sequence[str]) -> bool:
    return name.lower().endswith(tuple(suffixes))


def list_folder(folder: Path) -> List[SourceFile]:
    """All files that are not hidden, sorted by path. Links to folders are followed once."""

    def fail(error: OSError) -> None:  # os.walk would skip the folder
        raise UserError(
            f"{error.filename} cannot be read ({error.strerror}): give it read permission."
        )

    files = []
    seen = set()
    for here, folders, names in os.walk(folder, onerror=fail, followlinks=True):
        seen.add(os.path.realpath(here))
        folders[:] = [
            name
            for name in folders
            if name[0] != "." and os.path.realpath(os.path.join(here, name)) not in seen
        ]
        for name in names:
            if name[0] != ".":
                path = Path(here, name)
                inner = printable(path.relative_to(folder).as_posix())
                files.append(SourceFile(str(path), inner, partial(_open, path)))
    return sorted(files, key=lambda file: file.path_in_source)


def _list_archive(archive: Path, suffixes: Sequence[str]) -> List[SourceFile]:
    openers = list_archive(archive, suffixes)
    return [
        SourceFile(f"{archive}:{path}", printable(path), openers[path], is_member=True)
        for path in openers
    ]


class _Stream(io.RawIOBase):
    """A stream that raises UserErrors, for example for a wrong checksum in a later read."""

    def __init__(self, name: str, opener: Opener) -> None:
        self.name = name
        self.stream = self._try(opener)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._try(partial(self.stream.read, len(buffer)))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if not self.closed and hasattr(self, "stream"):
            self.stream.close()
        super().close()

    def _try(self, call: Callable[[], Any]) -> Any:
        what = f"{self.name} cannot be read, is damaged or incomplete"
        with refuse_damage(what, "download it again"):
            return call()


def _unique(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        keys = [key for key, _ in pairs]
        key = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"an object has the key {json.dumps(key)} twice")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"JSON has no number {name}")


# json.loads would make one for each text
_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)
