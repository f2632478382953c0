"""What is installed besides code."""

import subprocess
import sys
import tarfile

import pytest

from spacy_nested_ner.training.project import list_files
from tests.conftest import ROOT

PROJECT = "spacy_nested_ner/project_files"
IS_CODE = (".py", ".pyc")


def test_all_files_of_the_package_are_installed(tmp_path):
    """Style sheets and templates, and the files of the project."""
    command = [sys.executable, "setup.py", "-q", "build_py", "--build-lib", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    package = ROOT / "spacy_nested_ner"
    expected = {
        path.relative_to(ROOT).as_posix()
        for path in package.rglob("*")
        if path.is_file() and path.suffix not in IS_CODE
    }
    expected |= {f"{PROJECT}/{file.as_posix()}" for file in list_files(ROOT)}
    installed = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    assert {"spacy_nested_ner/rendering/style.css", "spacy_nested_ner/py.typed"} <= expected
    assert expected <= installed


@pytest.mark.slow
def test_a_wheel_can_be_built_from_the_source_archive(tmp_path):
    """MANIFEST.in names what setup.py copies."""
    elsewhere = ("egg_info", "--egg-base", tmp_path, "sdist", "--dist-dir", tmp_path)
    command = [sys.executable, "setup.py", "-q", *map(str, elsewhere)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as files:
        names = {name.partition("/")[2] for name in files.getnames()}
    assert {file.as_posix() for file in list_files(ROOT)} <= names
