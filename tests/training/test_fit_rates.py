"""Learn rates by the size of the pretrained encoder."""

import json

import pytest
from spacy.util import load_config

from spacy_nested_ner.training.fit_rates import LARGE, SMALL, SMALL_WIDTH, Rates, fit_rates
from spacy_nested_ner.user_error import UserError
from tests.conftest import ROOT

SCALE = "components.nested_spancat.learn_rate_scale"
RATE = "training.optimizer.learn_rate.initial_rate"


def read(name):
    return load_config(ROOT / "configs" / f"{name}.cfg", interpolate=False)


def rates_of(config):
    return Rates(
        config["training"]["optimizer"]["learn_rate"]["initial_rate"],
        config["components"]["nested_spancat"]["learn_rate_scale"],
    )


def set_rates(config, rates):
    config["training"]["optimizer"]["learn_rate"]["initial_rate"] = rates.initial_rate
    config["components"]["nested_spancat"]["learn_rate_scale"] = rates.scale


@pytest.fixture
def encoder(tmp_path):
    """A folder with the config of an encoder, and empty files for the rest of it."""

    def make(**config):
        for name in ("model.safetensors", "tokenizer.json"):
            (tmp_path / name).touch()
        (tmp_path / "config.json").write_text(json.dumps(config))
        return str(tmp_path)

    return make


@pytest.fixture
def fit(encoder):
    """Width and rates of the shipped config over an encoder of some width."""

    def fit_config(width=SMALL_WIDTH, overrides=(), rates=LARGE):
        config = read("transformer")
        config["paths"]["encoder"] = encoder(model_type="bert", hidden_size=width)
        set_rates(config, rates)
        return fit_rates(config, overrides), rates_of(config)

    return fit_config


def test_the_shipped_config_has_the_rates_for_a_large_encoder():
    assert rates_of(read("transformer")) == LARGE


def test_a_small_encoder_learns_faster_and_the_rest_of_the_pipe_at_the_same_rate(fit):
    assert fit(SMALL_WIDTH) == (SMALL_WIDTH, SMALL)
    assert fit(SMALL_WIDTH + 1) == (SMALL_WIDTH + 1, LARGE)
    assert SMALL.initial_rate > LARGE.initial_rate
    rest = [rates.initial_rate * rates.scale for rates in (SMALL, LARGE)]
    assert rest == pytest.approx([0.003, 0.003])


def test_another_encoder_in_a_fitted_config_gets_its_own_rates(fit):
    assert fit(768, rates=SMALL) == (768, LARGE)


def test_other_rates_stay(fit):
    for rates in (Rates(1e-4, 60.0), Rates(5e-5, 10.0)):
        assert fit(rates=rates) == (None, rates)


@pytest.mark.parametrize("name", [RATE, SCALE, "training.optimizer"])
def test_rates_that_a_person_has_chosen_stay(fit, name):
    assert fit(overrides=[name]) == (None, LARGE)
    assert fit(overrides=["training.dropout"]) == (SMALL_WIDTH, SMALL)


def test_an_architecture_may_have_another_name_for_the_width(encoder):
    config = read("transformer")
    config["paths"]["encoder"] = encoder(model_type="distilbert", dim=128)
    assert fit_rates(config, ()) == 128


def test_an_encoder_with_code_of_its_own_has_a_width(encoder):
    config = read("transformer")
    config["paths"]["encoder"] = encoder(
        model_type="ours", hidden_size=256, auto_map={"AutoModel": "modeling.Ours"}
    )
    assert fit_rates(config, ()) == 256


def test_the_rates_stay_if_the_encoder_cannot_be_read(tmp_path):
    config = read("transformer")
    config["paths"]["encoder"] = str(tmp_path)
    with pytest.raises(UserError, match=r"config\.json"):
        fit_rates(config, ())
    assert rates_of(config) == LARGE


def test_a_config_without_a_pretrained_encoder_stays():
    config = read("tok2vec")
    assert fit_rates(config, ()) is None
    assert config == read("tok2vec")
    config = read("transformer")  # as with --source
    assert config["paths"]["encoder"] == "dmis-lab/biobert-v1.1"
    config["paths"]["encoder"] = None
    assert fit_rates(config, ()) is None
