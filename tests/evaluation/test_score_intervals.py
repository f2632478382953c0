"""Intervals against plain Python, and the share of them that contain the true score."""

import math
import statistics

import numpy
import pytest

from spacy_nested_ner.evaluation.bootstrap import intervals, resample
from spacy_nested_ner.evaluation.documents import EvaluatedDoc, Mention
from spacy_nested_ner.evaluation.evaluate import evaluate_docs
from spacy_nested_ner.evaluation.score_intervals import (
    Bounds,
    mean_interval,
    score_intervals,
    t_quantile,
)
from spacy_nested_ner.scoring.matching import score

NO_RESAMPLES = numpy.empty((0, 1, 4))


def bounds_of(counts, n_resamples=1000, seed=0):
    """counts: (units, 4). RETURNS: (low, high) of P, R and F1."""
    counts = numpy.array(counts)[:, None]
    bounds = score_intervals(counts, resample(counts, n_resamples=n_resamples, seed=seed))
    return list(zip(bounds.low[:, 0].tolist(), bounds.high[:, 0].tolist()))


def wilson(share, n, z=1.959964):
    """The two shares from which the observed one is z standard errors away, by bisection."""
    ends = []
    for low, high in ((0.0, share), (share, 1.0)):
        inner, outer = (high, low) if high == share else (low, high)
        for _ in range(60):
            middle = (inner + outer) / 2
            is_near = abs(share - middle) <= z * math.sqrt(middle * (1 - middle) / n)
            inner, outer = (middle, outer) if is_near else (inner, middle)
        ends.append(inner)
    return ends


def test_29_of_29_right_is_not_100_to_100():
    five_documents = [[n, n, n, n] for n in (8, 3, 6, 7, 5)]
    for low, high in bounds_of(five_documents):
        assert high == 1
        assert 0.6 < low < 0.9
    none_found = [[n, 0, n, 0] for n in (8, 3, 6, 7, 5)]
    for low, high in bounds_of(none_found):
        assert low == 0
        assert 0.1 < high < 0.4


def test_an_interval_is_that_of_wilson_with_the_effective_number_of_mentions():
    rng = numpy.random.default_rng(3)
    gold = rng.integers(1, 9, 12)
    right = rng.binomial(gold, rng.beta(4, 1, 12))
    predicted = right + rng.poisson(1, 12)
    counts = numpy.stack([gold, right, predicted, right], axis=1)
    drawn = resample(counts, n_resamples=500, seed=1)
    gold_r, found_r = drawn[:, 0], drawn[:, 1]
    recall = right.sum() / gold.sum()
    variance = statistics.pvariance((found_r / gold_r).tolist()) * 12 / 11
    n = recall * (1 - recall) / variance * (1.959964 / 2.200985) ** 2  # t, 11 df
    assert gold.sum() ** 2 / (gold**2).sum() < n < gold.sum()
    found = bounds_of(counts, n_resamples=500, seed=1)
    assert found[1] == pytest.approx(wilson(recall, n), abs=1e-4)
    # F1 by the Jaccard index
    sums = counts.sum(axis=0)
    jaccard = sums[3] / (sums[0] + sums[2] - sums[3])
    jaccards = drawn[:, 3] / (drawn[:, 0] + drawn[:, 2] - drawn[:, 3])
    n = jaccard * (1 - jaccard) / (statistics.pvariance(jaccards.tolist()) * 12 / 11)
    low, high = wilson(jaccard, n * (1.959964 / 2.200985) ** 2)
    assert found[2] == pytest.approx((2 * low / (1 + low), 2 * high / (1 + high)), abs=1e-4)


def test_the_effective_number_is_at_least_that_of_documents_and_at_most_that_of_mentions():
    # in a document all mentions are right or all wrong
    together = [[10, 10 * right, 10, 10 * right] for right in (1, 1, 1, 0)]
    assert bounds_of(together)[1] == pytest.approx(wilson(0.75, 4), abs=1e-4)
    # the same share in each of many documents: less variance than by chance
    apart = [[10, 8, 10, 8]] * 500
    assert bounds_of(apart)[1] == pytest.approx(wilson(0.8, 5000), abs=1e-3)
    # mentions in a single document of many
    one = [[10, 6, 10, 6]] + [[0, 0, 0, 0]] * 20
    assert bounds_of(one)[1] == pytest.approx(wilson(0.6, 1), abs=1e-4)


