"""Temperatures against a search over many."""

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


def log_loss(gold, other, T, logit_scale):
    x = logit_scale * CENTRES / T
    return gold @ numpy.logaddexp(0, -x) + other @ numpy.logaddexp(0, x)


@pytest.fixture(scope="module")
def counts():
    rng = Random(0)
    cells = random_cells(rng, 800, LABELS[:1]) + random_cells(rng, 700, LABELS[:2], hardness=4)
    return make_counts([cells, [("rare", 1.0, True), ("rare", 0.3, False)]], LABELS)


def test_no_temperature_makes_the_spans_more_likely(counts):
    gold, other = counts.gold.sum(0), counts.other.sum(0)
    found = fit_temperatures(counts, min_gold=50)
    assert found.is_own.tolist() == [True, True, False]
    grid = numpy.exp(numpy.linspace(numpy.log(LOWEST), numpy.log(HIGHEST), 500))
    for i in range(2):
        losses = [log_loss(gold[i], other[i], T, 2.0) for T in grid]
        assert log_loss(gold[i], other[i], found.of_labels[i], 2.0) <= min(losses) + 1e-6
    assert found.of_labels[1] > 1.5 * found.of_labels[0]


def test_a_rare_label_has_the_temperature_of_all_labels_as_one(counts):
    found = fit_temperatures(counts, min_gold=50)
    gold, other = (x.sum((0, 1))[None] for x in (counts.gold, counts.other))
    assert found.of_labels[2] == found.pooled == fit_rows(gold, other, 2.0)[0]
    assert fit_temperatures(counts, min_gold=1).is_own.all()


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
    found = fit_temperatures(counts, min_gold=1)
    before, after = (reliability(counts, temperatures=T).error for T in (None, found.of_labels))
    assert after < before / 2


def test_data_without_a_mistake_has_a_temperature_within_the_bounds():
    cells = [("a", 2.0, True)] * 60 + [("a", -2.0, False)] * 60
    found = fit_temperatures(make_counts([cells], ["a"]), min_gold=50)
    assert found.of_labels.tolist() == [LOWEST]
    wrong = [(label, -logit, is_gold) for label, logit, is_gold in cells]
    found = fit_temperatures(make_counts([wrong], ["a"]), min_gold=50)
    assert found.of_labels.tolist() == [HIGHEST]
