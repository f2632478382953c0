"""No command writes over an input or into an input folder; a failed write changes nothing."""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Dict, List

import pytest
import spacy
from spacy.tokens import DocBin, Span

from spacy_nested_ner.cli import main
from tests.conftest import ROOT

CONFIG = ROOT / "configs" / "tok2vec.cfg"


def write_docs(path: Path) -> None:
    nlp = spacy.blank("en")
    docs = []
    for number in range(3):
        doc = nlp("ZED binds here")
        doc.spans["sc"] = [Span(doc, 0, 1, label="protein")]
        doc.user_data.update(id=f"{path.stem}:{number}", document=f"{path.stem}:{number}")
        docs.append(doc)
    DocBin(docs=docs, store_user_data=True).to_disk(path)


def fill(folder: Path) -> None:
    """Inputs of every kind."""
    (folder / "source").mkdir()
    (folder / "corpus").mkdir()
    for part in ("train", "dev", "test"):
        write_docs(folder / "source" / f"{part}.spacy")
        write_docs(folder / "corpus" / f"{part}.spacy")
    nlp = spacy.blank("en", meta={"name": "rules", "version": "1.2.3"})
    ruler = nlp.add_pipe("span_ruler", config={"spans_key": "sc"})
    ruler.add_patterns([{"label": "protein", "pattern": "ZED"}])
    nlp.to_disk(folder / "pipeline")
    (folder / "config.cfg").write_bytes(CONFIG.read_bytes())
    (folder / "texts.txt").write_text("ZED binds here\n")
    (folder / "metrics").mkdir()
    for name in ("a.json", "requirements.txt"):
        (folder / "metrics" / name).write_text("{}")
    (folder / "corpus" / "report.json").write_text(json.dumps({"parts": {}}))


# The words of each command, OUT where the output stands, and its inputs.
TEST = "corpus/test.spacy"
ON_CORPUS = ["pipeline", TEST, "--train", "corpus/train.spacy"]
DOCBIN = ["--format", "docbin", "--language", "en"]
HELD_OUT = ["--held-out", TEST]
COMMANDS: Dict[str, Dict[str, List[str]]] = {
    "convert": {
        "words": ["custom", "source", "OUT", *DOCBIN],
        "inputs": ["source"],
    },
    "convert a file": {
        "words": ["custom", "source/train.spacy", "OUT", *DOCBIN],
        "inputs": ["source"],
    },
    "inspect": {
        "words": ["corpus/train.spacy", *("--dev", "corpus/dev.spacy"), *("--output", "OUT")],
        "inputs": ["corpus/train.spacy", "corpus/dev.spacy", "corpus/report.json"],
    },
    "inspect with a pipeline": {
        "words": ["corpus/train.spacy", *("--pipeline", "pipeline"), *("--output", "OUT")],
        "inputs": ["pipeline", "pipeline/meta.json"],
    },
    "configure": {
        "words": ["config.cfg", "corpus", "OUT"],
        "inputs": ["config.cfg", "corpus", "corpus/report.json", "corpus/train.spacy"],
    },
    "evaluate": {
        "words": [*ON_CORPUS, "--output", "OUT"],
        "inputs": ["pipeline", "pipeline/meta.json", TEST, "corpus/train.spacy"],
    },
    "compare": {
        "words": ["metrics/a.json", "metrics/a.json", "--output", "OUT"],
        "inputs": ["metrics/a.json"],
    },
    "compare on a corpus": {
        "words": ["pipeline", "pipeline", "--corpus", TEST, "--output", "OUT"],
        "inputs": ["pipeline", "pipeline/meta.json", TEST],
    },
    "calibrate": {
        "words": ["pipeline", "corpus/dev.spacy", "OUT", "--held-out", TEST],
        "inputs": ["pipeline", "corpus/dev.spacy", TEST],
    },
    "calibrate with numbers": {
        "words": ["pipeline", "corpus/dev.spacy", "new", *HELD_OUT, "--output", "OUT"],
        "inputs": ["pipeline", "pipeline/meta.json", "corpus/dev.spacy", TEST],
    },
    "report": {
        "words": ["pipeline", TEST, "OUT", "--train", "corpus/train.spacy"],
        "inputs": ["pipeline", "pipeline/meta.json", TEST, "corpus/train.spacy"],
    },
    "visualize": {
        "words": ["pipeline", "--file", "texts.txt", "--output", "OUT"],
        "inputs": ["pipeline", "pipeline/meta.json", "texts.txt"],
    },
    "visualize a file": {
        "words": ["pipeline", "texts.txt", "--output", "OUT"],
        "inputs": ["texts.txt"],
    },
    "annotate": {
        "words": ["pipeline", "texts.txt", "OUT"],
        "inputs": ["pipeline", "pipeline/meta.json", "texts.txt"],
    },
    "export": {
        "words": ["pipeline", "OUT", *("--format", "jsonl"), *("--texts", "texts.txt")],
        "inputs": ["pipeline", "pipeline/meta.json", "texts.txt"],
    },
    "export a corpus as a folder": {
        "words": [TEST, "OUT", *("--format", "brat")],
        "inputs": [TEST],
    },
    "suggest": {
        "words": [
            *("pipeline", "texts.txt", "OUT"),
            *("--format", "jsonl", "--annotated", "corpus/train.spacy"),
        ],
        "inputs": ["pipeline", "pipeline/meta.json", "texts.txt", "corpus/train.spacy"],
    },
    "package": {
        "words": ["pipeline", "OUT"],
        "inputs": ["pipeline"],
    },
    "package with an evaluation": {
        "words": ["pipeline", "OUT", "--evaluation", "metrics/requirements.txt"],
        "inputs": ["metrics"],
    },
}
CASES = [(command, place) for command, case in COMMANDS.items() for place in case["inputs"]]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("inputs")
    fill(folder)
    return folder


