"""The random corpora have the scores that they are said to have."""

import numpy
import pytest

from benchmarks.intervals import draw_corpus, measure_coverage
from spacy_nested_ner.scoring.matching import score


@pytest.mark.parametrize("share", [0.8, 0.98])
def test_precision_recall_and_f1_have_one_true_value(share):
    rng = numpy.random.default_rng(0)
    counts = draw_corpus(rng, 40_000, share=share, mentions=6.0, icc=0.1)
    assert numpy.array(score(counts.sum(axis=(0, 1)))) == pytest.approx(share, abs=0.003)
    assert counts[..., 0].mean() == pytest.approx(6, abs=0.05)


def test_the_intervals_of_evaluate_contain_the_true_score_more_often():
    row = measure_coverage(5, 0.9, mentions=6.0, icc=0.1, runs=60, n_resamples=100, seed=0)
    assert row["wilson"]["f1"] > row["percentile"]["f1"] + 0.05
    assert row["wilson_width"]["recall"] > row["percentile_width"]["recall"]
