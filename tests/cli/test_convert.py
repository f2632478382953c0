import subprocess
import sys
from pathlib import Path
from typing import List

import pytest

from spacy_nested_ner.cli import main
from tests.corpus.genia_xml import (
    NESTED,
    PROTEIN,
    article,
    corpus,
    numbered_corpus,
    write_archive,
)

INSIDE_A_TOKEN = f"The x<cons {PROTEIN}>XYZ</cons> is near."


@pytest.fixture
def source(tmp_path) -> Path:
    file = tmp_path / "corpus.xml"
    file.write_text(numbered_corpus(12), encoding="utf8")
    return file


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the command line and return (exit code, stdout, stderr)."""

    def run(*arguments: object):
        monkeypatch.setattr(sys, "argv", ["spacy-nested-ner", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit:
            main()
        return exit.value.code, *capsys.readouterr()

    return run


def test_convert_writes_the_parts_and_prints_a_row_for_each(source, tmp_path, run):
    code, out, err = run("convert", "genia", source, tmp_path / "out")
    assert code == 0
    assert err == ""  # no progress bar where nobody looks
    rows = [line.split() for line in out.splitlines()]
    assert ["train", "10", "29", "9", "185", "30", "2", "66.7%"] in rows
    assert [row[0] for row in rows if row and row[0] in ("train", "dev", "test")] == [
        "train",
        "dev",
        "test",
    ]
    assert "Widest mention: 4 tokens (train 4, dev 4, test 4)" in out
    assert "inside a token" not in out
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "dev.spacy",
        "report.json",
        "test.spacy",
        "train.spacy",
    ]


def test_mentions_inside_tokens_are_one_warning(tmp_path, run):
    file = tmp_path / "corpus.xml"
    articles = (article(f"MEDLINE:{i}", INSIDE_A_TOKEN, title=[NESTED]) for i in range(12))
    file.write_text(corpus(*articles), encoding="utf8")
    _, out, _ = run("convert", "genia", file, tmp_path / "out")
    out = " ".join(out.split())
    assert out.count("Left out") == 1
    assert "Left out 12 of 36 mentions (33.33%)" in out
    assert "as 'XYZ' in 'xXYZ'" in out


def test_bad_input_is_one_line_and_exit_code_1(source, tmp_path, run):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.xml").touch()
    (tmp_path / "nine.xml").write_text(numbered_corpus(9), encoding="utf8")
    half = tmp_path / "half.xml"
    half.write_text(numbered_corpus(12)[:2000], encoding="utf8")
    archive = write_archive(tmp_path / "cut.tgz", source)
    archive.write_bytes(archive.read_bytes()[:-50])
    out = tmp_path / "out"
    bad: List[List[object]] = [
        ["genia", tmp_path / "missing.tgz", out],
        ["genia", tmp_path / "empty", out],
        ["genia", tmp_path / "empty.xml", out],
        ["genia", archive, out],
        ["genia", half, out],
        ["genia", Path(__file__), out],
        ["genia", tmp_path / "nine.xml", out],
        ["genia", source, source],
        ["genia", source, source / "out"],
        ["genia", source, out, "--split", "random"],
        ["genia", source, out, "--unit", "page"],
        ["genia", source, out, "--unit", "document", "--split", "sentence"],
        ["ace", source, out],
    ]
    before = sorted(tmp_path.rglob("*"))
    for arguments in bad:
        code, stdout, stderr = run("convert", *arguments)
        assert (code, stdout) == (1, ""), arguments
        assert stderr.startswith("Error: "), arguments
        assert stderr.count("\n") == 1, arguments
        assert sorted(tmp_path.rglob("*")) == before, arguments


def test_the_module_runs_in_a_process_of_its_own(source, tmp_path):
    command = [sys.executable, "-m", "spacy_nested_ner", "convert", "genia"]
    missing = [*command, str(tmp_path / "missing.tgz"), str(tmp_path / "out")]
    result = subprocess.run(missing, capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.stderr
