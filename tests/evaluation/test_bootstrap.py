import math

import numpy
import pytest

from spacy_nested_ner.evaluation import bootstrap
from spacy_nested_ner.evaluation.bootstrap import find_units, intervals, resample
from spacy_nested_ner.evaluation.documents import EvaluatedDoc, Mention
from spacy_nested_ner.evaluation.evaluate import evaluate_docs
from spacy_nested_ner.evaluation.slices import count_slices, find_labels
from spacy_nested_ner.scoring.matching import macro_f, score
from tests.evaluation.random_docs import LABELS, random_docs


def make_doc(number, *, found, document=None):
    gold = (Mention(0, 3, "DNA"),)
    return EvaluatedDoc(
        f"{number}", "abc", [0], [3], gold, gold if found else (), document=document
    )


@pytest.mark.parametrize("chunk", [bootstrap.CHUNK, 30])
def test_a_sample_is_the_sum_of_as_many_units_as_there_are(monkeypatch, chunk):
    monkeypatch.setattr(bootstrap, "CHUNK", chunk)
    data = numpy.random.default_rng(1).integers(9, size=(7, 3, 4))
    # one column a unit says how often it was drawn
    counts = numpy.concatenate([numpy.eye(7, dtype=int), data.reshape(7, -1)], axis=1)
    sums = resample(counts, n_resamples=50, seed=chunk)
    drawn = sums[:, :7].astype(int)
    assert (drawn.sum(axis=1) == 7).all()
    assert len({tuple(row) for row in drawn.tolist()}) > 40
    for sample, times in zip(sums[:, 7:].reshape(-1, 3, 4), drawn):
        by_hand = sum(n * of_unit for n, of_unit in zip(times.tolist(), data))
        assert (sample == by_hand).all()


def test_units_are_drawn_with_one_probability():
    drawn = resample(numpy.eye(5), n_resamples=4000, seed=0)
    assert drawn.mean(axis=0) == pytest.approx(numpy.ones(5), abs=0.06)
    # how often one of five is drawn in five draws: binomial, variance n p (1 - p)
    assert drawn.var(axis=0) == pytest.approx(numpy.full(5, 0.8), abs=0.06)


def test_the_same_seed_draws_the_same_units():
    counts = numpy.arange(24).reshape(6, 1, 4)
    one, again, other = (resample(counts, n_resamples=9, seed=seed) for seed in (1, 1, 2))
    assert (one == again).all()
    assert (one != other).any()


def test_an_interval_has_the_middle_95_of_100_samples_that_have_a_value():
    values = numpy.random.default_rng(0).permutation(numpy.arange(101.0))
    some = numpy.concatenate([values, numpy.full(30, math.nan)])
    none = numpy.full(131, math.nan)
    low, high = intervals(numpy.stack([some, none], axis=1))
    assert (low[0], high[0]) == (2.5, 97.5)
    assert numpy.isnan([low[1], high[1]]).all()


def test_the_interval_of_a_share_is_that_of_the_binomial_distribution():
    docs = [make_doc(i, found=i % 10 < 3) for i in range(400)]
    recall = evaluate_docs(docs, n_resamples=2000)["scores"]["all"]["micro"]["r"]
    half = 1.96 * math.sqrt(0.3 * 0.7 / 400)
    assert recall["value"] == 0.3
    assert recall["low"] == pytest.approx(0.3 - half, abs=0.006)
    assert recall["high"] == pytest.approx(0.3 + half, abs=0.006)


