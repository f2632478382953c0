"""The encoder from scratch by the number of annotated mentions and of labels."""

import pytest
from spacy.util import load_config

from spacy_nested_ner.training.scratch_encoder import (
    FEW_MENTIONS,
    MANY_LABELS,
    PLAIN,
    RESIDUAL,
    fit_encoders,
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
    fit_encoders(config, n_mentions=n_mentions, n_labels=n_labels, overrides=overrides)
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
