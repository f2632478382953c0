"""The registry of readers, and what is true of all of them."""

import os
import re
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path
from typing import Dict

import catalogue
import pytest

from spacy_nested_ner.corpus.readers import corpus_readers, find_reader, reader_names
from spacy_nested_ner.corpus.readers.ids import name_files
from spacy_nested_ner.corpus.records import Mention, Record
from spacy_nested_ner.corpus.sources import find_files
from spacy_nested_ner.user_error import UserError

OURS = {
    *("brat", "cmeee", "columns", "docbin", "genia", "jsonl"),
    *("maintie", "maintie_top", "token_json"),
    *("csv", "doccano", "dygie", "gliner", "label_studio", "parquet", "spacy_tuples"),
}
HEAVY = {"spacy", "thinc", "torch", "numpy", "typer"}

THIRD_PARTY_READER = """
from spacy_nested_ner.corpus.records import Mention, Record

def read_lines_of_words(source):
    for number, line in enumerate(source.read_text("utf8").splitlines()):
        word = line.split()[0]
        yield Record(f"words:{number}", "words", line, (Mention(0, len(word), "FIRST"),))
"""


def run(code: str, *path: Path) -> str:
    """What a fresh process prints, these folders ahead of all others on its path."""
    paths = os.pathsep.join([*map(str, path), os.environ.get("PYTHONPATH", "")])
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def install(folder: Path, name: str, entry_points: Dict[str, str], code: str) -> None:
    """Lay a package with one module and its entry points into a folder."""
    (folder / f"{name}.py").write_text(code, encoding="utf8")
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    lines = [f"{key} = {value}" for key, value in entry_points.items()]
    text = "\n".join(["[spacy_nested_ner_corpus_readers]", *lines])
    (info / "entry_points.txt").write_text(text)


def test_every_reader_of_ours_is_an_entry_point_and_is_found():
    points = distribution("spacy-nested-ner").entry_points
    group = "spacy_nested_ner_corpus_readers"
    assert {point.name for point in points if point.group == group} == OURS
    assert set(reader_names()) >= OURS
    assert all(callable(find_reader(name)) for name in OURS)


def test_no_reader_imports_spacy_or_torch_before_it_reads():
    code = f"""if True:
    import sys
    from spacy_nested_ner.corpus.readers import find_reader
    print(sorted(sys.modules.keys() & {HEAVY}))
    for name in {sorted(OURS)}:
        find_reader(name)
        print(sorted(sys.modules.keys() & {HEAVY}))"""
    assert set(run(code).splitlines()) == {"[]"}


def test_a_package_of_a_third_party_adds_a_reader_by_entry_point(tmp_path):
    install(tmp_path, "wordy", {"words": "wordy:read_lines_of_words"}, THIRD_PARTY_READER)
    source = tmp_path / "corpus.words"
    source.write_text("Kiel lies north\nBonn\n", encoding="utf8")
    code = f"""if True:
    import sys
    from pathlib import Path
    from spacy_nested_ner.corpus.readers import find_reader, reader_names
    assert "words" in reader_names() and "wordy" not in sys.modules
    for record in find_reader("words")(Path({str(source)!r})):
        print(record.id, *record.mentions[0])"""
    assert run(code, tmp_path).splitlines() == ["words:0 0 4 FIRST", "words:1 0 4 FIRST"]


@pytest.mark.parametrize(
    ("target", "message"),
    [("nowhere_at_all:read", "nowhere_at_all"), ("broken:read_missing", "read_missing")],
)
def test_a_broken_reader_of_a_third_party_harms_no_other(tmp_path, target, message):
    install(tmp_path, "broken", {"bad": target}, "")
    code = """if True:
    from spacy_nested_ner.corpus.readers import find_reader, reader_names
    assert {"bad", "columns"} <= set(reader_names())
    find_reader("columns")
    for name in ("bad", "worse"):
        try:
            find_reader(name)
        except ValueError as error:
            print(type(error).__name__, error)"""
    bad, worse = run(code, tmp_path).splitlines()
    assert re.match("UserError .*'bad' ", bad)
    assert message in bad
    assert re.match("UserError .*'worse': .* bad, brat,", worse)


def test_an_unknown_name_is_refused_with_all_known_ones():
    with pytest.raises(UserError, match=f"'geniaa': .*{', '.join(sorted(OURS))}"):
        find_reader("geniaa")


def test_a_program_registers_a_reader_of_its_own(monkeypatch):
    monkeypatch.setattr(catalogue, "REGISTRY", {**catalogue.REGISTRY})

    @corpus_readers("just_one")
    def read_one(source: Path):
        yield Record("a", "a", "Kiel", (Mention(0, 4, "LOC"),))

    assert "just_one" in reader_names()
    assert find_reader("just_one") is read_one


def test_records_are_named_by_their_file_and_by_its_path_where_names_are_equal(tmp_path):
    paths = ("a/train.tsv", "b/train.tsv", "b/dev.v2.tsv", "train.v2.tsv")
    for path in paths:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).touch()
    files = find_files(tmp_path, [".tsv"])
    assert dict(zip((file.path_in_source for file in files), name_files(files))) == {
        "a/train.tsv": "a/train.tsv",
        "b/train.tsv": "b/train.tsv",
        "b/dev.v2.tsv": "dev.v2",
        "train.v2.tsv": "train.v2",
    }
