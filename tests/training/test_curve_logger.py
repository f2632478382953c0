"""The logger that says whether the curve of a training still rises."""

import io
import re

import pytest
from spacy.tokenizer import Tokenizer
from spacy.tokens import DocBin
from spacy.training.loop import train as train_with_spacy

from spacy_nested_ner.training.curve_logger import describe_curve
from tests.pipelines import make_examples, make_nlp


def curve(*scores, every=80):
    """Evaluations of a run: the first follows the first update, the last the last one."""
    return [(score, number * every) for number, score in enumerate(scores)]


def test_a_curve_that_rises_gives_the_rise_and_twice_the_updates():
    text = describe_curve(curve(0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.52, 0.56, 0.58))
    assert re.findall(r"[+-]\d+\.\d|\b[\d,]{3,}\b", text) == ["+18.0", "640", "1280"]


def test_a_curve_that_is_level_gives_no_number_of_updates():
    text = describe_curve(curve(0.0, 0.1, 0.2, 0.59, 0.5, 0.58, 0.6, 0.58, 0.5))
    assert re.findall(r"[+-]\d+\.\d|\b[\d,]{3,}\b", text) == ["+1.0", "640"]


def test_a_curve_of_zeros_is_not_level():
    assert "1280" in describe_curve(curve(*[0.0] * 9))


@pytest.mark.parametrize("scores", [[], [0.0], [0.0, 0.1, 0.2, 0.3]])
def test_a_few_evaluations_are_no_curve(scores):
    assert describe_curve(curve(*scores)) is None


def test_a_best_score_in_the_first_half_is_a_fall():
    text = describe_curve(curve(0.0, 0.1, 0.2, 0.6, 0.5, 0.55, 0.5, 0.5, 0.5))
    assert "falls, -5.0 points" in text
    assert "model-best" in text
    assert "rises" not in text


def test_a_fall_that_is_rounded_to_zero_is_none():
    text = describe_curve(curve(0.0, 0.1, 0.2, 0.6, 0.5, 0.5999, 0.5, 0.5, 0.5))
    assert "hardly rises, +0.0 points" in text


def test_a_rise_that_early_stopping_cuts_off_counts():
    points = [*curve(0.0, 0.3, 0.4, 0.5, 0.6), (0.7, 330)]
    assert "660" in describe_curve(points)


def log_of(logger, folder):
    """What `spacy train` writes with a logger: 8 updates, an evaluation before each."""
    nlp = make_nlp()
    nlp.tokenizer = Tokenizer(nlp.vocab)  # splits at blanks, as the examples do
    examples = make_examples(nlp.vocab)
    nlp.initialize(lambda: examples)
    nlp.config["training"].update(max_steps=8, eval_frequency=1, logger=logger)
    path = folder / "examples.spacy"
    DocBin(docs=[eg.reference for eg in examples]).to_disk(path)
    for reader in nlp.config["corpora"].values():
        reader["path"] = str(path)
    out = io.StringIO()
    train_with_spacy(nlp, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def test_it_adds_one_line_to_what_the_other_logger_writes(tmp_path):
    console = {"@loggers": "spacy.ConsoleLogger.v1", "progress_bar": False}
    ours = {"@loggers": "spacy_nested_ner.CurveLogger.v1", "logger": console}
    plain, more = log_of(console, tmp_path), log_of(ours, tmp_path)
    assert plain.count("\n") > 9
    assert more.startswith(plain)
    assert more.removeprefix(plain).count("\n") == 1
