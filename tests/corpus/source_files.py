"""Sources of files with given contents: folders and archives."""

import io
import tarfile
import zipfile
from pathlib import Path
from typing import Dict


def write_folder(folder: Path, files: Dict[str, bytes]) -> Path:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def write_archive(file: Path, files: Dict[str, bytes]) -> Path:
    """Pack in the given order, under exactly the given names."""
    if file.suffix == ".zip":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
            for name, data in files.items():
                package.writestr(name, data)
    else:
        with tarfile.open(file, "w" if file.suffix == ".tar" else "w:gz") as package:
            for name, data in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(data)
                package.addfile(member, io.BytesIO(data))
    return file
