"""Install the wheel of a pipeline with pip, but not over another pipeline of the same name."""

import csv
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path, PurePosixPath
from typing import Dict, Tuple
from zipfile import ZipFile

from spacy.util import run_command

from ..user_error import UserError
from .package import REQUIREMENTS, name_and_version

INSTALL = ("--no-deps", "--no-index", "--force-reinstall", "--quiet")


def install_wheel(folder: Path, *, force: bool = False) -> Tuple[Path, bool]:
    """Install the wheel that requirements.txt in the folder names, without the network and
    without dependencies.

    force: Replace an installed package of the same name, whatever it contains.
    RETURNS: Path of the wheel, and whether it was installed: False if the same package is
        installed already.
    RAISES (UserError): The folder has no package; a package of the same name is installed and
        differs, and `force` is False.
    RAISES (SystemExit): pip fails; it prints the reason.
    """
    wheel = find_wheel(folder)
    name, _ = name_and_version(wheel)
    try:
        installed = distribution(name)
    except PackageNotFoundError:
        installed = None
    if installed is not None and not force:
        hashes = wheel_hashes(wheel, name)
        if hashes and installed_hashes(installed, name) == hashes:
            return wheel, False
        raise UserError(
            f"{name} {installed.version} is installed and differs from {wheel.name}: replace "
            "it with --force, or package the pipeline with another --name."
        )
    run_command([sys.executable, "-m", "pip", "install", *INSTALL, str(wheel)])
    return wheel, True


def find_wheel(folder: Path) -> Path:
    """Find the wheel that requirements.txt in a folder of `package` names.

    RAISES (UserError): There is none.
    """
    requirements = folder / REQUIREMENTS
    if requirements.is_file():
        for line in requirements.read_text(encoding="utf8").splitlines():
            name, equals, version = line.partition("==")
            wheel = folder / f"{name}-{version}-py3-none-any.whl"
            if equals and wheel.is_file():
                return wheel
    raise UserError(
        f"{folder} has no package (no {REQUIREMENTS}, or not its wheel): give a folder that "
        "`package` wrote."
    )


def wheel_hashes(wheel: Path, name: str) -> Dict[str, str]:
    """SHA-256 of the files of a package, by path, as its wheel lists them."""
    with ZipFile(wheel) as files:
        (record,) = (file for file in files.namelist() if file.endswith(".dist-info/RECORD"))
        rows = csv.reader(files.read(record).decode("utf8").splitlines())
        return {
            path: digest for path, digest, _ in rows if PurePosixPath(path).parts[0] == name
        }


def installed_hashes(installed: Distribution, name: str) -> Dict[str, str]:
    """SHA-256 of the files of an installed package, by path, as pip lists them."""
    return {
        file.as_posix(): f"{file.hash.mode}={file.hash.value}"
        for file in installed.files or ()
        if file.parts[0] == name and file.hash is not None  # pip adds files without a hash
    }
