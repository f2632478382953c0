"""The recipes of docs/usage.md run."""

import os
import subprocess
import sys

import pytest
import spacy
from spacy.tokens import DocBin
from spacy.util import load_model_from_config
from thinc.api import Config
from typer.testing import CliRunner

from spacy_nested_ner.cli import app
from tests.conftest import ROOT
from tests.docs.pages import blocks_of, commands_of
from tests.pipelines import make_examples, make_nlp, train

PAGE = ROOT / "docs" / "usage.md"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    nlp = make_nlp()
    examples = make_examples(nlp.vocab)
    train(nlp, examples, updates=30)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "training").mkdir()
    nlp.to_disk("training/model-best")
    (tmp_path / "corpus/mine").mkdir(parents=True)
    docs = [eg.reference for eg in examples]
    DocBin(docs=docs).to_disk("corpus/mine/test.spacy")
    return tmp_path


def test_the_code_of_the_page_runs_in_order(folder):
    names = {}
    for block in blocks_of(PAGE, "python"):
        exec(compile(block.text, "usage.md", "exec"), names)
    assert [len(doc) for doc in names["docs"]] == [5, 3]
    assert names["docs"][0].spans["sc"]
    assert "sc" in names["doc"].spans
    assert len(names["article"].spans["sc"]) == sum(len(d.spans["sc"]) for d in names["docs"])
    assert len(names["first"].spans["sc"]) == len(names["docs"][0].spans["sc"])
    weights = names["two"].config["training"]["score_weights"]
    assert "spans_sc_f" in weights  # until the pipes are initialised
    names["two"].initialize(lambda: make_examples_of(names["two"].vocab))
    weights = names["two"].config["training"]["score_weights"]
    assert {k: v for k, v in weights.items() if v} == {
        "spans_genes_f": 0.5,
        "spans_cells_f": 0.5,
    }


def make_examples_of(vocab):
    examples = make_examples(vocab)
    for eg in examples:
        for key in ("genes", "cells"):
            eg.reference.spans[key] = list(eg.reference.spans["sc"])
    return examples


def test_the_settings_of_the_page_are_settings_of_spacy(folder):
    source, training = (block.text for block in blocks_of(PAGE, "ini"))
    config = spacy.load("training/model-best").config
    assert set(Config().from_str(training)["training"]) <= set(config["training"])
    pipe = Config().from_str("[components]\n" + source)["components"]["nested_spancat"]
    config["components"] = {"nested_spancat": {**pipe, "replace_listeners": []}}
    nlp = load_model_from_config(config)
    assert nlp("ZED").spans["sc"]


def test_the_command_of_the_page_draws(folder):
    words = command_of("visualize")
    result = CliRunner().invoke(app, words[3:])
    assert result.exit_code == 0, result.output
    assert "ZED" in (folder / "spans.html").read_text(encoding="utf8")


def command_of(name):
    """The words of a command on the page."""
    (words,) = [
        w for w in commands_of(PAGE) if w[:4] == [*["python", "-m", "spacy_nested_ner"], name]
    ]
    return words


def test_the_command_of_the_page_writes_the_project(folder):
    result = CliRunner().invoke(app, command_of("project")[3:])
    assert result.exit_code == 0, result.output
    assert {"project.yml", "configs"} <= {
        path.name for path in (folder / "nested-ner").iterdir()
    }


@pytest.mark.slow
def test_the_wheels_of_the_page_install_without_an_index(folder):
    result = CliRunner().invoke(app, command_of("package")[3:])
    assert result.exit_code == 0, result.output
    (install,) = [w for w in commands_of(PAGE) if "pip" in w]
    site = folder / "site"
    # what the library requires is here already; the test installs into a folder of its own
    command = [sys.executable, *install[1:], "--no-deps", "--target", str(site)]
    subprocess.run(command, check=True)
    code = "import en_orders; print(len(en_orders.load()('ZED binds BRX').spans['sc']))"
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(run.stdout) > 0