@pytest.fixture
def folder(inputs, tmp_path, monkeypatch) -> Path:
    shutil.copytree(inputs, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(monkeypatch, capsys):
    """Run a command and return (exit code, stderr)."""

    def run(command: str, out: str):
        words = [out if word == "OUT" else word for word in COMMANDS[command]["words"]]
        monkeypatch.setattr(sys, "argv", ["spacy-nested-ner", command.split()[0], *words])
        with pytest.raises(SystemExit) as exit:
            main()
        return exit.value.code, capsys.readouterr().err

    return run


def contents(folder: Path) -> Dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def outputs_at(place: Path) -> List[str]:
    """Names under which an input can be reached, and places in it if it is a folder."""
    link = Path(f"{place}-link".replace("/", "-"))
    link.symlink_to(place.resolve())
    names = [str(place), str(place.resolve()), str(link)]
    if place.is_dir():
        names += [str(place / "new"), str(link / "new")]
    elif place.parts[0] != "pipeline":
        # a move replaces a name, so the file that a pipeline holds keeps its bytes
        hard = Path(f"{place}-hard".replace("/", "-"))
        os.link(place, hard)
        names.append(str(hard))
    return names


@pytest.mark.parametrize(("command", "place"), CASES)
def test_an_output_that_is_an_input_or_lies_in_one_is_refused(folder, run, command, place):
    names = outputs_at(Path(place))
    if command == "convert a file":
        names = [name for name in names if not name.endswith("new")]
    if command == "package with an evaluation":
        names = names[:3]
    before = contents(folder)
    for out in names:
        code, err = run(command, out)
        assert code in (1, 2), out  # 2: not the kind of place that the command writes to
        assert err.strip(), out
        if code == 1:
            assert err.startswith("Error: "), out
            assert err.count("\n") == 1, out
        assert contents(folder) == before, out


def test_every_command_is_here():
    from spacy_nested_ner.cli import COMMANDS as known

    # `install` leaves writing to pip, `project` reads nothing that a user gives, `serve` writes
    # no file
    others = {"install", "project", "serve"}
    assert {command.split()[0] for command in COMMANDS} == {*known} - others


@pytest.mark.parametrize(
    "command", ["convert", "inspect", "evaluate", "compare on a corpus", "visualize"]
)
def test_a_write_that_fails_leaves_what_was_there(folder, run, monkeypatch, command):
    out = "out" if command == "convert" else "out.txt"
    assert run(command, out)[0] == 0
    before = contents(folder)
    replace = os.replace

    def fail_late(source, target):
        """Only the last file of several."""
        if Path(target).name in ("report.json", "out.txt"):
            raise OSError(28, os.strerror(28))
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail_late)
        code, err = run(command, out)
    assert code == 1
    assert os.strerror(28) in err
    assert contents(folder) == before
    assert not list(folder.rglob(".writing-*"))


@pytest.mark.parametrize("command", ["convert", "evaluate"])
def test_a_write_that_fails_leaves_no_new_folder(folder, run, monkeypatch, command):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    code, _ = run(command, "new/folder/out")
    assert code == 1
    assert not Path("new").exists()


def test_a_device_is_no_place_for_a_file(folder, run):
    code, err = run("visualize", "/dev/null")
    assert code == 1
    assert "/dev/null" in err
    assert not Path("/dev/null").is_file()
