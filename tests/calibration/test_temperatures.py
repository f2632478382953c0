"""Temperatures against a search over many."""

import math
from random import Random

import numpy
import pytest

from spacy_nested_ner.calibration.logit_counts import CENTRES
from spacy_nested_ner.calibration.reliability import reliability
from spacy_nested_ner.calibration.temperatures import (
    HIGHEST,
    LOWEST,
    fit_rows,
    fit_temperatures,
)
from tests.calibration.counts import make_counts, random_cells

LABELS = ["a", "b", "rare"]
OWN = numpy.array([True, True, False])


def log_loss(gold, other, T, logit_scale):
    """With the targets of Platt, an example by itself for each span."""
    loss = 0.0
    for bins, target in (
        (gold, (gold.sum() + 1) / (gold.sum() + 2)),
        (other, 1 / (other.sum() + 2)),
    ):
        x = logit_scale * numpy.repeat(CENTRES, bins) / T
        loss += (target * numpy.logaddexp(0, -x) + (1 - target) * numpy.logaddexp(0, x)).sum()
    return loss


@pytest.fixture(scope="module")
def counts():
    rng = Random(0)
    cells = random_cells(rng, 800, LABELS[:1]) + random_cells(rng, 700, LABELS[:2], hardness=4)
    return make_counts([cells, [("rare", 1.0, True), ("rare", 0.3, False)]], LABELS)


def test_no_temperature_makes_the_spans_more_likely(counts):
    probable = CENTRES - 1 / 128 >= math.log(0.01 / 0.99) / 2
    gold, other = counts.gold.sum(0) * probable, counts.other.sum(0) * probable
    found = fit_temperatures(counts, OWN)
    grid = numpy.exp(numpy.linspace(numpy.log(LOWEST), numpy.log(HIGHEST), 500))
    for i in range(2):
        losses = [log_loss(gold[i], other[i], T, 2.0) for T in grid]
        assert log_loss(gold[i], other[i], found.of_labels[i], 2.0) <= min(losses) + 1e-6
    assert found.of_labels[1] > 1.5 * found.of_labels[0]


def test_a_rare_label_has_the_temperature_of_all_labels_as_one(counts):
    found = fit_temperatures(counts, OWN)
    probable = CENTRES - 1 / 128 >= math.log(0.01 / 0.99) / 2
    gold, other = (x.sum((0, 1))[None] * probable for x in (counts.gold, counts.other))
    assert found.of_labels[2] == found.pooled == fit_rows(gold, other, 2.0)[0]
    assert len(set(found.of_labels.tolist())) == 3


def test_the_temperature_of_a_model_that_is_too_sure_by_a_factor_is_that_factor():
    rng = numpy.random.default_rng(0)
    for factor in (0.5, 1.0, 3.0):
        S = rng.normal(0, 1, 40_000) * factor
        is_gold = rng.random(len(S)) < 1 / (1 + numpy.exp(-2 * S / factor))
        bins = numpy.searchsorted(CENTRES, S)
        gold, other = (
            numpy.bincount(bins[x], minlength=len(CENTRES))[None] for x in (is_gold, ~is_gold)
        )
        assert fit_rows(gold, other, 2.0)[0] == pytest.approx(factor, rel=0.05)


def test_calibration_lowers_the_error_of_a_model_that_is_too_sure():
    rng = Random(1)
    counts = make_counts([random_cells(rng, 2000, ["a"], hardness=5)], ["a"])
    found = fit_temperatures(counts, OWN[:1])
    before, after = (reliability(counts, temperatures=T).error for T in (None, found.of_labels))
    assert after < before / 2


def test_improbable_spans_do_not_move_a_temperature():
    cells = random_cells(Random(1), 500, ["a"], hardness=5)
    million = make_counts([cells], ["a"])
    million.other[0, 0, CENTRES < -4] += 100_000
    found = [
        fit_temperatures(x, OWN[:1]).pooled for x in (make_counts([cells], ["a"]), million)
    ]
    assert found[0] == found[1]


def test_few_spans_without_a_mistake_get_no_extreme_probabilities():
    """Of n right ones, the next is right with a probability of (n + 1) / (n + 2)."""
    for n in (5, 60, 1000):
        cells = [("a", 2.0, True)] * n + [("a", -2.0, False)] * n
        (T,) = fit_temperatures(make_counts([cells], ["a"]), OWN[:1]).of_labels
        assert 1 / (1 + math.exp(-4 / T)) == pytest.approx((n + 1) / (n + 2), abs=0.002)


@pytest.mark.slow
def test_temperatures_are_within_the_bounds():
    wrong = [("a", -1.0, True)] * 60 + [("a", 1.0, False)] * 60
    found = fit_temperatures(make_counts([wrong], ["a"]), OWN[:1])
    assert found.of_labels.tolist() == [HIGHEST]
    sure = [("a", 0.2, True)] * 60_000 + [("a", -0.2, False)] * 60_000
    found = fit_temperatures(make_counts([sure], ["a"]), OWN[:1])
    assert found.of_labels.tolist() == [LOWEST]
