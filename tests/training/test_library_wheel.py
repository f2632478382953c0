"""The wheel of the library: built from a checkout, or packed from what pip installed."""

import subprocess
import sys
from importlib.metadata import PathDistribution
from zipfile import ZipFile

import pytest

from spacy_nested_ner.training import library_wheel
from spacy_nested_ner.training.library_wheel import build_wheel, pack_installed
from spacy_nested_ner.user_error import UserError
from tests.conftest import ROOT

PIP = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index")


def install(wheel, site):
    subprocess.run([*PIP, "--target", str(site), str(wheel)], check=True)


def contents(wheel):
    with ZipFile(wheel) as files:
        return {name: files.read(name) for name in files.namelist() if "RECORD" not in name}


@pytest.mark.slow
def test_an_installed_library_becomes_the_wheel_that_it_was_installed_from(tmp_path):
    before = {path.name for path in ROOT.iterdir()}
    wheel = build_wheel(ROOT, tmp_path)
    assert {path.name for path in ROOT.iterdir()} == before
    for name in ("project_files/project.yml", "py.typed", "rendering/style.css"):
        assert f"spacy_nested_ner/{name}" in contents(wheel)

    install(wheel, tmp_path / "site")
    (info,) = (tmp_path / "site").glob("*.dist-info")
    (tmp_path / "again").mkdir()
    again = pack_installed(PathDistribution(info), tmp_path / "again")
    assert again.name == wheel.name
    assert contents(again) == contents(wheel)
    # pip reads the RECORD of a wheel
    install(again, tmp_path / "other site")
    assert (tmp_path / "other site" / "spacy_nested_ner" / "about.py").is_file()


@pytest.mark.slow
def test_an_editable_install_shows_its_types_to_mypy(tmp_path):
    pytest.importorskip("mypy")
    environment = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    (site,) = environment.glob("lib/python*/site-packages")
    with ZipFile(build_wheel(ROOT, tmp_path, command="editable_wheel")) as wheel:
        wheel.extractall(site)
    code = "import spacy_nested_ner; reveal_type(spacy_nested_ner.package)"
    python = ("--python-executable", environment / "bin" / "python")
    found = subprocess.run(
        [sys.executable, "-m", "mypy", *python, "--ignore-missing-imports", "-c", code],
        cwd=tmp_path,
        env={"MYPY_CACHE_DIR": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
    )
    assert "name: str | None" in found.stdout
    assert "PackageResult" in found.stdout


def test_a_folder_that_is_no_checkout_is_refused(tmp_path, monkeypatch):
    with pytest.raises(UserError, match=str(tmp_path)):
        build_wheel(tmp_path, tmp_path)
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(library_wheel, "PACKAGE", tmp_path / "spacy_nested_ner")
    with pytest.raises(UserError, match=str(tmp_path)):
        library_wheel.make_library_wheel(tmp_path)
