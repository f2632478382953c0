import json
import re
import subprocess
import sys
from pathlib import Path
from typing import List

import pytest

from spacy_nested_ner.cli import main
from spacy_nested_ner.corpus.conversion.alignment import ALIGN
from spacy_nested_ner.corpus.conversion.splits import SPLITS, UNITS
from spacy_nested_ner.corpus.readers import reader_names
from spacy_nested_ner.corpus.recipes import RECIPES
from spacy_nested_ner.corpus.tokenizers import TOKENIZERS
from spacy_nested_ner.user_error import UserError
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
    assert "(train 4, dev 4, test 4)" in out  # the widest mention of each part
    assert "%)" not in out  # nothing skipped, left out or misaligned
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
    _, out, _ = run("convert", "genia", file, tmp_path / "out", *ANY_SHARE)
    out = " ".join(out.split())
    (warned,) = (line for line in out.split("⚠") if "%" in line and "'xXYZ'" in line)
    assert re.findall(r"\d[\d.]*%?", warned) == ["12", "36", "33.33%"]


def write_lines(path: Path, *lines: object) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf8")
    return path


def line(text: str, start: int, end: int, **others: object) -> dict:
    return {"text": text, "spans": [{"start": start, "end": end, "label": "PART"}], **others}


ANY_SHARE = ("--max-misaligned", "1")
CUSTOM = ("--format", "jsonl", "--language", "en")


def test_moved_mentions_are_counted_by_what_became_of_them(tmp_path, run):
    moved = {"text": "The oil seals", "spans": []}
    for start, end in ((4, 12), (4, 7), (8, 12), (9, 12), (1, 7)):
        moved["spans"].append({"start": start, "end": end, "label": "PART"})
    file = write_lines(tmp_path / "a.jsonl", *[moved] * 12)
    _, out, _ = run("convert", "custom", file, tmp_path / "out", *CUSTOM, "--align", "contract")
    out = " ".join(out.split())
    assert re.search(r" 48 of 60 .*\(80\.00%\).*'he oil' \w+ 'The oil': ", out)
    moved, left_out, merged = re.findall(r" (\d+)\b", out.split("'The oil': ")[1])[:3]
    assert (moved, left_out, merged) == ("24", "24", "24")
    assert re.search("custom, .*stratified, seed 0", out)


def test_what_is_skipped_lost_or_shared_is_a_line_each(tmp_path, run):
    twice = line("A pump.", 2, 6)
    twice["spans"] *= 2
    rejected = [line("No.", 0, 1, answer="reject"), line("No.", 0, 1, answer="ignore")]
    for part, texts in (("train", 5), ("dev", 3), ("test", 2)):
        lines = [line(f"{part} {i}", 0, 3, document=f"D{i}") for i in range(texts)]
        shared = [twice] * 2 if part == "train" else [line("A  PUMP.", 0, 1)]
        skipped = rejected if part == "train" else rejected[:1]
        write_lines(tmp_path / "source" / f"{part}.jsonl", *lines, *shared, *skipped)
    _, out, _ = run(
        "convert", "custom", tmp_path / "source", tmp_path / "out", *CUSTOM, *ANY_SHARE
    )
    out = " ".join(out.split())
    assert "published" in out
    for expected in (
        r" 4 of 18 .*: ignore 1, reject 3, .*dev\.jsonl, line 5",
        r" 2 .*: repeated 2, .*'pump' \(train\.jsonl, line 6\)",
        r": train 1, .*'A pump\.' \(train:5 .*train:6\)",
        r": train/dev 1, train/test 1, dev/test 1, .*'A PUMP\.' \(train:5 .*dev:3\)",
        r": train/dev 3, train/test 2, dev/test 2",
    ):
        assert len([line for line in out.split("⚠") if re.search(expected, line)]) == 1


