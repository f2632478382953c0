"""Read the files in a .zip or a .tar without unpacking it to disk."""

import gzip
import io
import tarfile
import zipfile
from functools import partial
from pathlib import Path, PureWindowsPath
from typing import (
    IO,
    Any,
    BinaryIO,
    Callable,
    Dict,
    Iterator,
    Sequence,
    Set,
    Tuple,
    Union,
    cast,
)

from ..files.damage import refuse_damage
from ..files.limits import check_size
from ..files.regular import open_regular
from ..user_error import UserError

ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz")
CHUNK = 1 << 16  # bytes
Opener = Callable[[], IO[bytes]]


def list_archive(archive: Path, suffixes: Sequence[str]) -> Dict[str, Opener]:
    """An opener for each file in an archive, by path with slashes, sorted by it. Hidden files
    are left out.

    suffixes: In lower case. In a tar, only files with one of them have content.
    RAISES (UserError): The archive is damaged, incomplete, encrypted or too large; a member has
        a path that leads out of the archive, comes twice, or is a link. An opener may also find
        that the archive is too large.
    """
    read = _read_zip if archive.name.lower().endswith(".zip") else _read_tar
    openers: Dict[str, Opener] = {}
    with refuse_damage(f"{archive} is damaged or incomplete", "download it again"):
        for name, opener in read(archive, tuple(suffixes)):
            path = PureWindowsPath(name)  # takes both kinds of slashes
            if path.root or ".." in path.parts:
                raise UserError(
                    f"{archive} has the member '{name}', which leads outside the archive: "
                    "download it again."
                )
            inner = path.as_posix()
            if inner in openers:
                raise UserError(f"{archive} has the member '{inner}' twice: pack it again.")
            if not any(part[0] == "." for part in path.parts):
                openers[inner] = opener
    return dict(sorted(openers.items()))


def open_zip(data: Union[Path, BinaryIO], name: str) -> Iterator[Tuple[str, Opener]]:
    """Name and opener of each file in a .zip, which stays open for them.

    name: Of the .zip, for messages.
    RAISES (UserError): It is encrypted.
    """
    package = zipfile.ZipFile(data)
    opened: Set[int] = set()
    for number, member in enumerate(package.infolist()):
        if member.flag_bits & 1:
            raise UserError(f"{name} is encrypted: unpack it and give the folder.")
        if not member.is_dir():
            # not filename: zipfile cuts it at a NUL
            yield member.orig_filename, partial(_open_member, package, number, opened, name)


def _open_member(
    package: zipfile.ZipFile, number: int, opened: Set[int], name: str
) -> IO[bytes]:
    """opened: numbers of the members that were opened. zipfile gives no more bytes of a member
    than its directory says."""
    members = package.infolist()
    opened.add(number)
    check_size(sum(members[i].file_size for i in opened), name)
    return package.open(members[number])


def _read_zip(archive: Path, suffixes: Tuple[str, ...]) -> Iterator[Tuple[str, Opener]]:
    open_regular(archive).close()  # refuses pipes and devices
    return open_zip(archive, str(archive))


def _read_tar(archive: Path, suffixes: Tuple[str, ...]) -> Iterator[Tuple[str, Opener]]:
    """Name and opener of each file. Files with the suffixes are held in memory, because going
    back in a compressed archive means decompressing it from the beginning."""
    size = 0  # bytes held
    with open_regular(archive) as stream, _open_tar(stream, archive) as package:
        for member in package:
            data = b""
            if member.name.lower().endswith(suffixes) and not member.isdir():
                size += member.size
                check_size(size, str(archive))
                inner = package.extractfile(member) if member.isfile() else None
                if inner is None:
                    raise UserError(
                        f"{archive} has the link '{member.name}' instead of a file: pack the "
                        "file itself."
                    )
                data = inner.read()
            if not member.isdir():
                yield member.name, partial(io.BytesIO, data)
        # tarfile stops at a broken header as at the end; the real end is a block of zeros
        rest = package.fileobj
        assert rest is not None
        rest.seek(package.offset)
        if rest.read(tarfile.BLOCKSIZE) != tarfile.NUL * tarfile.BLOCKSIZE:
            raise tarfile.ReadError(f"no end mark at byte {package.offset:,}")
        while rest.read(CHUNK):  # gzip checks its checksum at the end
            pass


def _open_tar(stream: BinaryIO, archive: Path) -> tarfile.TarFile:
    if not archive.name.lower().endswith(".tar"):
        unpacked = gzip.GzipFile(fileobj=stream)
        stream = cast(
            BinaryIO,
            io.BufferedReader(_Bounded(cast(IO[bytes], unpacked), str(archive)), CHUNK),
        )
    return tarfile.open(fileobj=stream, mode="r:")


class _Bounded(io.RawIOBase):
    """A decompressed stream with a limited number of bytes."""

    def __init__(self, stream: IO[bytes], name: str) -> None:
        self.stream = stream
        self.name = name

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_SET:
            check_size(offset, self.name)
        return self.stream.seek(offset, whence)

    def tell(self) -> int:
        return self.stream.tell()

    def readinto(self, buffer: Any) -> int:
        data = self.stream.read(len(buffer))
        check_size(self.stream.tell(), self.name)
        buffer[: len(data)] = data
        return len(data)
