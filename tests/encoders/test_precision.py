"""The choice between bfloat16 and float32, with the probes of torch replaced."""

import logging

import numpy
import pytest
import spacy
import torch
from spacy.util import registry

from spacy_nested_ner.encoders import precision
from spacy_nested_ner.encoders.precision import bfloat16_is_fast, low_precision

CPU = torch.device("cpu")


@pytest.fixture
def machine(monkeypatch):
    """Make torch find these units."""

    def make(amx=False, granted=True, avx=False, faster=False):
        units = {"_is_amx_tile_supported": amx, "_is_avx512_bf16_supported": avx}
        for name, found in {**units, "_init_amx": granted}.items():
            monkeypatch.setattr(torch.cpu, name, lambda found=found: found, raising=False)
        monkeypatch.setattr(precision, "_product_is_faster", lambda: faster)
        bfloat16_is_fast.cache_clear()

    yield make
    bfloat16_is_fast.cache_clear()


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ({}, False),
        ({"faster": True}, False),
        ({"amx": True}, True),
        ({"amx": True, "granted": False}, False),
        ({"amx": True, "granted": False, "avx": True, "faster": True}, True),
        ({"avx": True}, False),
        ({"avx": True, "faster": True}, True),
    ],
)
def test_auto_is_bfloat16_where_units_for_it_are_fast(machine, caplog, units, expected):
    machine(**units)
    with caplog.at_level(logging.INFO, logger="spacy"):
        chosen = {low_precision("auto", CPU, training=False) for _ in range(3)}
    assert chosen == {torch.bfloat16 if expected else None}
    # once
    (line,) = caplog.messages
    assert ("bfloat16 on" in line, "float32 on" in line) == (expected, not expected)


def test_auto_is_float32_in_training_and_on_a_gpu(machine):
    machine(amx=True)
    assert low_precision("auto", CPU, training=True) is None
    assert low_precision("auto", torch.device("cuda"), training=False) is None


@pytest.mark.parametrize("training", [False, True])
def test_a_precision_that_is_named_is_taken(machine, training):
    machine()
    assert low_precision("float32", CPU, training=training) is None
    assert low_precision("bfloat16", CPU, training=training) == torch.bfloat16
    assert low_precision("float16", torch.device("cuda"), training=training) == torch.float16


@pytest.mark.parametrize(("amx", "same_as"), [(True, "bfloat16"), (False, "float32")])
def test_an_encoder_predicts_in_what_auto_chooses(machine, tiny_transformer, amx, same_as):
    machine(amx=amx)
    build = registry.architectures.get("spacy_nested_ner.HuggingFaceEncoder.v1")
    docs = [spacy.blank("en").make_doc("a gene in bx")]
    vectors = {}
    for choice in ("auto", "float32", "bfloat16"):
        encoder = build(tiny_transformer, precision=choice)
        encoder.initialize()
        (vectors[choice],) = encoder.predict(docs)
    numpy.testing.assert_array_equal(vectors["auto"], vectors[same_as])
    assert (vectors["float32"] != vectors["bfloat16"]).any()
