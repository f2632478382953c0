"""What docs/report.md shows is so."""

import re

import pytest
import spacy
from typer.main import get_command

from spacy_nested_ner.cli import app
from spacy_nested_ner.reporting.mistakes import KINDS, MAX_LABELS
from spacy_nested_ner.reporting.page import N_DOCUMENTS
from spacy_nested_ner.reporting.plots.bars import MAX_ROWS
from spacy_nested_ner.reporting.plots.curves import MAX_PANELS
from tests.cli.test_report import write_docs
from tests.conftest import ROOT
from tests.pipelines import make_examples, make_nlp

DOCS = (ROOT / "docs" / "report.md").read_text(encoding="utf8")


def test_the_table_has_every_option():
    options = {
        name
        for parameter in get_command(app).commands["report"].params
        for name in parameter.opts
        if name.startswith("--")
    }
    rows = re.findall(r"^\| (`--.*?`) \|", DOCS, flags=re.M)
    assert set(re.findall(r"`(--[\w-]+)`", " ".join(rows))) == options - {"--help"}
    (row,) = (row for row in DOCS.splitlines() if row.startswith("| `--documents`"))
    assert re.findall(r"\d+", row) == [str(N_DOCUMENTS)]


def test_limits_of_the_plots_are_those_of_the_page():
    (labels,) = re.findall(r"\*\*Labels\.\*\*(.*?)\n\n", DOCS, flags=re.S)
    assert re.findall(r"\b\d+", labels) == [str(n) for n in (MAX_ROWS, MAX_PANELS, MAX_LABELS)]


def test_judgements_are_those_of_the_page():
    named = set(re.findall(r"\*([a-z ]+)\*", DOCS.replace("**", "")))
    assert named
    assert named <= set(KINDS.values())


def test_python_runs(tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    nlp = make_nlp(threshold=0.0)
    nlp.initialize(lambda: make_examples(nlp.vocab))
    monkeypatch.setattr(spacy, "load", lambda name: nlp)
    monkeypatch.chdir(tmp_path)
    write_docs(tmp_path / "test.spacy")
    (code,) = re.findall(r"^```python\n(.*?)^```", DOCS, flags=re.M | re.S)
    exec(compile(code, "report.md", "exec"), {})
    assert "<title>" in (tmp_path / "report.html").read_text(encoding="utf8")