def test_with_many_documents_the_interval_is_that_of_the_percentiles():
    rng = numpy.random.default_rng(0)
    gold = rng.poisson(8, 600)
    right = rng.binomial(gold, rng.beta(7, 3, 600))
    predicted = right + rng.poisson(2, 600)
    counts = numpy.stack([gold, right, predicted, right], axis=1)
    drawn = score(resample(counts, n_resamples=4000, seed=0))
    expected = intervals(numpy.stack(drawn, axis=1))
    found = numpy.array(bounds_of(counts, n_resamples=4000)).T
    assert found == pytest.approx(numpy.array(expected), abs=0.0025)


def test_at_least_nine_in_ten_intervals_of_few_documents_contain_the_true_score():
    """The percentiles of the bootstrap contain the true recall in three of four cases."""
    rng = numpy.random.default_rng(0)
    share, runs = 0.95, 300
    inside, inside_percentiles = numpy.zeros(3), numpy.zeros(3)
    for seed in range(runs):
        gold = 1 + rng.poisson(4, 8)
        right = rng.binomial(gold, rng.beta(share * 9, (1 - share) * 9, 8))
        # as many wrong ones as missed ones, so precision, recall and F1 have one true value
        predicted = right + rng.poisson(gold * (1 - share))
        counts = numpy.stack([gold, right, predicted, right], axis=1)
        low, high = zip(*bounds_of(counts, n_resamples=200, seed=seed))
        inside += (numpy.array(low) <= share) & (share <= numpy.array(high))
        drawn = resample(counts[:, None], n_resamples=200, seed=seed)
        low, high = intervals(numpy.stack(score(drawn), axis=1))
        inside_percentiles += ((low <= share) & (share <= high))[:, 0]
    assert (inside / runs > 0.9).all()
    assert inside_percentiles[1] / runs < 0.8


def test_there_are_no_intervals_without_a_score_or_without_resamples():
    assert all(math.isnan(x) for x in numpy.array(bounds_of([[0, 0, 0, 0]] * 3)).ravel())
    counts = numpy.array([[[3, 2, 3, 2]]])
    assert numpy.isnan(score_intervals(counts, NO_RESAMPLES)).all()
    (low, high), recall, f = bounds_of([[3, 0, 0, 0]] * 4)
    assert math.isnan(low)
    assert math.isnan(high)
    assert (recall[0], f[0]) == (0, 0)
    assert 0 < recall[1] < 1


def test_quantiles_are_those_of_the_tables():
    table = {1: 12.7062, 2: 4.3027, 3: 3.1824, 4: 2.7764, 7: 2.3646, 29: 2.0452, 1000: 1.9623}
    found = t_quantile(numpy.array(list(table)))
    assert found == pytest.approx(list(table.values()), abs=0.005)


def test_the_interval_of_a_mean_depends_on_the_correlation():
    rng = numpy.random.default_rng(0)
    values, reach = numpy.array([0.5, 0.6, 0.7]), 0.09
    bounds = Bounds(values - reach, values + reach)
    drawn = rng.normal(size=(20_000, 3))
    low, high = mean_interval(values, bounds, drawn)
    assert (low, high) == pytest.approx((0.6 - reach / 3**0.5, 0.6 + reach / 3**0.5), abs=1e-3)
    low, high = mean_interval(values, bounds, drawn[:, [0, 0, 0]])
    assert (low, high) == pytest.approx((0.6 - reach, 0.6 + reach))
    # a label without gold mentions, one that never varies, and resamples without a value
    values = numpy.array([0.5, math.nan, 1.0])
    bounds = Bounds(numpy.array([0.4, math.nan, 0.8]), numpy.array([0.6, math.nan, 1.0]))
    drawn[:, 2], drawn[::2, 0] = 1.0, math.nan
    low, high = mean_interval(values, bounds, drawn)
    assert low == pytest.approx(0.75 - math.sqrt(0.1**2 + 0.2**2) / 2)
    assert high == pytest.approx(0.75 + 0.05)


def test_perfect_labels_have_a_macro_f_with_an_interval():
    gold = tuple(Mention(4 * i, 4 * i + 3, label) for i, label in enumerate("abc"))
    docs = [EvaluatedDoc(f"{i}", "x" * 12, [0], [12], gold, gold) for i in range(6)]
    found = evaluate_docs(docs)
    macro, of_label = found["macro"]["f"], found["scores"]["label"]["a"]["f"]
    assert macro["value"] == macro["high"] == 1
    assert of_label["low"] < macro["low"] < 1
