"""Reliability and precision-recall against sums over every span."""

from random import Random

import numpy
import pytest

from spacy_nested_ner.calibration.logit_counts import BINS_PER_LOGIT, EDGES
from spacy_nested_ner.calibration.reliability import (
    FLOOR,
    MAX_GROUPS,
    MIN_SPANS,
    group_spans,
    precision_recall,
    reliability,
    sigmoid,
)
from tests.calibration.counts import make_counts, random_cells

LABELS = ["a", "b"]


@pytest.fixture(scope="module")
def cells():
    return random_cells(Random(0), 1500, LABELS)


@pytest.fixture(scope="module")
def counts(cells):
    return make_counts(
        [cells[:900], cells[900:]], LABELS, unreachable={"b": [3, 4], "x": [0, 5]}
    )


@pytest.mark.parametrize("label", [None, "a", "b"])
@pytest.mark.parametrize("temperatures", [None, [0.5, 3.0]])
def test_groups_are_of_equal_size_and_their_means_those_of_their_spans(
    cells, counts, label, temperatures
):
    T = temperatures and numpy.array(temperatures)
    found = reliability(counts, label=label, temperatures=T)
    T_of = dict(zip(LABELS, temperatures or [1, 1]))
    limit = numpy.log(FLOOR / (1 - FLOOR)) / 2
    # all spans of a bin are above the floor, or none
    limit = numpy.ceil(limit * BINS_PER_LOGIT) / BINS_PER_LOGIT
    spans = sorted(
        (float(sigmoid(2 * S / T_of[a])), is_gold)
        for a, S, is_gold in cells
        if S > limit and label in (None, a)
    )
    assert found.size.sum() == len(spans) > 300
    assert len(found.size) == MAX_GROUPS
    assert found.size.max() - found.size.min() < 0.2 * found.size.mean()
    error = begin = 0
    for p, share, n in zip(found.probability, found.gold_share, found.size):
        group = spans[begin : begin + n]
        begin += n
        # a bin is 1/64 wide, and at its border gold and other spans may change places
        assert p == pytest.approx(numpy.mean([x for x, _ in group]), abs=0.004)
        assert share == pytest.approx(numpy.mean([x for _, x in group]), abs=0.06)
        error += abs(p - share) * n / len(spans)
    assert found.error == pytest.approx(error)
    assert found.gold_share @ found.size == sum(is_gold for _, is_gold in spans)


def test_the_same_spans_are_looked_at_whatever_the_temperatures(counts):
    sizes = [
        reliability(counts, temperatures=numpy.array(T)).size.sum()
        for T in ([1.0, 1.0], [0.1, 9.0])
    ]
    assert sizes[0] == sizes[1]


def test_calibrated_probabilities_have_no_error_and_others_have_theirs():
    p, n = numpy.array([0.2, 0.5, 0.9]), numpy.array([100, 300, 200])
    assert group_spans(p, p * n, n).error == pytest.approx(0)
    gold = numpy.array([40, 150, 120])  # .4, .5, .6
    expected = (0.2 * 100 + 0.3 * 200) / 600
    assert group_spans(p, gold, n).error == pytest.approx(expected)


def test_few_spans_make_few_groups():
    p = numpy.linspace(0.1, 0.9, 50)
    found = group_spans(p, numpy.ones(50), numpy.ones(50, dtype=int))
    assert len(found.size) == 50 // MIN_SPANS
    one = group_spans(p[:3], numpy.ones(3), numpy.ones(3, dtype=int))
    assert one.size.tolist() == [3]
    none = group_spans(*(numpy.zeros(0),) * 3)
    assert len(none.size) == 0
    assert numpy.isnan(none.error)


def test_precision_and_recall_are_those_of_every_threshold(cells, counts):
    curves = precision_recall(counts)
    assert list(curves) == LABELS
    for label in LABELS:
        curve = curves[label]
        own = [(S, is_gold) for a, S, is_gold in cells if a == label]
        n_gold = sum(is_gold for _, is_gold in own) + (7 if label == "b" else 0)
        expected, before = [], 0
        for edge in EDGES[::-1].tolist():
            above = [is_gold for S, is_gold in own if S > edge]
            if len(above) != before:
                before = len(above)
                threshold = 1 / (1 + numpy.exp(-2 * edge))
                expected.append((threshold, sum(above) / before, sum(above) / n_gold))
        assert list(zip(*curve)) == [pytest.approx(row) for row in expected]
        assert len(expected) > 100


def test_a_label_without_spans_has_no_points():
    counts = make_counts([[("a", 1.0, True)]], LABELS)
    assert len(precision_recall(counts)["b"].threshold) == 0
    assert len(reliability(counts, label="b").size) == 0
