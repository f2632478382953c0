"""Bars appear on a terminal, for commands, and only after some seconds."""

import io
import sys

import pytest
import spacy
from spacy.tokens import DocBin, Span

from spacy_nested_ner import evaluate, progress
from spacy_nested_ner.cli import main


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def open_terminal(monkeypatch):
    """Make stderr a terminal, in a process without bars. Not in the fixture itself: pytest sets
    stderr again before the test."""

    def open_terminal() -> Terminal:
        monkeypatch.setitem(progress._options, "shown", False)
        monkeypatch.setattr(progress, "DELAY", 0.0)
        terminal = Terminal()
        monkeypatch.setattr(sys, "stderr", terminal)
        return terminal

    return open_terminal


@pytest.fixture
def inputs(tmp_path):
    """Paths of a pipeline and of a corpus of seven documents."""
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("span_ruler", config={"spans_key": "sc"})
    ruler.add_patterns([{"label": "part", "pattern": "pump"}])
    nlp.to_disk(tmp_path / "pipeline")
    docs = [nlp.make_doc("the pump leaks") for _ in range(7)]
    for doc in docs:
        doc.spans["sc"] = [Span(doc, 1, 2, label="part")]
    DocBin(docs=docs).to_disk(tmp_path / "gold.spacy")
    return str(tmp_path / "pipeline"), str(tmp_path / "gold.spacy")


@pytest.fixture
def run(monkeypatch, inputs):
    def run(*words):
        arguments = ["spacy-nested-ner", *words, "evaluate", *inputs, "--n-resamples", "0"]
        monkeypatch.setattr(sys, "argv", arguments)
        with pytest.raises(SystemExit) as exit:
            main()
        assert exit.value.code == 0

    return run


def test_a_command_shows_a_bar_with_the_number_of_documents(open_terminal, run):
    stderr = open_terminal()
    run()
    assert "/7 " in stderr.getvalue()


def test_what_is_quick_shows_no_bar(open_terminal, run, monkeypatch):
    stderr = open_terminal()
    monkeypatch.setattr(progress, "DELAY", 600.0)
    run()
    assert stderr.getvalue() == ""


@pytest.mark.parametrize("case", ["quiet", "python", "no terminal"])
def test_there_is_no_bar_without_a_reader(open_terminal, run, inputs, monkeypatch, case):
    stderr = open_terminal()
    if case == "quiet":
        run("--quiet")
    elif case == "python":
        evaluate(*inputs, n_resamples=0)
    else:
        monkeypatch.setattr(stderr, "isatty", lambda: False)
        run()
    assert stderr.getvalue() == ""


def test_items_pass_in_their_order():
    assert list(progress.progress(iter("abc"), total=3, unit="letters")) == ["a", "b", "c"]
