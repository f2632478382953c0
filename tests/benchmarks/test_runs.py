"""Scores of runs, and differences that are paired by seed and by document."""

import numpy
import pytest

from benchmarks.runs import Runs, f1
from tests.benchmarks.result_lines import line, runs_of


def test_f1_is_that_of_gold_predicted_and_right_mentions():
    assert f1(numpy.array([[4, 6, 2], [1, 0, 0]])).tolist() == [40, 0]
    assert numpy.isnan(f1(numpy.array([0, 0, 0])))


def test_macro_f1_is_the_mean_over_types_with_gold_mentions():
    runs = Runs([line("a", 0, [[15, 16, 7]])], "e")
    assert runs.scores("a", "macro").tolist() == pytest.approx([(200 * 6 / 18 + 20) / 2])
    assert runs.scores("a", "X").tolist() == pytest.approx([200 * 6 / 18])


def test_a_difference_is_the_mean_over_the_seeds_that_both_arms_have():
    runs = runs_of({"a": [60, 62, 90], "b": [50, 58]})
    assert runs.difference("a", "b").mean == pytest.approx(7.0)
    assert runs.difference("a", "c") is None


def test_an_interval_is_the_spread_over_seeds_where_there_is_one_document():
    runs = runs_of({"a": [60, 62, 61], "b": [50, 51, 52]})
    difference = runs.difference("a", "b")
    assert (difference.low, difference.high) == pytest.approx((9, 11))
    assert difference.is_clear
    assert str(difference) == "+10.0 (+9.0 to +11.0) *"


def test_an_interval_counts_what_other_documents_would_change():
    documents = [[10, 10, right] for right in (10, 9, 8, 2, 1, 0)]
    better = [
        [10, 10, min(10, right + (i % 2) * 4)] for i, (_, _, right) in enumerate(documents)
    ]
    runs = Runs([line("a", 0, better), line("b", 0, documents)], "e")
    difference = runs.difference("a", "b")
    assert difference.low < difference.mean < difference.high
    same = Runs([line("a", 0, documents), line("b", 0, documents)], "e").difference("a", "b")
    assert same == (0, 0, 0)
    assert not same.is_clear


def test_arms_are_compared_on_the_same_documents():
    # the documents differ much, the arms in each of them by the same
    documents = [[10, 10, right] for right in (1, 9, 2, 8, 3, 7)]
    better = [[gold, predicted, right + 1] for gold, predicted, right in documents]
    difference = Runs([line("a", 0, better), line("b", 0, documents)], "e").difference("a", "b")
    assert (difference.low, difference.high) == pytest.approx((10, 10))


def test_two_lines_of_one_cell_are_refused():
    with pytest.raises(ValueError, match=r"\be\b.*'a'.*\b1\b"):
        Runs([line("a", 1, [[1, 1, 1]])] * 2, "e")


def test_the_interval_of_an_arm_is_around_the_mean_of_its_seeds():
    one_document = runs_of({"a": [60, 62, 61]})
    assert one_document.interval("a") == pytest.approx((60, 62))
    several = [[10, 10, right] for right in (10, 9, 8, 2, 1, 0)]
    low, high = Runs([line("a", 0, several)], "e").interval("a")
    assert low < 50 < high


def test_nested_recall_is_of_mentions_in_or_around_others():
    assert runs_of({"a": [60, 62]}).nested_recall("a").tolist() == [75, 75]
