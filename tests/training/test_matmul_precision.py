"""The callback that lets PyTorch multiply less exactly in training."""

import pytest
import spacy
import torch
from thinc.api import ConfigValidationError

from tests.pipelines import make_examples, make_nlp


@pytest.fixture
def precision():
    """What PyTorch multiplies with now; after the test it is again what it was."""
    before = torch.get_float32_matmul_precision()
    yield torch.get_float32_matmul_precision
    torch.set_float32_matmul_precision(before)


@pytest.mark.parametrize("wanted", ["high", "medium"])
def test_training_sets_the_precision_and_loading_does_not(wanted, precision, tmp_path):
    nlp = make_nlp_of(wanted)
    nlp.initialize(lambda: make_examples(nlp.vocab))
    assert precision() == wanted
    nlp.to_disk(tmp_path)
    torch.set_float32_matmul_precision("highest")
    spacy.load(tmp_path)
    assert precision() == "highest"


def test_a_precision_that_pytorch_does_not_know_is_refused(precision):
    nlp = make_nlp_of("low")
    with pytest.raises(ConfigValidationError, match=r"precision\s.*'low' is not"):
        nlp.initialize(lambda: make_examples(nlp.vocab))
    assert precision() == "highest"


def make_nlp_of(wanted):
    """A pipeline with the callback in its config, not initialized."""
    nlp = make_nlp()
    nlp.config["initialize"]["before_init"] = {
        "@callbacks": "spacy_nested_ner.torch_matmul_precision.v1",
        "precision": wanted,
    }
    return nlp
