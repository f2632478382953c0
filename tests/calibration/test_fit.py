"""Fits as settings, and what of them is applied."""

from random import Random

import numpy
import pytest

from spacy_nested_ner.calibration.fit import Fit, FitOptions, fit
from spacy_nested_ner.calibration.logit_counts import EDGES
from spacy_nested_ner.calibration.reliability import reliability, sigmoid
from spacy_nested_ner.calibration.temperatures import HIGHEST, fit_temperatures
from spacy_nested_ner.calibration.thresholds import (
    NEVER,
    choose_thresholds,
    count_found,
)
from spacy_nested_ner.calibration.thresholds import make_counts as count_labels
from spacy_nested_ner.decoding.thresholds import logit_thresholds
from spacy_nested_ner.scoring.matching import macro_f, score
from tests.calibration.counts import make_counts, random_cells

LABELS = ["a.b", "c", "rare"]


@pytest.fixture(scope="module")
def counts():
    rng = Random(0)
    folds = [random_cells(rng, n, LABELS[:2], hardness=3) for n in (150, 200, 120)]
    folds[0].append(("rare", 0.4, True))
    return make_counts(folds, LABELS, unreachable={"c": [1, 0, 2], "x": [0, 1, 0]})


def few_counts(seed):
    """Few spans, of which nobody knows whether a temperature or a threshold can help."""
    rng = Random(seed)
    folds = [random_cells(rng, 25, LABELS[:2], hardness=rng.uniform(0.3, 4)) for _ in range(5)]
    shift = rng.gauss(0, 0.7)
    return make_counts([[(a, S + shift, g) for a, S, g in cells] for cells in folds], LABELS)


def logits_of(settings, counts):
    return logit_thresholds(
        counts.labels,
        threshold=settings["threshold"],
        thresholds=dict(settings["thresholds"]),
        temperatures=dict(settings["temperatures"]),
        logit_scale=counts.logit_scale,
    )


@pytest.mark.parametrize("logit_scale", [1.0, 2.0])
@pytest.mark.parametrize("objective", ["micro", "macro", "precision"])
def test_the_settings_lead_to_the_very_edges_that_were_chosen(logit_scale, objective):
    folds = [random_cells(Random(seed), 300, LABELS[:2], hardness=3) for seed in range(3)]
    counts = make_counts(folds, LABELS, logit_scale=logit_scale)
    found = fit(counts, FitOptions(objective, min_precision=0.7, standard_errors=0.0))
    settings = found.settings(0.5)
    assert [label for label, _ in settings["temperatures"]] == LABELS
    thresholds = logits_of(settings, counts)
    edges = [
        (numpy.inf if i == NEVER else EDGES[i]) if is_new else 0.0
        for i, is_new in zip(found.thresholds.of_labels, found.has_new_threshold)
    ]
    assert found.has_new_threshold.any()
    assert thresholds.logit.astype("f").tolist() == edges
    T = logit_scale / thresholds.scale
    assert T.tolist() == pytest.approx(found.temperatures.of_labels.tolist())


def test_every_edge_that_may_be_chosen_has_a_probability_that_leads_to_it(counts):
    found = fit(counts, FitOptions())
    for T in (0.1, 0.7313, 3.0, 10.0):
        for edge in range(0, NEVER, 7):
            if abs(2 * EDGES[edge] / T) <= 20:
                p = found._probability(edge, T)
                assert p == pytest.approx(float(sigmoid(2 * EDGES[edge] / T)), rel=0.05)
    assert found._probability(EDGES.tolist().index(0.0), 3.0) == 0.5
    assert found._probability(NEVER, 3.0) == 1.0


