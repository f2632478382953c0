"""The project: from a corpus to an installed package."""

import json
import os
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest
import srsly
from weasel.util import load_project_config

from spacy_nested_ner import __version__
from spacy_nested_ner.corpus.recipes import RECIPES
from tests.conftest import ROOT
from tests.source_imports import PACKAGE, find_needed

FOLDERS = ("assets", "configs", "spacy_nested_ner")
# Of no consequence for what a step makes
NOT_DEPENDENCIES = {
    *(PACKAGE / name for name in ("__init__.py", "__main__.py", "config_errors.py")),
    *(PACKAGE / "corpus" / name for name in ("__init__.py", "colors.py")),
    *(PACKAGE / name / "__init__.py" for name in ("evaluation", "model", "report")),
    *(PACKAGE / "cli").glob("*.py"),
}
# Commands that are no step
NOT_STEPS = ("calibrate", "compare", "visualize")
GENIA = {"DNA", "RNA", "cell_line", "cell_type", "protein"}
CMEEE = {"bod", "dep", "dis", "dru", "equ", "ite", "mic", "pro", "sym"}
N_ICEM = 26


def python(*arguments, cwd: Path, **environment):
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
    )


def run_project(project: Path, workflow: str, *, site: Path, **settings):
    """Run it with few updates and install into a folder of its own."""
    settings = {"epochs": 1, "min_updates": 4, **settings}
    variables = [text for name, value in settings.items() for text in (f"--vars.{name}", value)]
    command = ("-m", "spacy", "project", "run", workflow, ".", *map(str, variables))
    return python(*command, cwd=project, PIP_TARGET=str(site))


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


@pytest.mark.parametrize(
    ("package", "labels", "text", "n_tokens"),
    [
        ("en_nested_genia", GENIA, "A text that it never saw.", 7),
        ("zh_nested_cmeee", CMEEE, "患儿腹痛3天。", 7),
        pytest.param("en_nested_icem", N_ICEM, "No fault found.", 4, marks=pytest.mark.slow),
    ],
)
def test_all_makes_a_package_that_a_fresh_process_loads(
    project, tmp_path, package, labels, text, n_tokens
):
    dataset = package.rpartition("_")[2]
    result = run_project(project, "all", site=tmp_path / "site", dataset=dataset)
    assert result.returncode == 0, result.stdout + result.stderr
    folder = project / "corpus" / f"{dataset}-sample"
    inspection = json.loads((folder / "inspection.json").read_text(encoding="utf8"))
    assert list(inspection["overlap"]) == [
        f"corpus/{dataset}-sample/{part}.spacy" for part in ("dev", "test")
    ]
    metrics = project / "metrics" / f"{dataset}-sample-tok2vec.json"
    results = json.loads(metrics.read_text(encoding="utf8"))
    scored = set(results["spans_sc_per_type"])
    page = project / "reports" / f"{dataset}-sample-tok2vec.html"
    assert f"<title>{package} {__version__}+sample on " in page.read_text(encoding="utf8")

    code = f"""if True:
    import json, spacy
    nlp = spacy.load("{package}")
    doc = nlp("{text}")
    spans = doc.spans["sc"]
    labels = sorted(nlp.get_pipe("nested_spancat").labels)
    has_scores = len(spans.attrs["scores"]) == len(spans)
    print(json.dumps([nlp.meta, labels, len(doc), has_scores]))"""
    fresh = python("-c", code, cwd=tmp_path, PYTHONPATH=str(tmp_path / "site"))
    assert fresh.returncode == 0, fresh.stderr
    meta, learned, length, has_scores = json.loads(fresh.stdout)
    assert has_scores
    assert length == n_tokens
    assert scored <= set(learned)
    assert labels in (len(learned), set(learned))
    assert f"{meta['lang']}_{meta['name']}" == package
    assert meta["version"] == f"{__version__}+sample"
    assert meta["description"].startswith("DEMONSTRATION MODEL")
    assert meta["corpus"]["dataset"] == dataset
    assert any(
        requirement.startswith("spacy-nested-ner") for requirement in meta["requirements"]
    )


