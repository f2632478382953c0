"""The checks of `kills` see what is broken, and `forked` runs functions in other processes."""

import io
import os
import shutil
import signal
import sys
import time
import zipfile

import pytest

from benchmarks.file_faults import count_changes, run_with_fault
from benchmarks.forked import Forked
from benchmarks.kill_targets import check_convert, check_train, check_wheel, names_in
from tests.pipelines import make_examples, make_nlp, train

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
PARTS = ("train.spacy", "dev.spacy", "report.json")


def fill(folder, text, names=PARTS):
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_text(text)


def test_old_and_new_parts_together_are_a_failure(tmp_path):
    fill(tmp_path / "corpus", "old")
    fill(tmp_path / "new-corpus", "new")
    fill(tmp_path / "out", "old")
    assert check_convert(tmp_path) == "old"
    fill(tmp_path / "out", "new", ["train.spacy"])
    with pytest.raises(AssertionError):
        check_convert(tmp_path)
    (tmp_path / "out" / "report.json").unlink()
    assert check_convert(tmp_path) == "no report"
    fill(tmp_path / "out", "half", ["dev.spacy"])
    with pytest.raises(AssertionError):
        check_convert(tmp_path)
    fill(tmp_path / "out", "new")
    assert check_convert(tmp_path) == "new"
    fill(tmp_path / "out", "x", ["tmp"])
    with pytest.raises(AssertionError, match="tmp"):
        check_convert(tmp_path)


def test_a_broken_model_last_is_a_failure(tmp_path):
    nlp = make_nlp()
    train(nlp, make_examples(nlp.vocab), updates=1)
    assert check_train(tmp_path) == "model-last absent, model-best absent"
    (tmp_path / "run").mkdir()
    for name in ("model-last", "model-best"):
        nlp.to_disk(tmp_path / "run" / name)
    assert check_train(tmp_path) == "model-last whole, model-best whole"
    weights = tmp_path / "run" / "model-best" / "nested_spancat" / "model"
    weights.write_bytes(weights.read_bytes()[:-10])
    assert check_train(tmp_path) == "model-last whole, model-best refused"
    shutil.rmtree(tmp_path / "run" / "model-last")
    with pytest.raises(AssertionError):
        check_train(tmp_path)
    (tmp_path / "run" / "model-best").rename(tmp_path / "run" / "model-last")
    with pytest.raises(AssertionError):
        check_train(tmp_path)


def test_a_wheel_without_a_file_or_with_another_one_is_a_failure():
    def make(files):
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as wheel:
            for name, text in files.items():
                wheel.writestr(name, text)
        return data.getvalue()

    digest = "sha256=LPJNul-wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ"  # of hello
    record = {"x.dist-info/RECORD": f"a.py,{digest},5\nx.dist-info/RECORD,,\n"}
    check_wheel(make({"a.py": "hello", **record}))
    for files in (record, {"a.py": "hallo", **record}, {"a.py": "hello", "b": "", **record}):
        with pytest.raises(AssertionError):
            check_wheel(make(files))


def test_only_temporary_folders_may_be_left(tmp_path):
    (tmp_path / ".writing-1").mkdir()
    names_in(tmp_path, set())
    (tmp_path / "half").mkdir()
    with pytest.raises(AssertionError, match="half"):
        names_in(tmp_path, set())


def test_a_fork_ends_with_its_code_or_its_signal(tmp_path):
    log = tmp_path / "log"

    def speak():
        print("in", os.getcwd())
        sys.exit(3)

    assert Forked(speak, tmp_path, log).wait() == 3
    assert log.read_text() == f"in {tmp_path}\n"
    assert Forked(lambda: None, tmp_path, log).wait() == 0
    assert Forked(lambda: 1 / 0, tmp_path, log).wait() == 1
    assert "ZeroDivisionError" in log.read_text()
    sleeping = Forked(lambda: time.sleep(60), tmp_path, log)
    time.sleep(0.2)
    sleeping.send(signal.SIGKILL)
    assert sleeping.wait() == -9
    with pytest.raises(TimeoutError):
        Forked(lambda: time.sleep(60), tmp_path, log).wait(0.1)


def test_a_fault_comes_at_each_change_of_a_file(tmp_path):
    folder, log = tmp_path / "folder", tmp_path / "log"
    folder.mkdir()

    def write():
        for name in "abc":
            (folder / name).write_text("x")
        (tmp_path / "elsewhere").write_text("x")
        (folder / "a").read_text()

    assert count_changes(write, folder, log=log) == 3
    for at in range(3):
        shutil.rmtree(folder)
        folder.mkdir()
        assert run_with_fault(write, folder, at=at, kind="kill", log=log) == -9
        assert len(list(folder.iterdir())) == at
    assert run_with_fault(write, folder, at=1, kind="full", log=log) == 1
    assert "No space left" in log.read_text()
    assert run_with_fault(write, folder, at=3, kind="full", log=log) == 0
