"""The counts of mutants are those of mutmut's files, and the page shows them."""

import json

import pytest
import srsly

from benchmarks import mutants
from benchmarks.mutants import (
    KILLED,
    Reasons,
    Survivor,
    choose_names,
    find_open,
    format_lines,
    read_statuses,
)
from tests.conftest import ROOT

REASONS = ROOT / "benchmarks" / "mutants.yml"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Results of mutmut for a module and for two readers."""
    pytest.importorskip("mutmut")
    codes = {
        "pipe/targets": {"a": 1, "b": 0, "c": None, "d": 33, "e": 36},
        "corpus/readers/brat": {f"b{i}": None for i in range(9)},
        "corpus/readers/cas": {f"c{i}": 1 for i in range(9)},
    }
    for module, exit_codes in codes.items():
        file = tmp_path / "spacy_nested_ner" / f"{module}.py.meta"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"exit_code_by_key": exit_codes}))
    monkeypatch.setattr(mutants, "FOLDER", tmp_path)


@pytest.fixture
def reasons(tmp_path):
    file = tmp_path / "reasons.yml"
    mutants = ["pipe.targets.f*: None", "*: ~ int", "pipe.g: a: b"]
    srsly.write_yaml(file, [{"reason": "why", "mutants": mutants}])
    return Reasons(file)


def test_a_timeout_kills_and_a_mutant_without_a_test_survives(folder):
    statuses = read_statuses("pipe.targets")
    assert [name for name, status in statuses.items() if status in KILLED] == ["a", "e"]
    assert statuses["d"] == "no tests"
    assert len(read_statuses("corpus.readers")) == 18


def test_a_sample_of_a_large_part_depends_on_the_seed_alone(folder):
    first = choose_names("corpus.readers", 7, 0)
    assert first == choose_names("corpus.readers", 7, 0) != choose_names("corpus.readers", 7, 1)
    assert len({*first}) == 7
    assert choose_names("pipe.targets", 5, 0) == ["a", "b", "c", "d", "e"]


def test_only_mutants_that_nothing_has_settled_run_again(folder, reasons, monkeypatch):
    survivors = {
        "b": Survivor("pipe.targets.f", "", ""),
        "d": Survivor("pipe.targets.f", "", "None"),
    }
    monkeypatch.setattr(mutants, "read_survivor", survivors.get)
    names = choose_names("pipe.targets", 9, 0)
    # killed are a and e, and d has a reason
    assert find_open("pipe.targets", names, reasons) == ["b", "c"]
    readers = choose_names("corpus.readers", 18, 0)
    assert find_open("corpus.readers", readers, reasons) == readers[:9]


def test_a_reason_names_the_function_and_a_part_of_the_change(reasons):
    assert reasons.find(Survivor("pipe.targets.find", "x", "f(None)")) == "why"
    assert reasons.find(Survivor("pipe.other", "x", "f(None)")) is None
    assert reasons.find(Survivor("pipe.other", "int(x)", "x")) == "why"
    assert reasons.find(Survivor("pipe.other", "x", "int(x)")) is None
    assert reasons.find(Survivor("pipe.g", "x", "{a: b}")) == "why"


def read_lines():
    return list(srsly.read_jsonl(ROOT / "benchmarks" / "results" / "mutants.jsonl"))


def test_the_table_on_the_page_is_that_of_the_result_lines():
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf8")
    assert format_lines(read_lines()) in page


def test_each_part_has_a_line_and_a_share_of_at_least_85_percent_killed():
    lines = read_lines()
    assert sorted(line["part"] for line in lines) == sorted(mutants.PARTS)
    for line in lines:
        assert line["run"] == line["killed"] + len(line["survivors"])
        assert line["killed"] >= 0.85 * line["run"], line["part"]


def test_reasons_on_file_are_those_in_the_result_lines():
    reasons = Reasons(REASONS)
    survivors = [survivor for line in read_lines() for survivor in line["survivors"]]
    assert survivors
    for survivor in survivors:
        changed = Survivor(survivor["function"], survivor["was"], survivor["now"])
        assert reasons.find(changed) == survivor["reason"], survivor
