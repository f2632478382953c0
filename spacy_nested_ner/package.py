"""From a trained pipeline to a file that pip installs."""

import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Tuple

from spacy.cli import package
from spacy.util import run_command

# As `spacy package --build wheel`, but without the network and the package build
BUILD = ("--no-deps", "--no-index", "--use-pep517", "--no-build-isolation", "--quiet")
REQUIREMENTS = "requirements.txt"
# pip takes it relative to the file that it stands in
FIND_LINKS = "--find-links ."


def make_package(pipeline: Path, out: Path) -> Path:
    """Build the wheel of a pipeline, and a requirements.txt that names it.

    `pip install -r` takes the latter, where a command cannot know the name of the former: it
    has the language and the version in it, en_nested_genia-0.1.0+sample-py3-none-any.whl.

    pipeline: Folder of a trained pipeline with name and version in its meta.
    out: Folder for both files. The wheel of another version in it stays.
    RETURNS: The wheel.
    RAISES (SystemExit): What `spacy package` or pip refuse; they say why.
    """
    with TemporaryDirectory() as folder:
        # not silent: then its errors would come with a traceback
        package(pipeline, Path(folder), create_sdist=False, require_parent=True, silent=False)
        (source,) = Path(folder).iterdir()
        wheels = Path(folder, "wheels")
        wheel_to = ["--wheel-dir", str(wheels), str(source)]
        run_command([sys.executable, "-m", "pip", "wheel", *BUILD, *wheel_to])
        (built,) = wheels.iterdir()
        out.mkdir(parents=True, exist_ok=True)
        wheel = Path(shutil.copy(built, out))
    name, version = name_and_version(wheel)
    requirement = f"{FIND_LINKS}\n{name}=={version}\n"
    (out / REQUIREMENTS).write_text(requirement, encoding="utf8")
    return wheel


def name_and_version(wheel: Path) -> Tuple[str, str]:
    """What the name of a wheel says."""
    name, version, *_ = wheel.name.split("-")
    return name, version
