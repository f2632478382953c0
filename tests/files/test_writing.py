"""All writing of files goes through one door."""

import json
import os
import stat

import pytest

from spacy_nested_ner.files import writing
from spacy_nested_ner.files.writing import check_folder, check_free, check_output, write_text
from spacy_nested_ner.user_error import UserError


def test_a_failure_to_write_leaves_the_old_file(monkeypatch, tmp_path):
    path = tmp_path / "scores.json"
    writing.write_json(path, {"a": 1})

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing.os, "replace", fail)
    with pytest.raises(ValueError, match=r" \(No space left on device\)"):
        writing.write_json(path, {"a": 2})
    assert json.loads(path.read_text(encoding="utf8")) == {"a": 1}
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"a": {}, "b": [], "c": None, "d": 'é"\n', "e": {"f": {"g": {"h": {"i": [1, 2]}}}}},
        {"documents": [{"id": "x", "gold": [[0, 1, "a"]]}, {"id": "y", "gold": []}]},
    ],
)
def test_what_is_written_is_read_as_it_was(tmp_path, data):
    writing.write_json(tmp_path / "x.json", data)
    assert json.loads((tmp_path / "x.json").read_text(encoding="utf8")) == data


def test_a_document_is_a_line(tmp_path):
    documents = [{"id": f"{i}", "gold": [[0, 1, "a"], [1, 2, "b"]]} for i in range(3)]
    writing.write_json(tmp_path / "x.json", {"documents": documents})
    lines = (tmp_path / "x.json").read_text(encoding="utf8").splitlines()
    assert [json.loads(line.strip().rstrip(",")) for line in lines[2:5]] == documents


def test_an_output_that_is_no_plain_file_is_refused(tmp_path):
    target = tmp_path / "target.txt"
    target.write_text("old")
    (tmp_path / "link.txt").symlink_to(target)
    (tmp_path / "broken.txt").symlink_to(tmp_path / "missing")
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "folder.txt").mkdir()
    for name in ("link.txt", "broken.txt", "pipe.txt", "folder.txt"):
        for write in (
            lambda place: check_output(place, ()),
            lambda place: write_text(place, "new"),
        ):
            with pytest.raises(UserError, match=name):
                write(tmp_path / name)
    assert target.read_text() == "old"
    assert (tmp_path / "link.txt").is_symlink()
    assert not (tmp_path / "missing").exists()


def test_a_file_keeps_its_permissions(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("old")
    for mode in (0o600, 0o644, 0o640):
        file.chmod(mode)
        write_text(file, f"new {mode}")
        assert stat.S_IMODE(file.stat().st_mode) == mode
        assert file.read_text() == f"new {mode}"


@pytest.mark.parametrize("name", ["a" * 300, "a\0b"])
def test_a_name_that_no_file_can_have_is_refused(tmp_path, name):
    for check in (
        lambda place: check_output(place, ()),
        lambda place: check_folder(place, ["a"], ()),
        lambda place: check_free(place, ()),
    ):
        with pytest.raises(UserError, match="Cannot write"):
            check(tmp_path / name)


def test_a_link_is_no_free_folder(tmp_path):
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(UserError, match="link"):
        check_free(tmp_path / "link", ())