def test_sentences_of_one_document_are_drawn_together():
    # in each of 40 documents all ten sentences are right, or none
    def interval(with_documents):
        docs = [
            make_doc(
                10 * document + i,
                found=document % 10 < 3,
                document=f"{document}" if with_documents else None,
            )
            for document in range(40)
            for i in range(10)
        ]
        found = evaluate_docs(docs, n_resamples=2000)
        recall = found["scores"]["all"]["micro"]["r"]
        return found["intervals"], recall["high"] - recall["low"]

    (together, wide), (single, narrow) = interval(True), interval(False)
    assert (together["unit"], together["units"]) == ("document", 40)
    assert (single["unit"], single["units"]) == ("text", 400)
    assert wide == pytest.approx(2 * 1.96 * math.sqrt(0.3 * 0.7 / 40), abs=0.03)
    assert narrow == pytest.approx(2 * 1.96 * math.sqrt(0.3 * 0.7 / 400), abs=0.01)


def test_texts_of_one_document_are_drawn_one_by_one():
    units = find_units([make_doc(i, found=True, document="book") for i in range(4)])
    assert units == ("text", [0, 1, 2, 3], 4)


def test_a_doc_without_document_is_a_unit_by_itself():
    names = ["a", None, "b", None, "a", "1"]
    units = find_units([make_doc(i, found=True, document=d) for i, d in enumerate(names)])
    assert units == ("document", [0, 1, 2, 3, 0, 4], 5)


def test_one_text_has_no_intervals():
    found = evaluate_docs([make_doc(0, found=True)])
    assert found["intervals"]["samples"] == 0
    assert found["scores"]["all"]["micro"]["f"] == {"value": 1.0, "low": None, "high": None}
    assert found["macro"]["f"] == {"value": 1.0, "low": None, "high": None}


def test_resampled_scores_equal_scoring_every_resample_by_itself():
    docs = random_docs(25)
    labels = find_labels(docs)
    counted = count_slices(
        docs, range(25), labels=labels, frequency=dict.fromkeys(labels, "head")
    )
    sums = resample(counted.counts, n_resamples=60, seed=5)
    drawn = resample(numpy.eye(25), n_resamples=60, seed=5).astype(int).tolist()
    without = 0
    for times, counts in zip(drawn, sums):
        again = [doc for doc, n in zip(docs, times) for _ in range(n)]
        scores = evaluate_docs(again, n_resamples=0)
        for (facet, name), f in zip(counted.names, score(counts).f.tolist()):
            if facet == "frequency" or name not in scores["scores"][facet]:
                continue
            by_hand = scores["scores"][facet][name]["f"]["value"]
            without += by_hand is None
            assert f == pytest.approx(math.nan if by_hand is None else by_hand, nan_ok=True)
    assert without  # rare mentions are not in every resample


def test_a_score_without_denominator_is_none():
    # gold, found, predicted, right
    counts = numpy.array(
        [[0, 0, 0, 0], [3, 0, 0, 0], [0, 0, 3, 0], [3, 0, 2, 0], [4, 3, 2, 1], [4, 1, 2, 0]]
    )
    precision, recall, f = (x.tolist() for x in score(counts))
    nan = math.nan
    assert precision == pytest.approx([nan, nan, 0, 0, 0.5, 0], nan_ok=True)
    assert recall == pytest.approx([nan, 0, nan, 0, 0.75, 0.25], nan_ok=True)
    assert f == pytest.approx([nan, 0, nan, 0, 0.6, 0], nan_ok=True)


def test_macro_f_is_the_mean_of_the_labels_with_gold_mentions():
    perfect, none, only_predicted = [5, 5, 5, 5], [2, 0, 0, 0], [0, 0, 9, 0]
    assert macro_f(numpy.array([perfect, none, only_predicted])) == 0.5
    assert math.isnan(macro_f(numpy.array([only_predicted])))
    only_predicted_here = EvaluatedDoc("d", "abc", [0], [3], (), (Mention(0, 3, "new"),))
    found = evaluate_docs([*random_docs(80), only_predicted_here], n_resamples=0)
    by_label = {label: s["f"]["value"] for label, s in found["scores"]["label"].items()}
    assert by_label.pop("new") is None
    assert found["macro"]["labels"] == len(LABELS)
    assert found["macro"]["f"]["value"] == pytest.approx(sum(by_label.values()) / len(LABELS))