def test_warnings_of_the_converter_are_lines_as_well(tmp_path, run):
    for part in ("train", "test"):
        write_lines(tmp_path / "source" / f"{part}.jsonl", *[line("A pump.", 2, 6)] * 6)
    code, out, err = run("convert", "custom", tmp_path / "source", tmp_path / "out", *CUSTOM)
    assert (code, err) == (0, "")
    out = " ".join(out.split())
    assert re.search(r"train .*test .*dev.*: .*'stratified'", out)


def test_too_many_misaligned_mentions_are_an_error(tmp_path, run):
    file = write_lines(tmp_path / "a.jsonl", *[line("A pump.", 2, 5)] * 12)
    options = (*CUSTOM, "--max-misaligned", "0.5")
    code, out, err = run("convert", "custom", file, tmp_path / "out", *options)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert re.search(r" 12 of 12 .*100\.00%.* 50\.00%", err)
    assert not (tmp_path / "out").exists()


def test_every_option_reaches_the_converter(monkeypatch, run, tmp_path):
    seen = {}

    def convert(*arguments, **options):
        seen.update(options)
        raise UserError("enough.")

    monkeypatch.setattr("spacy_nested_ner.api.convert.convert_corpus", convert)
    given = {
        "split": "document",
        "unit": "sentence",
        "align": "expand",
        "max_misaligned": 0.25,
        "seed": 3,
        "spans_key": "all",
        "format": "brat",
        "language": "de",
        "tokenizer": "language",
        "on_error": "skip",
        "discontinuous": "parts",
        "annotators": "union",
        "add_to": tmp_path / "mine",
    }
    options = [
        word
        for name, value in given.items()
        for word in (f"--{name.replace('_', '-')}", str(value))
    ]
    run("convert", "custom", tmp_path, tmp_path / "out", *options)
    assert seen == given
    run("convert", "genia", tmp_path, tmp_path / "out")
    defaults = {
        "align": "drop",
        "seed": 0,
        "on_error": "stop",
        "discontinuous": "drop",
        "annotators": "stop",
    }
    assert seen == {**dict.fromkeys(given), **defaults}


@pytest.mark.parametrize("option", ["split", "unit", "format", "language", "tokenizer"])
def test_the_word_recipe_leaves_an_option_to_the_recipe(monkeypatch, run, option, source):
    def convert(*arguments, **options):
        assert options[option] is None
        raise UserError("Enough.")

    monkeypatch.setattr("spacy_nested_ner.api.convert.convert_corpus", convert)
    for arguments in ([], [f"--{option}", "recipe"]):
        code, _, err = run("convert", "genia", source, "out", *arguments)
        assert (code, err) == (1, "Error: Enough.\n")


def test_the_help_names_every_recipe_format_split_policy_and_tokenizer(run, monkeypatch):
    monkeypatch.setenv("COLUMNS", "400")
    _, out, _ = run("convert", "--help")
    words = set(re.findall(r"\w+", out))
    names = (*RECIPES, *reader_names(), *SPLITS, *UNITS, *ALIGN, *TOKENIZERS)
    assert {name for name in names if name not in words} == set()


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
        ["genia", source, out, "--align", "widen"],
        ["genia", source, out, "--max-misaligned", "7"],
        ["genia", source, out, "--tokenizer", "words"],
        ["genia", source, out, "--language", "qq"],
        ["genia", source, out, "--format", "docx"],
        ["genia", source, out, "--format", "jsonl"],
        ["genia", source, out, "--split", "published"],
        ["custom", source, out],
        ["ace", source, out],
    ]
    before = sorted(tmp_path.rglob("*"))
    for arguments in bad:
        code, stdout, stderr = run("convert", *arguments)
        assert (code, stdout) == (1, ""), arguments
        assert stderr.startswith("Error: "), arguments
        assert stderr.count("\n") == 1, arguments
        assert sorted(tmp_path.rglob("*")) == before, arguments


@pytest.mark.slow
def test_the_module_runs_in_a_process_of_its_own(source, tmp_path):
    command = [sys.executable, "-m", "spacy_nested_ner", "convert", "genia"]
    missing = [*command, str(tmp_path / "missing.tgz"), str(tmp_path / "out")]
    result = subprocess.run(missing, capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.stderr
