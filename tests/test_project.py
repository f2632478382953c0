"""The project: from a corpus to an installed package."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import srsly
from weasel.cli.run import check_rerun, update_lockfile
from weasel.util import load_project_config
from weasel.util.commands import split_command

from spacy_nested_ner import __version__
from spacy_nested_ner.corpus.recipes import RECIPES
from spacy_nested_ner.training.project import write_project
from spacy_nested_ner.training.updates import EPOCHS, MIN_UPDATES
from tests.conftest import ROOT

FINGERPRINT = "project.fingerprint"
GENIA = {"DNA", "RNA", "cell_line", "cell_type", "protein"}
CMEEE = {"bod", "dep", "dis", "dru", "equ", "ite", "mic", "pro", "sym"}
N_ICEM = 26
CUSTOM = {"dataset": "custom", "format": "jsonl", "language": "en"}


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
    # what `python -m spacy project` runs, without the time that the import of spaCy takes
    command = ("-m", "weasel", "run", workflow, ".", *map(str, variables))
    return python(*command, cwd=project, PIP_TARGET=str(site))


@pytest.fixture
def project(tmp_path):
    """As `python -m spacy_nested_ner project` writes it."""
    write_project(tmp_path / "project")
    return tmp_path / "project"


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("package", "labels", "text", "n_tokens"),
    [
        ("en_nested_genia_tok2vec", GENIA, "A text that it never saw.", 7),
        ("zh_nested_cmeee_tok2vec", CMEEE, "患儿腹痛3天。", 7),
        ("en_nested_icem_tok2vec", N_ICEM, "No fault found.", 4),
    ],
)
def test_all_makes_a_package_that_a_fresh_process_loads(
    project, tmp_path, package, labels, text, n_tokens
):
    dataset = package.split("_")[2]
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


@pytest.mark.slow
def test_a_corpus_of_ones_own_takes_format_and_language_from_variables(project, tmp_path):
    mine = project / "assets" / "custom" / "mine"
    mine.mkdir(parents=True)
    for part in ("train", "dev", "test"):
        spans = [{"start": 0, "end": 5, "label": "boat"}]
        line = json.dumps({"text": "Båden sejler.", "spans": spans, "id": part})
        (mine / f"{part}.jsonl").write_text(line, encoding="utf8")
    settings = {"dataset": "custom", "corpus": "mine", "format": "jsonl", "language": "da"}
    arguments = {**settings, "tokenizer": "language", "align": "expand"}
    result = run_project(project, "corpus", site=tmp_path, **arguments)
    assert result.returncode == 0, result.stdout + result.stderr
    report = json.loads((project / "corpus" / "custom-mine" / "report.json").read_text())
    assert {name: report[name] for name in arguments if name in report} == {
        **{name: arguments[name] for name in ("dataset", "format", "language", "align")},
        "corpus": "custom",
        "tokenizer": "spacy.Tokenizer.v1",
    }
    assert report["split"] == "published"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"corpus": "full"}, "python -m spacy project assets"),
        ({"dataset": "gena"}, "'gena'"),
        ({"dataset": "custom"}, "assets/custom/sample has no file"),
        ({**CUSTOM, "corpus": "mine"}, "assets/custom/mine has no .jsonl"),
        (CUSTOM, "--vars.corpus mine"),
    ],
    ids=["full", "gena", "custom", "mine", "mine elsewhere"],
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


# weasel's own function would make the folders of the project here
PROJECT = srsly.read_yaml(ROOT / "project.yml")
COMMANDS = PROJECT["commands"]


def test_every_step_that_runs_our_code_runs_again_when_the_code_has_changed():
    ours = [c for c in COMMANDS if any("spacy_nested_ner " in line for line in c["script"])]
    # `install` compares the package with the installed one each time
    ours = [c for c in ours if not c["name"].startswith("install")]
    assert len(ours) == 6
    for command in ours:
        assert FINGERPRINT in command["deps"], command["name"]
        assert command["outputs"], "weasel runs a command without outputs every time"
        using = [steps for steps in PROJECT["workflows"].values() if command["name"] in steps]
        assert len(using) == 2
        assert all(steps[0] == "fingerprint" for steps in using)


def weasel(project: Path, **settings):
    """The steps of `all` as weasel sees them with these variables."""
    overrides = {f"vars.{name}": value for name, value in settings.items()}
    config = load_project_config(project, overrides=overrides)
    commands = {command["name"]: command for command in config["commands"]}
    steps = [commands[name] for name in config["workflows"]["all"]]
    return [step for step in steps if step.get("outputs")]


def pretend_to_run(project: Path, steps):
    """Write what the steps write, and what weasel notes about it."""
    (project / FINGERPRINT).write_text("as installed", encoding="utf8")
    for step in steps:
        for output in step["outputs"]:
            (project / output).parent.mkdir(parents=True, exist_ok=True)
            (project / output).write_text(output, encoding="utf8")
        update_lockfile(project, step)


def names_to_run(project: Path, steps):
    return [step["name"].split()[0] for step in steps if check_rerun(project, step)]


def test_nothing_runs_again_after_a_run_of_another_corpus_or_config(project):
    first, others = (
        weasel(project),
        (weasel(project, dataset="cmeee"), weasel(project, config="spancat")),
    )
    for steps in (first, *others):
        pretend_to_run(project, steps)
    for steps in (first, *others):
        assert names_to_run(project, steps) == []


def test_other_settings_train_again(project):
    pretend_to_run(project, weasel(project))
    for settings in ({"seed": 1}, {"settings": " --set training.dropout=0.5"}):
        assert names_to_run(project, weasel(project, **settings)) == ["train"]


def test_another_version_of_the_package_runs_every_step_again(project):
    steps = weasel(project)
    pretend_to_run(project, steps)
    (project / FINGERPRINT).write_text("upgraded", encoding="utf8")
    assert names_to_run(project, steps) == [
        "corpus",
        "inspect",
        "train",
        "evaluate",
        "package",
        "report",
    ]


def test_settings_reach_configure_from_the_command_line(project, tmp_path):
    options = "--set training.dropout=0.5 --set training.patience=900"
    dry = ("run", "train", ".", "--dry", "--vars.settings", f" {options}")
    result = python("-m", "weasel", *dry, cwd=project)
    assert f"--encoder recipe {options}\n" in result.stdout


def test_variables_of_the_package_reach_it_with_their_blanks():
    given = {"name": "nested_pumps", "version": "1.2.0", "author": "A. O'Person"}
    overrides = {f"vars.{name}": value for name, value in given.items()}
    commands = load_project_config(ROOT, overrides=overrides)["commands"]
    (line,) = (c["script"][0] for c in commands if c["name"].startswith("package "))
    words = split_command(line)
    for name in ("name", "version", "author", "license", "description"):
        assert words[words.index(f"--{name}") + 1] == given.get(name, "")


def test_it_plans_the_updates_that_configure_plans():
    planned = {name: PROJECT["vars"][name] for name in ("epochs", "min_updates")}
    assert planned == {"epochs": EPOCHS, "min_updates": MIN_UPDATES}


def test_the_page_is_the_last_thing_that_all_makes():
    *_, last = PROJECT["workflows"]["all"]
    (command,) = (command for command in COMMANDS if command["name"] == last)
    assert command["outputs"] == ["reports/${vars.run}.html"]


def test_the_datasets_and_files_that_it_names_are_there():
    text = (ROOT / "project.yml").read_text(encoding="utf8")
    *names, last = RECIPES
    assert f"A recipe: {', '.join(names)} or {last}\n" in text
    for dataset in ("genia", "cmeee", "icem"):
        assert any((ROOT / "assets" / dataset / "sample").iterdir())
    assert (ROOT / "docs" / "corpora.md").is_file()
