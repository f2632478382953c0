"""The best threshold is chosen on dev, and what it finds is what the pipe would find."""

import pytest
from spacy.training.initialize import init_nlp

from benchmarks.experiments import build_config, predict, read_cells
from benchmarks.thresholds import (
    THRESHOLDS,
    above,
    lowest_threshold,
    score_at_best_threshold,
)
from spacy_nested_ner.evaluation.documents import EvaluatedDoc, Mention


def doc(gold, predicted):
    return EvaluatedDoc(
        id="1",
        text="abcdefgh",
        token_starts=range(8),
        token_ends=range(1, 9),
        gold=tuple(Mention(i, i + 1, "X") for i in gold),
        predicted=tuple(Mention(i, i + 1, "X", score) for i, score in predicted),
    )


def test_the_threshold_is_that_of_the_highest_f1_on_dev():
    dev = doc([0, 1, 2], [(0, 0.9), (1, 0.37), (2, 0.32), (3, 0.28), (4, 0.07)])
    test = doc([0, 1], [(0, 0.9), (1, 0.2), (5, 0.33)])
    scores = score_at_best_threshold({"dev": [dev], "test": [test]})
    assert scores["threshold"] == 0.3
    assert scores["dev"]["total"] == [3, 3, 3]
    assert scores["test"]["total"] == [2, 2, 1]


def test_of_equally_good_thresholds_the_one_nearest_to_a_half_is_taken():
    dev = doc([0], [(0, 0.99)])
    assert score_at_best_threshold({"dev": [dev]})["threshold"] == 0.5


@pytest.mark.parametrize("arm", ["emc", "stock"])
def test_what_is_left_above_a_threshold_is_what_the_pipe_finds_with_it(arm, plan, corpus):
    cell = next(cell for cell in read_cells(plan) if cell.arm == arm)
    nlp = init_nlp(build_config(cell, corpus.parent))
    pipe = nlp.get_pipe(nlp.pipe_names[-1])
    settings = vars(pipe) if arm == "emc" else pipe.cfg
    path = corpus / "dev.spacy"
    with lowest_threshold(nlp):
        assert settings["threshold"] == THRESHOLDS[0]
        everything = predict(nlp, path).docs
    assert settings["threshold"] == 0.5
    found = sum(len(one.predicted) for one in everything)
    settings["threshold"] = 0.5
    kept = above(everything, 0.5)
    assert kept == predict(nlp, path).docs
    assert 0 < sum(len(one.predicted) for one in kept) < found
