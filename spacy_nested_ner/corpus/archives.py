"""Read the files in a .zip or a .tar without unpacking it to disk."""

import io
import tarfile
import zipfile
import zlib
from functools import partial
from pathlib import Path, PureWindowsPath
from typing import IO, Callable, Dict, Iterator, Sequence, Tuple

from ..user_error import UserError

ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz")
MAX_FILE = 1 << 30  # bytes held in memory
CHUNK = 1 << 16  # bytes
DAMAGE = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError)
Opener = Callable[[], IO[bytes]]


def list_archive(archive: Path, suffixes: Sequence[str]) -> Dict[str, Opener]:
    """An opener for each file in an archive, by path with slashes, sorted by it. Hidden files
    are left out.

    suffixes: In lower case. In a tar, only files with one of them have content.
    RAISES (UserError): The archive is damaged, incomplete, encrypted or too large for memory; a
        member has a path that leads out of the archive, comes twice, or is a link.
    """
    read = _read_zip if archive.name.lower().endswith(".zip") else _read_tar
    openers: Dict[str, Opener] = {}
    try:
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
    except DAMAGE as error:
        raise UserError(
            f"{archive} is damaged or incomplete ({error}): download it again."
        ) from None
    return dict(sorted(openers.items()))


def _read_zip(archive: Path, suffixes: Tuple[str, ...]) -> Iterator[Tuple[str, Opener]]:
    """Name and opener of each file. The archive stays open for them."""
    package = zipfile.ZipFile(archive)
    for member in package.infolist():
        if member.flag_bits & 1:
            raise UserError(f"{archive} is encrypted: unpack it and give the folder.")
        if not member.is_dir():
            # not filename: zipfile cuts it at a NUL
            yield member.orig_filename, partial(package.open, member)


def _read_tar(archive: Path, suffixes: Tuple[str, ...]) -> Iterator[Tuple[str, Opener]]:
    """Name and opener of each file. Files with the suffixes are held in memory, because going
    back in a compressed archive means decompressing it from the beginning."""
    size = 0  # bytes held
    with _open_tar(archive) as package:
        for member in package:
            data = b""
            if member.name.lower().endswith(suffixes) and not member.isdir():
                size += member.size
                if size > MAX_FILE:
                    raise UserError(
                        f"{archive} has more than {MAX_FILE:,} bytes in files of the format: "
                        "unpack it and give the folder."
                    )
                stream = package.extractfile(member) if member.isfile() else None
                if stream is None:
                    raise UserError(
                        f"{archive} has the link '{member.name}' instead of a file: pack the "
                        "file itself."
                    )
                data = stream.read()
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


def _open_tar(archive: Path) -> tarfile.TarFile:
    if archive.name.lower().endswith(".tar"):
        return tarfile.open(archive, "r:")
    return tarfile.open(archive, "r:gz")
