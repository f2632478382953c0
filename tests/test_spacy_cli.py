"""spaCy's own commands work on the pipe."""

import json
import re

import pytest
import spacy
from spacy.cli import app
from spacy.tokens import DocBin
from typer.testing import CliRunner

from spacy_nested_ner.evaluation.results import evaluate_pipeline
from spacy_nested_ner.files.docbin import read_docs
from tests.conftest import ROOT
from tests.pipelines import SENTENCES, make_examples, make_nlp, spans_of, train


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A trained pipeline and a corpus on disk."""
    folder = tmp_path_factory.mktemp("cli")
    nlp = make_nlp()
    examples = make_examples(nlp.vocab)
    train(nlp, examples, updates=80)
    nlp.to_disk(folder / "pipeline")
    DocBin(docs=[eg.reference for eg in examples]).to_disk(folder / "gold.spacy")
    return folder


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.output


def train_by_command(folder, *, spans_key):
    """Train by `spacy train`; return its log and the performance in the meta of the best."""
    nlp = make_nlp(spans_key=spans_key)
    nlp.config.to_disk(folder / "train.cfg")
    examples = make_examples(nlp.vocab, spans_key=spans_key)
    corpus = folder / f"{spans_key}.spacy"
    DocBin(docs=[eg.reference for eg in examples]).to_disk(corpus)
    output = run(
        "train",
        folder / "train.cfg",
        *("--output", folder / "training"),
        *("--paths.train", corpus),
        *("--paths.dev", corpus),
        *("--training.max_steps", 60),
        *("--training.eval_frequency", 30),
        *("--training.optimizer.learn_rate", 0.005),
    )
    meta = json.loads((folder / "training/model-best/meta.json").read_text())
    return output, meta["performance"]


@pytest.mark.slow
def test_train_logs_the_scores_and_saves_them_by_type(folder):
    output, performance = train_by_command(folder, spans_key="sc")
    header = next(line for line in output.splitlines() if "LOSS" in line)
    assert header.split()[4:] == [
        *("SPANS_SC_F", "SPANS_SC_P", "SPANS_SC_R"),
        *("SPANS_SC_M...", "SPANS_SC_B...", "SPANS_SC_N..."),
        "SCORE",
    ]
    last = [line for line in output.splitlines() if line.split()[1:2] == ["60"]][-1].split()
    names = ["f", "p", "r", "macro_f", "boundary_f", "nested_f"]
    assert all(float(value) > 90 for value in last[3:9])
    for name in names:
        assert performance[f"spans_sc_{name}"] > 0.9
    assert set(performance["spans_sc_per_type"]) == {"DNA", "cell", "protein"}
    for scores in performance["spans_sc_per_type"].values():
        assert set(scores) == {"p", "r", "f"}
        assert scores["f"] > 0.9


@pytest.mark.slow
def test_train_logs_and_saves_the_scores_of_another_key(folder):
    output, performance = train_by_command(folder, spans_key="medical")
    assert "SPANS_MEDI..." in output
    assert "SPANS_SC" not in output
    assert performance["spans_medical_f"] > 0.9
    assert performance["spans_medical_macro_f"] > 0.9
    assert set(performance["spans_medical_per_type"]) == {"DNA", "cell", "protein"}
    assert performance["nested_spancat_loss"] > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("spans_key", "entities", "No gold span under doc.spans['entities'] in 5 training"),
        ("threshold", 2, "threshold=2 is not a probability"),
        ("thresholds", '[["DNA", 2]]', "thresholds['DNA']=2 is not a probability"),
        ("temperatures", '[["virus", 2]]', "temperatures has a value for 'virus'"),
        ("overlap", "none", "nested_spancat -> overlap"),
        ("loss.beta", 1, "beta=1 is outside [0, 1)"),
        ("model.head_size", 7, "head_size=7 does not fit"),
        ("model.max_span_width", 3, "max_span_width=3 would cut the widest gold span"),
    ],
)
def test_a_mistake_in_the_config_ends_training_with_a_sentence(
    folder, setting, value, sentence
):
    nlp = make_nlp(loss={"@losses": "spacy_nested_ner.EIoUEMC.v1", "beta": 0.5})
    nlp.config.to_disk(folder / "mistake.cfg")
    gold = ("--paths.train", folder / "gold.spacy", "--paths.dev", folder / "gold.spacy")
    arguments = ("train", folder / "mistake.cfg", *gold)
    setting = f"--components.nested_spancat.{setting}"
    result = CliRunner().invoke(app, [*map(str, arguments), setting, str(value)])
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)  # anything else would be a traceback
    assert sentence in " ".join(result.output.split())


def test_evaluate(folder):
    run(
        "evaluate",
        folder / "pipeline",
        folder / "gold.spacy",
        "--output",
        folder / "scores.json",
    )
    scores = json.loads((folder / "scores.json").read_text())
    assert scores["spans_sc_f"] == 1.0
    assert set(scores["spans_sc_per_type"]) == {"DNA", "cell", "protein"}


def test_our_evaluate_has_what_spacys_has(folder):
    nlp = spacy.load(folder / "pipeline")
    # the pipeline knows the spans by heart: here are other ones, and some are missing
    sentences = [(text, [*spans[1:], (0, 2, "cell")]) for text, spans in SENTENCES[:3]]
    examples = make_examples(nlp.vocab, sentences)
    DocBin(docs=[eg.reference for eg in examples]).to_disk(folder / "other.spacy")
    arguments = [folder / "pipeline", folder / "other.spacy"]
    run("evaluate", *arguments, "--output", folder / "theirs.json")
    theirs = json.loads((folder / "theirs.json").read_text())
    ours = evaluate_pipeline(nlp, read_docs(folder / "other.spacy", nlp.vocab), n_resamples=0)
    for name in ("spans_sc_p", "spans_sc_r", "spans_sc_f"):
        assert ours[name] == pytest.approx(theirs[name])  # theirs are rounded
    assert set(ours["spans_sc_per_type"]) == set(theirs["spans_sc_per_type"])
    for label, scores in theirs["spans_sc_per_type"].items():
        assert ours["spans_sc_per_type"][label] == pytest.approx(scores)
    assert 0 < ours["spans_sc_r"] < ours["spans_sc_p"] < 1


def test_find_threshold_sees_that_its_thresholds_count(folder):
    output = run(
        *("find-threshold", folder / "pipeline", folder / "gold.spacy"),
        *("nested_spancat", "threshold", "spans_sc_f", "--n_trials", 3),
    )
    rows = dict(re.findall(r"^([01]\.\d+)\s+([01]\.\d+)\s*$", output, flags=re.M))
    scores = {float(threshold): float(score) for threshold, score in rows.items()}
    assert 0 < scores[0.0] < scores[0.5] == 1.0
    assert scores[1.0] == 0.0
    assert "Best threshold: 0.5" in output


def test_benchmark_speed(folder):
    output = run(
        *("benchmark", "speed", folder / "pipeline", folder / "gold.spacy"),
        *("--batch-size", 2, "--warmup", 0),
    )
    assert float(re.search(r"Mean: ([\d.]+) words/s", output).group(1)) > 0


def test_assemble_puts_a_trained_pipe_into_a_new_pipeline(folder):
    source = spacy.load(folder / "pipeline")
    config = source.config.copy()
    config["components"]["nested_spancat"] = {"source": str(folder / "pipeline")}
    config.to_disk(folder / "assemble.cfg")
    run("assemble", folder / "assemble.cfg", folder / "assembled")
    text = SENTENCES[0][0]
    spans = spans_of(spacy.load(folder / "assembled")(text))
    assert spans
    assert spans == spans_of(source(text))


def test_package_asks_for_this_package(folder):
    (folder / "packages").mkdir()
    run(
        *("package", folder / "pipeline", folder / "packages", "--build", "none"),
        *("--name", "nested_test", "--version", "0.0.1"),
    )
    package = folder / "packages/en_nested_test-0.0.1"
    meta = json.loads((package / "meta.json").read_text())
    assert any(name.startswith("spacy-nested-ner") for name in meta["requirements"])
    data = package / "en_nested_test/en_nested_test-0.0.1"
    assert spans_of(spacy.load(data)("ZED")) == [(0, 1, "protein")]


@pytest.mark.slow
def test_debug_data_and_debug_model_accept_the_shipped_config(folder):
    corpus = ("--paths.train", folder / "gold.spacy", "--paths.dev", folder / "gold.spacy")
    config = ROOT / "configs/tok2vec.cfg"
    # five documents for training and evaluation: an error of the data, found by the command
    arguments = [str(value) for value in ("debug", "data", config, *corpus)]
    assert isinstance(CliRunner().invoke(app, arguments).exception, SystemExit)
    run("debug", "model", config, "nested_spancat", *corpus)
