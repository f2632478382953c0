"""What is installed besides code."""

import subprocess
import sys

from tests.conftest import ROOT

IS_CODE = (".py", ".pyc")


def test_all_files_of_the_package_are_installed(tmp_path):
    """Style sheets and templates, too."""
    command = [sys.executable, "setup.py", "-q", "build_py", "--build-lib", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    package = ROOT / "spacy_nested_ner"
    expected = {
        path.relative_to(ROOT).as_posix()
        for path in package.rglob("*")
        if path.is_file() and path.suffix not in IS_CODE
    }
    installed = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    assert {"spacy_nested_ner/rendering/style.css", "spacy_nested_ner/py.typed"} <= expected
    assert expected <= installed
