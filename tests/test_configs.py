"""The shipped configs are complete, resolve, and differ only where they say so."""

import pytest
from spacy import registry
from spacy.schemas import ConfigSchemaTraining
from spacy.util import load_config, load_model_from_config

from spacy_nested_ner.scoring.score_weights import SCORE_WEIGHTS
from tests.conftest import ROOT

CONFIGS = sorted(path.stem for path in (ROOT / "configs").glob("*.cfg"))


def read(name, **settings):
    return load_config(ROOT / "configs" / f"{name}.cfg", **settings)


def components(name):
    return read(name, interpolate=True)["components"]


@pytest.fixture(params=CONFIGS)
def name(request):
    return request.param


def test_the_three_configs_of_the_project_are_there():
    assert CONFIGS == ["spancat", "tok2vec", "transformer"]


def test_filling_a_config_changes_nothing(name):
    config = read(name, interpolate=True)
    assert load_model_from_config(config, auto_fill=True).config.interpolate() == config


def test_every_section_resolves(name):
    nlp = load_model_from_config(read(name), auto_fill=False)
    config = nlp.config.interpolate()
    registry.resolve(config["training"], schema=ConfigSchemaTraining)
    for reader in config["corpora"].values():
        reader["path"] = "corpus"
    assert set(registry.resolve(config["corpora"])) == {"train", "dev"}


def test_training_is_judged_by_f_and_shows_and_saves_all_scores(name):
    weights = read(name, interpolate=True)["training"]["score_weights"]
    assert weights == {f"spans_sc_{score}": w for score, w in SCORE_WEIGHTS.items()}
    (component,) = [c for c in components(name).values() if "scorer" in c]
    assert component["scorer"]["@scorers"] == "spacy_nested_ner.nested_spancat_scorer.v1"


def test_a_learn_rate_falls_to_zero_over_all_updates(name):
    training = registry.resolve(read(name, interpolate=True)["training"])
    optimizer = training["optimizer"]
    rates = [optimizer.learn_rate]
    for _ in range(training["max_steps"]):
        optimizer.step_schedules()
        rates.append(optimizer.learn_rate)
    assert max(rates) == {"transformer": 5e-5}.get(name, 4e-3)
    assert rates[-1] == 0.0 < rates[-2]
    assert training["max_steps"] % training["eval_frequency"] == 0


def test_the_baseline_differs_from_tok2vec_in_the_component_alone():
    ours, stock = read("tok2vec"), read("spancat")
    encoders = [
        components("tok2vec")["nested_spancat"]["model"]["tok2vec"],
        components("spancat")["spancat"]["model"]["tok2vec"],
    ]
    assert encoders[0] == encoders[1]
    for config in (ours, stock):
        del config["components"], config["nlp"]["pipeline"]
    assert ours == stock


def test_no_config_cuts_texts_or_averages_weights(name):
    config = read(name, interpolate=True)
    for reader in config["corpora"].values():
        assert (reader["max_length"], reader["gold_preproc"]) == (0, False)
    assert config["training"]["optimizer"]["use_averages"] is False
