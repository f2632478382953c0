"""No damage of a saved pipeline changes its predictions without an error."""

import catalogue
import pytest
import srsly

from benchmarks.damage import KINDS, format_line, run_trials
from tests.conftest import ROOT

HARMLESS = {"identical", "refused", "refused later"}


@pytest.fixture(autouse=True)
def _entry_points(monkeypatch):
    monkeypatch.setattr(catalogue, "AVAILABLE_ENTRY_POINTS", catalogue.AVAILABLE_ENTRY_POINTS)


def count_failures(n, *, kinds):
    trials = list(run_trials(n, 1, kinds=kinds))
    assert len(trials) == n
    assert {trial["outcome"] for trial in trials} >= {"identical", "refused"}
    return [trial for trial in trials if trial["outcome"] not in HARMLESS]


def test_sixty_damages_are_refused_or_harmless():
    assert count_failures(60, kinds=("shared",)) == []


def test_the_table_on_the_page_is_that_of_the_result_line():
    (line,) = srsly.read_jsonl(ROOT / "benchmarks" / "results" / "damage.jsonl")
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf8")
    assert format_line(line) in page
    assert set(line["outcomes"]) <= HARMLESS


@pytest.mark.slow
def test_a_thousand_damages_are_refused_or_harmless():
    assert count_failures(1000, kinds=KINDS) == []


@pytest.mark.slow
def test_without_manifests_some_damages_change_predictions(monkeypatch):
    monkeypatch.setenv("SPACY_NESTED_NER_VERIFY", "0")
    assert count_failures(40, kinds=("shared",))
