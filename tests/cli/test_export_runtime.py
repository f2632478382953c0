"""`export --runtime`: options that go together, and what the wheel of the result requires."""

import sys

import pytest

from spacy_nested_ner.about import __version__
from spacy_nested_ner.cli import main
from spacy_nested_ner.training.package import find_requirements


def run(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", ["spacy-nested-ner", "export", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ((), "--format"),
        (("--precision", "int8"), "--runtime"),
        (("--runtime", "onnx", "--format", "csv"), "csv"),
        (("--runtime", "onnx", "--texts", "new.txt"), "new.txt"),
        (("--runtime", "onnx", "--spans-key", "mine"), "mine"),
        (("--runtime", "tea"), "tea"),
        (("--runtime", "onnx", "--precision", "int2"), "int2"),
    ],
)
def test_options_that_do_not_go_together(monkeypatch, capsys, tmp_path, options, named):
    out = tmp_path / "out"
    code, error = run(monkeypatch, capsys, "no pipeline", str(out), *options)
    assert code == 1
    assert named in error
    assert len(error.strip().splitlines()) == 1
    assert not out.exists()


def test_the_requirements_name_the_extra(tmp_path):
    config = '[components.a.model]\n@architectures = "spacy_nested_ner.OnnxEncoder.v1"\n'
    (tmp_path / "config.cfg").write_text(config)
    assert find_requirements(tmp_path) == [f"spacy-nested-ner[onnx]>={__version__}"]
