"""What is on the disk after a program was killed, interrupted or out of space at one of its
changes of files, for each of them."""

import os
from functools import partial

import pytest

from benchmarks.file_faults import count_changes, run_with_fault
from spacy_nested_ner.files.writing import (
    replace_folder,
    write_files,
    write_folder,
    write_text,
)

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
LEFT = ".writing-"


def save(text, folder):
    folder.mkdir()
    for name in ("cfg", "model"):
        (folder / name).write_text(text)


def read(folder):
    """Texts by path, and whether there is a temporary folder."""
    texts, is_left = {}, False
    for path in folder.rglob("*"):
        place = path.relative_to(folder).as_posix()
        if LEFT in place:
            is_left = True
        elif path.is_file():
            texts[place] = path.read_text()
        elif not any(path.iterdir()):
            texts[place] = "empty"
    return texts, is_left


def files(text):
    return {"a": text, "b": text, "report": text}


WRITES = {
    "a file": lambda folder: write_text(folder / "a", "new"),
    "files": lambda folder: write_files(folder, dict.fromkeys(("a", "b", "report"), b"new")),
    "a new folder": lambda folder: write_folder(folder / "x" / "y", partial(save, "new")),
    "a folder": lambda folder: replace_folder(folder / "a", partial(save, "new")),
}
FOLDER = {"a/cfg": "new", "a/model": "new"}
# before and after
STATES = {
    "a file": ({"a": "old"}, {"a": "new"}),
    "files": (files("old"), files("new")),
    "a new folder": ({}, {"x/y/cfg": "new", "x/y/model": "new"}),
    "a folder": (dict.fromkeys(FOLDER, "old"), FOLDER),
}
CASES = [(what, kind) for what in WRITES for kind in ("kill", "interrupt", "full")]


def lay_out(folder, texts):
    folder.mkdir()
    for place, text in texts.items():
        (folder / place).parent.mkdir(exist_ok=True)
        (folder / place).write_text(text)


@pytest.mark.parametrize(("what", "kind"), CASES)
def test_outputs_are_old_or_new_wherever_writing_stops(tmp_path, what, kind):
    old, new = STATES[what]
    log = tmp_path / "log"
    lay_out(tmp_path / "count", old)
    n_changes = count_changes(
        partial(WRITES[what], tmp_path / "count"), tmp_path / "count", kind=kind, log=log
    )
    assert n_changes >= 4
    found = []
    for at in range(n_changes):
        folder = tmp_path / str(at)
        lay_out(folder, old)
        code = run_with_fault(partial(WRITES[what], folder), folder, at=at, kind=kind, log=log)
        texts, is_left = read(folder)
        found.append(texts)
        if kind == "kill":
            assert code == -9
            allowed = [old, new]
            if what == "files":  # between the moves nothing vouches for the mixture
                allowed += [texts] if "report" not in texts else []
            if what == "a folder":  # between two moves
                allowed += [{}]
            if what == "a new folder":
                allowed += [{"x": "empty"}, {"x/y": "empty"}]
            assert texts in allowed, at
            assert set(texts.values()) <= {"old", "new", "empty"}
        elif code == 0:  # `mkdir` of a folder that exists may fail
            assert texts == new
        elif kind == "full":
            assert (texts, is_left) == (old, False), at
            assert "No space left" in log.read_text()
        else:
            assert texts in (old, new), at
            # the interrupt may come while the temporary folder is removed
            assert texts == new or not is_left, at
    assert old in found
    assert kind == "full" or new in found
