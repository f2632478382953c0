"""The files in a .zip or a .tar, read where they are: nothing is unpacked to disk."""

import io
import tarfile
import zipfile
import zlib
from functools import partial
from pathlib import Path, PureWindowsPath
from typing import IO, Callable, Dict, Iterator, Sequence, Tuple

from ..user_error import UserError

ARCHIVES = (".zip", ".tar", ".tgz", ".tar.gz")
MAX_FILE = 1 << 30  # bytes that are held at once
CHUNK = 1 << 16  # bytes
DAMAGE = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError)
Opener = Callable[[], IO[bytes]]


def list_archive(archive: Path, suffixes: Sequence[str]) -> Dict[str, Opener]:
    """All members that are files and not hidden, by their path with slashes, in its order.

    suffixes: In lower case; a member of a tar can be opened when its name ends in one of them.
    RAISES (UserError): The archive is damaged, cut short, encrypted or larger than what can
        be held; a member's name leads out of it, comes twice or is a link.
    """
    read = _read_zip if archive.name.lower().endswith(".zip") else _read_tar
    openers: Dict[str, Opener] = {}
    try:
        for name, opener in read(archive, tuple(suffixes)):
            path = PureWindowsPath(name)  # takes both kinds of slashes
            if path.root or ".." in path.parts:
                raise UserError(
                    f"{archive} has a member that leads outside, '{name}': get it anew."
                )
            inner = path.as_posix()
            if inner in openers:
                raise UserError(f"{archive} has the member '{inner}' twice: pack it anew.")
            if not any(part[0] == "." for part in path.parts):
                openers[inner] = opener
    except DAMAGE as error:
        raise UserError(f"{archive} is damaged or cut short ({error}): get it anew.") from None
    return dict(sorted(openers.items()))


def _read_zip(archive: Path, suffixes: Tuple[str, ...]) -> Iterator[Tuple[str, Opener]]:
    """Name and opener of each member that is a file; the archive stays open for them."""
    package = zipfile.ZipFile(archive)
    for member in package.infolist():
        if member.flag_bits & 1:
            raise UserError(f"{archive} is encrypted: unpack it and give the folder.")
        if not member.is_dir():
            # orig_filename: zipfile ends the other one at a NUL
            yield member.orig_filename, partial(package.open, member)


def _read_tar(archive: Path, suffixes: Tuple[str, ...]) -> Iterator[Tuple[str, Opener]]:
    """Name and opener of each member that is a file. What has the suffixes is held in memory:
    to go back in a compressed archive is to decompress it from its beginning."""
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
                        f"{archive} has a link in the place of a file, '{member.name}': pack "
                        "the files themselves."
                    )
                data = stream.read()
            if not member.isdir():
                yield member.name, partial(io.BytesIO, data)
        # tarfile takes a broken header for the end; the true end is a block of zeros
        rest = package.fileobj
        assert rest is not None
        rest.seek(package.offset)
        if rest.read(tarfile.BLOCKSIZE) != tarfile.NUL * tarfile.BLOCKSIZE:
            raise tarfile.ReadError(f"no end mark at byte {package.offset:,}")
        while rest.read(CHUNK):  # to the checksum at the end of gzip
            pass


def _open_tar(archive: Path) -> tarfile.TarFile:
    if archive.name.lower().endswith(".tar"):
        return tarfile.open(archive, "r:")
    return tarfile.open(archive, "r:gz")