def test_a_corpus_of_ones_own_takes_format_and_language_from_variables(project, tmp_path):
    full = project / "assets" / "custom" / "full"
    full.mkdir(parents=True)
    for part in ("train", "dev", "test"):
        spans = [{"start": 0, "end": 5, "label": "boat"}]
        line = json.dumps({"text": "Båden sejler.", "spans": spans, "id": part})
        (full / f"{part}.jsonl").write_text(line, encoding="utf8")
    settings = {"dataset": "custom", "corpus": "full", "format": "jsonl", "language": "da"}
    arguments = {**settings, "tokenizer": "language", "align": "expand"}
    result = run_project(project, "corpus", site=tmp_path, **arguments)
    assert result.returncode == 0, result.stdout + result.stderr
    report = json.loads((project / "corpus" / "custom-full" / "report.json").read_text())
    assert {name: report[name] for name in arguments if name in report} == {
        **{name: arguments[name] for name in ("dataset", "format", "language", "align")},
        "corpus": "custom",
        "tokenizer": "spacy.Tokenizer.v1",
    }
    assert report["split"] == "published"


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"corpus": "full"}, "python -m spacy project assets"),
        ({"dataset": "gena"}, "Unknown dataset 'gena': choose one of genia, "),
        ({"dataset": "custom"}, "Dataset 'custom' comes in any format and language"),
    ],
    ids=["full", "gena", "custom"],
)
def test_what_cannot_be_converted_is_one_sentence_that_says_what_to_do(
    project, tmp_path, settings, sentence
):
    result = run_project(project, "all", site=tmp_path, **settings)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert sentence in result.stderr
    assert not any((project / "corpus").iterdir())


def outputs(project: Path, **settings):
    overrides = {f"vars.{name}": value for name, value in settings.items()}
    commands = load_project_config(project, overrides=overrides)["commands"]
    return {path for command in commands for path in command.get("outputs", [])}


def test_runs_that_differ_in_corpus_or_config_share_no_output(project):
    ours, stock = outputs(project), outputs(project, config="spancat")
    assert not ours & outputs(project, corpus="full")
    assert not ours & outputs(project, dataset="cmeee")
    assert {Path(path).parts[0] for path in ours & stock} == {"corpus"}


def entry_points(*groups: str):
    """The files with the functions that are registered in some groups."""
    return {
        ROOT.joinpath(*point.module.split(".")).with_suffix(".py")
        for point in distribution("spacy-nested-ner").entry_points
        if point.group.startswith(groups)
    }


# weasel's own function would make the folders of the project here
COMMANDS = srsly.read_yaml(ROOT / "project.yml")["commands"]
# Where each step begins, and what spaCy or we find by name
BEGINNINGS = {
    "corpus": {
        PACKAGE / "cli" / "convert.py",
        *entry_points("spacy_nested_ner_corpus_readers"),
    },
    "inspect": {PACKAGE / "cli" / "inspect.py"},
    "train": {
        PACKAGE / "cli" / "configure.py",
        *entry_points("spacy_", "thinc_") - entry_points("spacy_nested_ner_corpus_readers"),
    },
    "package": {PACKAGE / "cli" / "package.py"},
    "install": set(),
    # and what train made, which has its code among the dependencies of train
    "evaluate": {PACKAGE / "cli" / "evaluate.py"},
    "report": {PACKAGE / "cli" / "report.py"},
}


@pytest.mark.parametrize("step", BEGINNINGS)
def test_changed_code_runs_again_for_every_source_file_is_a_dependency(step):
    (command,) = (command for command in COMMANDS if command["name"] == step)
    needed = find_needed(BEGINNINGS[step]) - NOT_DEPENDENCIES
    assert {ROOT / path for path in command["deps"] if path.endswith(".py")} == needed


def test_no_step_was_forgotten_and_no_source_file():
    assert {command["name"] for command in COMMANDS} == set(BEGINNINGS)
    dependencies = {ROOT / path for command in COMMANDS for path in command["deps"]}
    others = find_needed(PACKAGE / "cli" / f"{name}.py" for name in NOT_STEPS)
    assert set(PACKAGE.rglob("*.py")) - NOT_DEPENDENCIES - others <= dependencies
    templates = {path for path in PACKAGE.rglob("templates/*") if path.is_file()}
    assert templates
    assert templates <= dependencies


def test_the_page_is_the_last_thing_that_all_makes():
    text = (ROOT / "project.yml").read_text(encoding="utf8")
    *_, last = srsly.yaml_loads(text)["workflows"]["all"]
    (command,) = (command for command in COMMANDS if command["name"] == last)
    assert command["outputs"] == ["reports/${vars.run}.html"]


def test_the_datasets_and_files_that_it_names_are_there():
    text = (ROOT / "project.yml").read_text(encoding="utf8")
    *names, last = RECIPES
    assert f"A recipe: {', '.join(names)} or {last}\n" in text
    for dataset in ("genia", "cmeee", "icem"):
        assert any((ROOT / "assets" / dataset / "sample").iterdir())
    assert (ROOT / "docs" / "corpora.md").is_file()
