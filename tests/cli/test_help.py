"""Every command answers --help at once, with an example that it understands."""

import shlex
import subprocess
import sys

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from spacy_nested_ner import __version__
from spacy_nested_ner.cli import COMMANDS, app
from spacy_nested_ner.corpus.conversion.alignment import ALIGN
from spacy_nested_ner.corpus.conversion.splits import SPLITS
from spacy_nested_ner.corpus.recipes import RECIPES
from spacy_nested_ner.corpus.tokenizers import TOKENIZERS


def help_of(*words: str) -> str:
    result = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_help_ends_with_an_example_that_parses(name, tmp_path, monkeypatch):
    _, example = COMMANDS[name]
    assert help_of(name).endswith(f"python -m spacy_nested_ner {name} {example}")
    monkeypatch.chdir(tmp_path)
    for folder in ("training/mine/model-best", "configs", "packages/mine"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "configs" / "tok2vec.cfg").touch()
    command = get_command(app).commands[name]
    command.make_context(name, shlex.split(example))


@pytest.mark.parametrize("name", COMMANDS)
def test_what_commands_share_has_one_name(name):
    options = {o for p in get_command(app).commands[name].params for o in p.opts}
    runs_a_pipeline = {
        "evaluate",
        "compare",
        "calibrate",
        "report",
        "visualize",
        "serve",
        "export",
        "suggest",
    }
    assert ("--gpu-id" in options) == (name in runs_a_pipeline)
    assert ("--n-resamples" in options) == (name in {"evaluate", "compare", "report"})
    has_key = {"convert", "inspect", "annotate", *(runs_a_pipeline - {"calibrate"})}
    assert ("--spans-key" in options) == (name in has_key)
    on_terminal = {"inspect", "evaluate", "compare", "calibrate", "visualize"}
    assert ("--output" in options) == (name in on_terminal)


def test_convert_names_every_choice():
    text = help_of("convert")
    for names in (RECIPES, SPLITS, ALIGN, TOKENIZERS):
        assert ", ".join(names) in text


def test_version():
    assert CliRunner().invoke(app, ["--version"]).output.split()[-1] == __version__


def test_help_imports_nothing_heavy():
    code = """if True:
        import sys
        sys.argv = ["spacy-nested-ner", *sys.argv[1:]]
        try:
            from spacy_nested_ner.cli import main
            main()
        except SystemExit:
            pass
        print([name for name in ("torch", "thinc", "spacy", "numpy") if name in sys.modules])"""
    for words in ([], ["evaluate"], ["convert"]):
        result = subprocess.run(
            [sys.executable, "-c", code, *words, "--help"], capture_output=True, text=True
        )
        assert result.stdout.splitlines()[-1] == "[]", result.stderr
