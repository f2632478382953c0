"""Files on every file system that fsspec knows: local folders, s3://, gs://, hdfs:// and so on.

    folder = Folder("s3://bucket/annotated")
    folder.write("shards/000.jsonl", data)

A local file is written completely or not at all, see `writing`. So is an object of an object
store. Other file systems may leave a part of a file if the writer dies.
"""

import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, Tuple

import fsspec
from fsspec.implementations.local import LocalFileSystem

from ..user_error import UserError
from .writing import write_files


def open_file_system(url: str) -> Tuple[Any, str]:
    """The file system of a URL or local path, and the path on it.

    RAISES (UserError): fsspec does not know the protocol, or needs a package for it.
    """
    try:
        system, path = fsspec.core.url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise UserError(f"Cannot open {url} ({error}): give another place.") from None
    return system, path


@contextmanager
def storage_errors(action: str, place: str) -> Iterator[None]:
    """RAISES (UserError): The body raised an error of a file system."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        raise UserError(
            f"Cannot {action} {place} ({reason}): free space or change permissions, or give "
            "another place."
        ) from None


class Folder:
    """A folder on any file system. Names are paths below it, with slashes."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/") or url
        self.system, self.path = open_file_system(url)
        self.is_local = isinstance(self.system, LocalFileSystem)

    def sizes(self, name: str = "") -> Dict[str, int]:
        """The size in bytes of each file in the folder or in a subfolder of it, by its path
        below the folder. Hidden files and deeper files are left out."""
        place = self._place(name)
        with storage_errors("list", f"{self.url}/{name}"):
            self.system.invalidate_cache()
            try:
                entries = self.system.ls(place, detail=True)
            except FileNotFoundError:
                return {}
        prefix = f"{name}/" if name else ""
        files = {
            prefix + entry["name"].rstrip("/").rpartition("/")[2]: entry
            for entry in entries
            if entry["type"] == "file"
        }
        return {
            path: entry["size"]
            for path, entry in sorted(files.items())
            if not path.rpartition("/")[2].startswith(".")
        }

    def is_empty(self) -> bool:
        """Whether the folder has no file or folder, but for hidden ones, or does not exist."""
        with storage_errors("list", self.url):
            self.system.invalidate_cache()
            try:
                names = self.system.ls(self.path, detail=False)
            except FileNotFoundError:
                return True
        return all(name.rstrip("/").rpartition("/")[2].startswith(".") for name in names)

    def read(self, name: str) -> bytes:
        """RAISES (UserError): The file cannot be read."""
        with storage_errors("read", f"{self.url}/{name}"):
            data: bytes = self.system.cat_file(self._place(name))
            return data

    def write(self, name: str, data: bytes) -> None:
        """RAISES (UserError): The file cannot be written."""
        place = self._place(name)
        if self.is_local:
            path = Path(place)
            write_files(path.parent, {path.name: data})
            return
        with storage_errors("write", f"{self.url}/{name}"):
            self.system.makedirs(place.rpartition("/")[0], exist_ok=True)
            self.system.pipe_file(place, data)

    def remove(self, name: str) -> None:
        with storage_errors("remove", f"{self.url}/{name}"):
            self.system.rm_file(self._place(name))

    def remove_unfinished(self, name: str) -> None:
        """Remove what a killed process left in a subfolder while it wrote a local file."""
        if self.is_local and Path(self._place(name)).is_dir():
            for staging in Path(self._place(name)).glob(".writing-*"):
                shutil.rmtree(staging, ignore_errors=True)

    def _place(self, name: str) -> str:
        return f"{self.path.rstrip('/')}/{name}" if name else self.path
