"""The project: from a corpus to an installed package."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from weasel.util import load_project_config

from spacy_nested_ner import __version__
from tests.conftest import ROOT

FOLDERS = ("assets", "configs", "spacy_nested_ner")
# Of no consequence for what a step makes
NOT_DEPENDENCIES = {"__init__.py", "__main__.py", "cli", "colors.py", "config_errors.py"}


def python(*arguments, cwd: Path, **environment):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def project(tmp_path):
    """A copy of the project without what runs have made."""
    folder = tmp_path / "project"
    folder.mkdir()
    shutil.copy(ROOT / "project.yml", folder)
    for name in FOLDERS:
        ignored = shutil.ignore_patterns("__pycache__", "full")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    return folder


def test_all_makes_a_package_that_a_fresh_process_loads(project, tmp_path):
    site = tmp_path / "site"
    run = ("-m", "spacy", "project", "run", "all", ".", "--vars.epochs", "1")
    result = python(*run, "--vars.min_updates", "4", cwd=project, PIP_TARGET=str(site))
    assert result.returncode == 0, result.stdout + result.stderr
    metrics = json.loads((project / "metrics" / "genia-sample-tok2vec.json").read_text())
    assert set(metrics["spans_sc_per_type"]) == {
        "DNA",
        "RNA",
        "cell_line",
        "cell_type",
        "protein",
    }

    code = """if True:
    import json, spacy
    nlp = spacy.load("en_nested_genia")
    doc = nlp("A text that it never saw.")
    spans = doc.spans["sc"]
    print(json.dumps([nlp.meta, len(spans.attrs["scores"]) == len(spans)]))"""
    fresh = python("-c", code, cwd=tmp_path, PYTHONPATH=str(site))
    assert fresh.returncode == 0, fresh.stderr
    meta, has_scores = json.loads(fresh.stdout)
    assert has_scores
    assert meta["version"] == f"{__version__}+sample"
    assert meta["description"].startswith("DEMONSTRATION MODEL")
    assert meta["corpus"]["source"]["name"] == "genia-sample.xml"
    assert any(
        requirement.startswith("spacy-nested-ner") for requirement in meta["requirements"]
    )


def test_without_the_archive_one_sentence_says_how_to_fetch_it(project):
    run = ("-m", "spacy", "project", "run", "all", ".", "--vars.corpus", "full")
    result = python(*run, cwd=project)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "python -m spacy project assets" in result.stderr
    assert not any((project / "corpus").iterdir())


def outputs(project: Path, **settings):
    overrides = {f"vars.{name}": value for name, value in settings.items()}
    commands = load_project_config(project, overrides=overrides)["commands"]
    return {path for command in commands for path in command.get("outputs", [])}


def test_runs_that_differ_in_corpus_or_config_share_no_output(project):
    ours, stock = outputs(project), outputs(project, config="spancat")
    assert not ours & outputs(project, corpus="full")
    assert {Path(path).parts[0] for path in ours & stock} == {"corpus"}


def test_changed_code_runs_again_for_every_source_file_is_a_dependency(project):
    commands = load_project_config(project)["commands"]
    dependencies = {path for command in commands for path in command["deps"]}
    sources = {
        str(path.relative_to(project))
        for path in (project / "spacy_nested_ner").rglob("*.py")
        if not NOT_DEPENDENCIES & {path.name, path.parent.name}
    }
    assert sources == {path for path in dependencies if path.endswith(".py")}


def test_the_version_of_the_package_file_is_ours(project):
    assert load_project_config(project)["vars"]["version"] == __version__