def test_a_fold_is_counted_with_the_settings_fitted_to_the_others(counts):
    options = FitOptions("precision", min_precision=0.6, min_gold=20)
    found = fit(counts, options)
    is_own = numpy.array([True, True, False])
    expected = 0
    for fold, others in ((0, [1, 2]), (1, [0, 2]), (2, [0, 1])):
        seen = counts.of_folds(others)
        temperatures = fit_temperatures(seen, is_own)
        of_labels = numpy.where(found.has_new_temperature, temperatures.of_labels, 1.0)
        chosen = choose_thresholds(
            seen,
            temperatures._replace(of_labels=of_labels),
            objective="precision",
            min_precision=0.6,
        )
        expected = expected + count_found(counts.of_folds([fold]), chosen.of_labels)
    assert found.cross_fitted.table.tolist() == expected.tolist()
    # gold mentions are those of all folds, whatever was fitted
    assert found.cross_fitted.table[:, 0].tolist() == [*counts.n_gold.sum(0), 1]
    assert found.cross_fitted.table.tolist() != found.dev.table.tolist()
    assert fit(counts.of_folds([1]), options).cross_fitted is None


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["micro", "macro"])
def test_nothing_is_worse_than_before_on_folds_that_were_not_used_for_fitting(objective):
    n_applied = {"temperatures": 0, "thresholds": 0}
    for seed in range(40):
        counts = few_counts(seed)
        found = fit(counts, FitOptions(objective, min_gold=10 + 30 * (seed % 2)))
        error = reliability(counts).error
        before = count_labels(counts, counts.right.sum(0), counts.predicted.sum(0))
        for tried in (found.dev, found.cross_fitted):
            assert tried.error <= error
            if objective == "micro":
                assert score(tried.table.sum(0)).f >= score(before.sum(0)).f
            else:
                assert macro_f(tried.table) >= macro_f(before)
        n_applied["temperatures"] += found.has_new_temperature.any()
        n_applied["thresholds"] += found.has_new_threshold.any()
    assert all(5 < n < 38 for n in n_applied.values()), n_applied


def test_a_label_that_keeps_its_settings_predicts_the_same_spans():
    kept = 0
    for seed in range(20):
        counts = few_counts(seed)
        found = fit(counts, FitOptions(min_gold=10))
        after = logits_of(found.settings(0.5), counts)
        for i in numpy.flatnonzero(~found.has_new_temperature):
            assert after.scale[i] == counts.logit_scale
        for i in numpy.flatnonzero(~found.has_new_threshold):
            assert after.logit[i] == 0
            assert found.dev.table[i, 2] == counts.predicted[:, i].sum()
            kept += found.has_new_temperature[i]
    assert kept


def test_a_kept_threshold_has_the_same_logit_at_a_new_temperature(counts):
    found = fit(counts, FitOptions())
    new = numpy.array([True, False, True])
    T = found.temperatures._replace(of_labels=numpy.array([3.0, 1.0, 2.0]))
    kept = Fit(
        counts,
        T,
        found.thresholds,
        new,
        numpy.zeros(3, dtype=bool),
        found.dev,
        None,
    )
    object.__setattr__(counts, "thresholds", numpy.array([0.8, 0.7, 1.0]))
    settings = kept.settings(0.8)
    assert logits_of(settings, counts).logit == pytest.approx(
        [numpy.log(4) / 2, numpy.log(7 / 3) / 2, numpy.inf]
    )
    assert dict(settings["thresholds"])["c"] == 0.7
    assert kept.probabilities()[2] == 1.0


def test_errors_in_opposite_directions_that_cancelled_are_not_made_worse():
    """One label is too sure, the other one not sure enough: together they look calibrated."""
    cells = []
    for label, shares in (("a.b", (0.62, 0.38)), ("c", (0.98, 0.02))):
        for logit, share in zip((0.7, -0.7), shares):
            n = round(200 * share)
            cells += [(label, logit, True)] * n + [(label, logit, False)] * (200 - n)
    counts = make_counts([cells[i::5] for i in range(5)], LABELS[:2])
    found = fit(counts, FitOptions())
    before = reliability(counts).error
    assert reliability(counts, label="a.b").error > 0.15 > 0.02 > before
    assert max(found.dev.error, found.cross_fitted.error) <= before


def test_a_temperature_at_its_bound_is_not_applied():
    """Probable spans that are wrong as often as right: a higher temperature is always better
    for them, and would make all improbable spans probable."""
    weak = [("a", S, gold) for S in (-1.0, 0.0, 1.0) for gold in (True, False)] * 20
    found = fit(make_counts([weak, weak], ["a"]), FitOptions())
    assert fit_temperatures(found.counts, numpy.array([True])).of_labels.tolist() == [HIGHEST]
    assert found.has_new_temperature.tolist() == [False]
    assert dict(found.settings(0.5)["temperatures"]) == {"a": 1.0}


def test_without_probable_spans_everything_is_kept():
    cells = [("a.b", -9.0, True), ("a.b", -9.5, False), ("c", -12.0, False)] * 20
    found = fit(make_counts([cells[:30], cells[30:]], LABELS), FitOptions(min_gold=1))
    assert not found.has_new_temperature.any()
    assert found.temperatures.of_labels.tolist() == [1.0] * 3
