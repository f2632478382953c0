"""`project` writes what a run needs, from a checkout and from an installed wheel."""

import subprocess
import sys
from zipfile import ZipFile

import pytest

from spacy_nested_ner import project
from spacy_nested_ner.training import project as project_module
from spacy_nested_ner.training.library_wheel import build_wheel
from spacy_nested_ner.user_error import UserError
from tests.conftest import ROOT


def contents(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_the_files_are_those_of_the_repository(tmp_path):
    result = project(tmp_path / "new" / "nested")
    written = contents(tmp_path / "new" / "nested")
    assert written == {name: (ROOT / name).read_bytes() for name in written}
    assert sorted(written) == sorted(file.as_posix() for file in result.files)
    configs = {path.relative_to(ROOT).as_posix() for path in (ROOT / "configs").iterdir()}
    assert {"project.yml", *configs} <= {*written}
    for corpus in ("cmeee", "genia", "icem"):
        assert any(name.startswith(f"assets/{corpus}/sample/") for name in written)


def test_what_a_user_made_in_a_checkout_stays_there(tmp_path, monkeypatch):
    root = tmp_path / "checkout"
    project(root)
    expected = contents(root)
    for name in ("assets/genia/full", "assets/custom/mine", "training/mine"):
        (root / name).mkdir(parents=True)
        (root / name / "train.jsonl").write_text("{}")
    monkeypatch.setattr(project_module, "PACKAGE", root / "spacy_nested_ner")
    project(tmp_path / "nested")
    assert contents(tmp_path / "nested") == expected


def test_a_folder_in_use_is_refused_and_an_empty_one_is_not(tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "project.yml").write_text("mine")
    with pytest.raises(UserError, match=str(tmp_path / "mine")):
        project(tmp_path / "mine")
    assert contents(tmp_path) == {"mine/project.yml": b"mine"}
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    with pytest.raises(UserError, match=r"^\. "):
        project(".")
    monkeypatch.chdir(tmp_path)
    project("empty")
    assert (tmp_path / "empty" / "project.yml").is_file()


@pytest.mark.slow
def test_an_installed_wheel_writes_the_same_files(tmp_path):
    site = tmp_path / "site"
    with ZipFile(build_wheel(ROOT, tmp_path)) as wheel:
        wheel.extractall(site)
    code = """if True:
        import sys
        sys.path.insert(0, "site")
        from spacy_nested_ner import project
        project("installed")"""
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    project(tmp_path / "nested")
    assert contents(tmp_path / "installed") == contents(tmp_path / "nested")
    assert project_module.find_project() == ROOT
