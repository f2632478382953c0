"""The size of the encoder by the number of annotated mentions."""

import pytest
from spacy.util import load_config

from spacy_nested_ner.training.encoder_size import FEW_MENTIONS, fit_encoders
from tests.conftest import ROOT

FEW = FEW_MENTIONS - 1


def fit(config, n_mentions=FEW, overrides=(), **changes):
    """Widths of the embedding and of the layers, and number of layers."""
    config = load_config(ROOT / "configs" / f"{config}.cfg", interpolate=False)
    (pipe,) = config["components"].values()
    tok2vec = pipe["model"]["tok2vec"]
    tok2vec["encode"].update(changes)
    fit_encoders(config, n_mentions, overrides)
    embed = tok2vec["embed"]
    widths = [
        part["width"] for part in (embed, embed["embed"], tok2vec["encode"]) if "width" in part
    ]
    return widths, tok2vec["encode"]["depth"]


@pytest.mark.parametrize("config", ["tok2vec", "spancat"])
def test_few_mentions_get_half_the_width_and_two_layers(config):
    assert fit(config) == ([96, 96, 96], 2)
    assert fit(config, FEW_MENTIONS) == ([192, 192, 192], 3)


def test_the_layers_over_a_pretrained_encoder_stay():
    assert fit("transformer") == ([192, 192], 1)


def test_a_size_that_a_person_has_chosen_stays():
    assert fit("tok2vec", depth=1) == ([192, 192, 192], 1)
    chosen = "components.nested_spancat.model.tok2vec.encode.depth"
    assert fit("tok2vec", overrides=[chosen]) == ([192, 192, 192], 3)
    assert fit("tok2vec", overrides=["training.dropout"]) == ([96, 96, 96], 2)
