"""The line on which the steps of a project depend changes with the package, and only then."""

import shutil
import subprocess
import sys

import pytest

from spacy_nested_ner.files.fingerprint import fingerprint
from tests.source_imports import PACKAGE


@pytest.fixture
def package(tmp_path):
    """A copy of the package, without what Python has compiled."""
    ignored = shutil.ignore_patterns("__pycache__")
    return shutil.copytree(PACKAGE, tmp_path / "package", ignore=ignored)


@pytest.mark.parametrize("file", ["losses/span_losses.py", "reporting/templates/page.css"])
def test_an_edited_file_changes_it(package, file):
    before = fingerprint(package)
    with (package / file).open("a", encoding="utf8") as edited:
        edited.write("\n")
    assert fingerprint(package) != before


def test_a_renamed_file_and_one_more_change_it(package):
    before = fingerprint(package)
    (package / "user_error.py").rename(package / "user_errors.py")
    renamed = fingerprint(package)
    (package / "empty.py").touch()
    assert len({before, renamed, fingerprint(package)}) == 3


def test_dates_folder_and_compiled_files_do_not_change_it(package):
    compiled = package / "losses" / "__pycache__"
    compiled.mkdir()
    (compiled / "span_losses.pyc").write_bytes(b"compiled")
    (package / "user_error.py").touch()
    assert fingerprint(package) == fingerprint()


def test_the_module_writes_it_without_loading_spacy(tmp_path):
    out = tmp_path / "project.fingerprint"
    command = ("-X", "importtime", "-m", "spacy_nested_ner.files.fingerprint", str(out))
    result = subprocess.run([sys.executable, *command], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert out.read_text(encoding="utf8") == f"{fingerprint()}\n"
    assert "spacy_nested_ner.files" in result.stderr
    assert "| spacy\n" not in result.stderr.replace("  ", "")
