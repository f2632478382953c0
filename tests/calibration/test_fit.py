"""Fits as settings, and on folds that they have not seen."""

from random import Random

import numpy
import pytest

from spacy_nested_ner.calibration.fit import FitOptions, cross_fit, fit
from spacy_nested_ner.calibration.logit_counts import EDGES
from spacy_nested_ner.calibration.reliability import sigmoid
from spacy_nested_ner.calibration.thresholds import NEVER, count_found
from spacy_nested_ner.decoding.thresholds import logit_thresholds
from tests.calibration.counts import make_counts, random_cells

LABELS = ["a.b", "c", "rare"]


@pytest.fixture(scope="module")
def counts():
    rng = Random(0)
    folds = [random_cells(rng, n, LABELS[:2], hardness=3) for n in (150, 200, 120)]
    folds[0].append(("rare", 0.4, True))
    return make_counts(folds, LABELS, unreachable={"c": [1, 0, 2], "x": [0, 1, 0]})


@pytest.mark.parametrize("logit_scale", [1.0, 2.0])
@pytest.mark.parametrize("objective", ["micro", "macro", "precision"])
def test_the_settings_lead_to_the_very_edges_that_were_chosen(counts, logit_scale, objective):
    folds = [random_cells(Random(seed), 300, LABELS[:2], hardness=3) for seed in range(3)]
    counts = make_counts(folds, LABELS, logit_scale=logit_scale)
    found = fit(counts, FitOptions(objective, min_precision=0.7, standard_errors=0.0))
    settings = found.settings()
    assert [label for label, _ in settings["thresholds"]] == LABELS[:2]
    assert [label for label, _ in settings["temperatures"]] == LABELS
    thresholds = logit_thresholds(
        LABELS,
        threshold=settings["threshold"],
        thresholds=dict(settings["thresholds"]),
        temperatures=dict(settings["temperatures"]),
        logit_scale=logit_scale,
    )
    edges = [numpy.inf if i == NEVER else EDGES[i] for i in found.thresholds.of_labels]
    assert thresholds.logit.astype("f").tolist() == edges
    assert edges[2] == edges[2]
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
    aim = FitOptions("macro", min_gold=20, standard_errors=0.0)
    found, reliability = cross_fit(counts, aim)
    expected = 0
    for fold, others in ((0, [1, 2]), (1, [0, 2]), (2, [0, 1])):
        fitted = fit(counts.of_folds(others), aim)
        expected = expected + count_found(counts.of_folds([fold]), fitted.thresholds.of_labels)
    assert found.tolist() == expected.tolist()
    # gold mentions are those of all folds, whatever was fitted
    assert found[:, 0].tolist() == [*counts.n_gold.sum(0), 1]
    assert 0 < reliability.error < 1
    in_sample = count_found(counts, fit(counts, aim).thresholds.of_labels)
    assert in_sample.tolist() != found.tolist()
