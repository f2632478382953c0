"""Find the files of an input on any file system, and count the bytes that were read."""

import bz2
import gzip
import io
import lzma
import re
import sys
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import IO, Any, Callable, Dict, List, Optional, Sequence, Tuple, cast

from ..corpus.sources import SourceFile
from ..files.damage import refuse_damage
from ..files.limits import check_size, limit
from ..files.storage import open_file_system, storage_errors
from ..user_error import UserError, printable

RATIO = 100  # text is never compressed that much
TABLES = (".jsonl", ".csv", ".tsv", ".txt")  # these may be compressed
BINARY = (".parquet", ".spacy")
ZSTD = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"


@dataclass
class InputFile:
    """A file of the input.

    source: reads its bytes, decompressed.
    size: in bytes, as it lies in the file system.
    kind: ending without that of the compression, such as ".jsonl".
    is_input: the input is this file, not a folder or pattern in which it was found.
    rows_read: share of the rows that were read, None if the file is read from begin to end.
    """

    source: SourceFile
    size: int
    kind: str
    is_input: bool = False
    rows_read: Optional[float] = None
    _raw: List[IO[bytes]] = field(default_factory=list)

    @property
    def bytes_read(self) -> int:
        """How many of its bytes were read; all of them once it was closed."""
        if not self._raw:
            return 0
        if self._raw[-1].closed:
            return self.size
        if self.rows_read is not None:
            return int(self.size * self.rows_read)
        return min(self._raw[-1].tell(), self.size)


def find_input(url: str) -> List[InputFile]:
    """Find the files of an input, sorted by path.

    url: A file, a folder with its subfolders, or a pattern such as "s3://bucket/part-*.jsonl".
    RAISES (UserError): There are no files with texts, or of more than one kind.
    """
    system, path = open_file_system(url)
    with storage_errors("read", url):
        is_file = False
        if system.isdir(path):
            root, found = path, system.find(path, detail=True)
        elif is_file := system.exists(path):
            root, found = path.rpartition("/")[0], {path: system.info(path)}
        elif wildcard := re.search(r"[*?[]", path):
            root = path[: wildcard.start()].rpartition("/")[0]
            found = system.glob(path, detail=True)
        else:
            raise UserError(f"{url} does not exist: give a file, a folder or a pattern.")
    files = [
        _make_file(system, name, name.removeprefix(root).lstrip("/"), info["size"], is_file)
        for name, info in sorted(found.items())
        if info["type"] == "file" and _kind(name) and not _is_hidden(name.removeprefix(root))
    ]
    kinds = sorted({file.kind for file in files})
    if len(kinds) != 1:
        what = f"files of several kinds ({', '.join(kinds)})" if kinds else "no file with texts"
        raise UserError(
            f"{url} has {what}: give files of one kind, {', '.join((*TABLES, *BINARY))}."
        )
    return files


def describe_files(files: Sequence[InputFile]) -> List[Dict[str, Any]]:
    """Name and size of each file: a run goes on only with the same input."""
    return [{"name": file.source.path_in_source, "size": file.size} for file in files]


def open_seekable(file: InputFile) -> IO[bytes]:
    """Open a file that was not compressed, for reading from any place."""
    with storage_errors("read", file.source.name):
        return file.source.opener()


def _make_file(system: Any, path: str, inner: str, size: int, is_input: bool) -> InputFile:
    raw: List[IO[bytes]] = []
    opener = partial(_open, system, path, raw, size)
    source = SourceFile(path, printable(inner), opener)
    return InputFile(source, size, _kind(path), is_input, _raw=raw)


def _open(system: Any, path: str, raw: List[IO[bytes]], size: int) -> IO[bytes]:
    stream = system.open(path, "rb")
    raw[:] = [stream]
    ending = _split(path)[1]
    if not ending:
        return cast(IO[bytes], stream)
    return cast(IO[bytes], _Decompressed(stream, ending, path, max(limit(), RATIO * size)))


class _Decompressed(io.RawIOBase):
    """A decompressed stream that closes the file below it.

    largest: Bytes. Nothing is held in memory, so a large file may have more than the limit.
    """

    def __init__(self, raw: IO[bytes], ending: str, name: str, largest: int) -> None:
        self.raw = raw
        self.name = name
        self.stream: Any = COMPRESSED[ending](raw)
        self.errors = (import_module(ZSTD).ZstdError,) if ending == ".zst" else ()
        self.largest = largest
        self.n_bytes = 0

    def read(self, size: int = -1) -> bytes:
        what = f"{self.name} cannot be read, is damaged or incomplete"
        with refuse_damage(what, "write it again", also=self.errors):
            data: bytes = self.stream.read(size)
        self.n_bytes += len(data)
        check_size(self.n_bytes, self.name, largest=self.largest)
        return data

    def close(self) -> None:
        if not self.closed:
            self.stream.close()
            self.raw.close()
        super().close()


def _open_zstd(raw: IO[bytes]) -> Any:
    """Not with the library `zstandard`: it does not notice that the end of a file is missing.

    RAISES (UserError): The library is not installed; Python 3.14 has it.
    """
    try:
        return import_module(ZSTD).open(raw)
    except ModuleNotFoundError:
        raise UserError(
            "Files with the ending .zst need the library backports.zstd, which is not "
            'installed: python -m pip install "spacy-nested-ner[zstd]".'
        ) from None


COMPRESSED: Dict[str, Callable[[IO[bytes]], Any]] = {
    ".gz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
    ".zst": _open_zstd,
}


def _kind(path: str) -> str:
    stem, compression = _split(path)
    ending = "." + stem.rpartition(".")[2].lower()
    return ending if ending in TABLES or (ending in BINARY and not compression) else ""


def _split(path: str) -> Tuple[str, str]:
    """A path without the ending of its compression, and that ending, "" if there is none."""
    ending = "." + path.rpartition(".")[2].lower()
    return (path[: -len(ending)], ending) if ending in COMPRESSED else (path, "")


def _is_hidden(path: str) -> bool:
    return any(part.startswith(".") for part in path.split("/"))
