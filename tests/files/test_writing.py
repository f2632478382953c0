"""All writing of files goes through one door."""

import json

import pytest

from spacy_nested_ner.files import writing


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
