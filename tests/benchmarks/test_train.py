import json

import pytest
from spacy.training.initialize import init_nlp

from benchmarks.lines import append_line
from benchmarks.train import main, run, train
from spacy_nested_ner.training.configure import configure
from spacy_nested_ner.training.overrides import parse_overrides
from tests.conftest import ROOT

CONFIG = ROOT / "configs" / "tok2vec.cfg"
FEW = ("training.max_steps=4", "training.eval_frequency=2", "training.batcher.size=2")


@pytest.fixture(scope="module")
def result(corpus):
    return run(CONFIG, corpus, seed=3, overrides=parse_overrides(FEW))


def test_a_run_has_its_updates_its_speed_and_a_point_an_evaluation(result):
    assert (result["seed"], result["updates"]) == (3, 4)
    assert [point["step"] for point in result["curve"]] == [0, 2, 4]
    assert result["seconds"] > 0
    assert result["words_per_second"] > 0


def test_the_pipeline_ends_as_the_best_of_its_evaluations(corpus, monkeypatch):
    nlp = init_nlp(configure(CONFIG, corpus, overrides=parse_overrides(FEW)))
    encoder = nlp.get_pipe("nested_spancat").model.get_ref("tok2vec")
    scores, weights = iter([0.2, 0.9, 0.1]), []

    def evaluate():
        weights.append(encoder.to_bytes())
        return next(scores), {}

    monkeypatch.setattr("benchmarks.train.create_evaluation_callback", lambda *_: evaluate)
    assert train(nlp)["best_update"] == 2
    assert weights[0] != encoder.to_bytes() == weights[1] != weights[2]


def test_dev_and_test_are_scored_each_with_its_docs(result):
    best = max(point["score"] for point in result["curve"])
    assert result["dev"]["f"] == pytest.approx(best)
    assert list(result["dev"]["per_type"]) == ["DNA", "cell", "protein"]
    assert result["test"]["f"] not in (0.0, result["dev"]["f"])


@pytest.mark.slow
def test_the_same_seed_gives_the_same_curve(corpus, result):
    again = run(CONFIG, corpus, seed=3, overrides=parse_overrides(FEW))
    other = run(CONFIG, corpus, seed=4, overrides=parse_overrides(FEW))
    assert again["curve"] == result["curve"] != other["curve"]


@pytest.mark.slow
def test_a_line_has_its_command_and_no_path_of_the_machine(corpus, tmp_path):
    out = tmp_path / "new" / "runs.jsonl"
    for name in ("first", None):
        main(CONFIG, corpus, out, name=name, seed=1, override=list(FEW), gpu=-1)
    first, second = (json.loads(line) for line in out.read_text().splitlines())
    assert (first["name"], second["name"]) == ("first", "tok2vec")
    assert first["command"] == (
        "python -m benchmarks.train --config configs/tok2vec.cfg --corpus corpus/genia-sample "
        "--out benchmarks/results/runs.jsonl --seed 1 --gpu -1 --override training.max_steps=4 "
        "--override training.eval_frequency=2 --override training.batcher.size=2"
    )
    assert set(first["versions"]) >= {"python", "spacy", "thinc", "torch", "spacy-nested-ner"}
    assert str(tmp_path.parent) not in json.dumps(first)


def test_a_line_is_appended_whole(tmp_path):
    append_line(tmp_path / "runs.jsonl", {"f": 1 / 3, "points": [{"loss": 2 / 3}]})
    append_line(tmp_path / "runs.jsonl", {"f": None})
    assert (tmp_path / "runs.jsonl").read_text() == (
        '{"f":0.33333,"points":[{"loss":0.66667}]}\n{"f":null}\n'
    )
