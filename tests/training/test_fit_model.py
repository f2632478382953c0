"""Encoder and scorer by the number of annotated mentions and of labels."""

import pytest
from spacy.util import load_config

from spacy_nested_ner.training.fit_model import (
    DROPOUT,
    FEW_DROPOUT,
    FEW_MENTIONS,
    HEAD_SIZE,
    MANY_LABELS,
    PLAIN,
    RESIDUAL,
    SMALL_HEAD_SIZE,
    fit_model,
)
from tests.conftest import ROOT

FEW = FEW_MENTIONS - 1
SHIPPED, SMALL = ([192, 192, 192], 3), ([96, 96, 96], 2)


def fit(config, n_mentions=FEW, n_labels=5, overrides=(), **changes):
    """Widths of the embedding and of the layers; number and architecture of the layers."""
    config = load_config(ROOT / "configs" / f"{config}.cfg", interpolate=False)
    (pipe,) = config["components"].values()
    tok2vec = pipe["model"]["tok2vec"]
    tok2vec["encode"].update(changes)
    fit_model(config, n_mentions=n_mentions, n_labels=n_labels, overrides=overrides)
    embed = tok2vec["embed"]
    widths = [
        part["width"] for part in (embed, embed["embed"], tok2vec["encode"]) if "width" in part
    ]
    return widths, tok2vec["encode"]["depth"], tok2vec["encode"]["@architectures"]


@pytest.mark.parametrize("config", ["tok2vec", "spancat"])
def test_few_mentions_get_half_the_width_and_two_layers(config):
    assert fit(config) == (*SMALL, PLAIN)
    assert fit(config, FEW_MENTIONS) == (*SHIPPED, PLAIN)


@pytest.mark.parametrize("config", ["tok2vec", "spancat"])
def test_many_labels_get_residual_connections(config):
    assert fit(config, FEW_MENTIONS, MANY_LABELS) == (*SHIPPED, RESIDUAL)
    assert fit(config, FEW, MANY_LABELS) == (*SMALL, RESIDUAL)
    assert fit(config, FEW_MENTIONS, MANY_LABELS - 1) == (*SHIPPED, PLAIN)


def test_the_layers_over_a_pretrained_encoder_stay():
    assert fit("transformer", n_labels=MANY_LABELS) == ([192, 192], 1, PLAIN)


def test_an_encoder_that_a_person_has_chosen_stays():
    assert fit("tok2vec", n_labels=MANY_LABELS, depth=1) == ([192, 192, 192], 1, PLAIN)
    assert fit("tok2vec", **{"@architectures": RESIDUAL}) == (*SHIPPED, RESIDUAL)
    place = "components.nested_spancat.model.tok2vec.encode"
    for name in ("depth", "@architectures"):
        overrides = [f"{place}.{name}"]
        chosen = fit("tok2vec", n_labels=MANY_LABELS, overrides=overrides)
        assert chosen == (*SHIPPED, PLAIN)
    assert fit("tok2vec", overrides=["training.dropout"]) == (*SMALL, PLAIN)


def fit_dropout(config, n_mentions=FEW, n_labels=5, overrides=(), dropout=DROPOUT):
    config = load_config(ROOT / "configs" / f"{config}.cfg", interpolate=False)
    config["training"]["dropout"] = dropout
    fit_model(config, n_mentions=n_mentions, n_labels=n_labels, overrides=overrides)
    return config["training"]["dropout"]


def test_few_mentions_of_few_labels_get_more_dropout_over_a_pretrained_encoder():
    assert fit_dropout("transformer") == FEW_DROPOUT > DROPOUT
    assert fit_dropout("transformer", FEW_MENTIONS) == DROPOUT
    assert fit_dropout("transformer", n_labels=MANY_LABELS) == DROPOUT
    assert fit_dropout("transformer", n_labels=MANY_LABELS - 1) == FEW_DROPOUT
    assert fit_dropout("tok2vec") == DROPOUT


def test_the_shipped_config_over_a_pretrained_encoder_has_the_lower_dropout():
    shipped = load_config(ROOT / "configs" / "transformer.cfg")
    assert shipped["training"]["dropout"] == DROPOUT


def test_a_dropout_that_a_person_has_chosen_stays():
    assert fit_dropout("transformer", overrides=["training.dropout"]) == DROPOUT
    assert fit_dropout("transformer", overrides=["training.seed"]) == FEW_DROPOUT
    assert fit_dropout("transformer", dropout=0.2) == 0.2


def fit_head(config, n_labels=MANY_LABELS, overrides=(), **changes):
    """Size of the queries and keys."""
    config = load_config(ROOT / "configs" / f"{config}.cfg", interpolate=False)
    model = config["components"]["nested_spancat"]["model"]
    model.update(changes)
    fit_model(config, n_mentions=FEW_MENTIONS, n_labels=n_labels, overrides=overrides)
    return model["head_size"]


@pytest.mark.parametrize("config", ["tok2vec", "transformer"])
def test_many_labels_get_small_queries_and_keys(config):
    assert fit_head(config) == SMALL_HEAD_SIZE
    assert fit_head(config, MANY_LABELS - 1) == HEAD_SIZE


def test_a_scorer_for_spancat_gets_them_too():
    scorer = {"@architectures": "spacy_nested_ner.GlobalPointerSpancat.v1"}
    assert fit_head("tok2vec", **scorer) == SMALL_HEAD_SIZE


def test_a_scorer_that_a_person_has_chosen_stays():
    assert fit_head("tok2vec", head_size=32) == 32
    assert fit_head("tok2vec", efficient=True) == HEAD_SIZE
    for name in ("head_size", "efficient"):
        overrides = [f"components.nested_spancat.model.{name}"]
        assert fit_head("tok2vec", overrides=overrides) == HEAD_SIZE
