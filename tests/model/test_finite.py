"""Weights, gradients and logits that are not finite are found wherever they are."""

import numpy
import pytest
import torch
from thinc.api import Linear, Model, PyTorchShim, chain
from torch import nn

from spacy_nested_ner.model.finite import (
    NonFiniteDocuments,
    discard_gradients,
    find_non_finite_weight,
    gradients_are_finite,
    has_finite_norm,
)
from spacy_nested_ner.model.grid import SpanGrid
from spacy_nested_ner.model.span_logits import Band, BandLogits, SpanLogits

BAD = [numpy.nan, numpy.inf, -numpy.inf]


def make_model():
    """A layer of Thinc and one of torch, with gradients."""
    torch_layer = nn.Linear(2, 2)
    layer = Model("torch_layer", lambda *args: None, shims=[PyTorchShim(torch_layer)])
    linear = Linear(2, 2).initialize()
    linear.inc_grad("W", numpy.ones((2, 2), dtype="f"))
    for weight in torch_layer.parameters():
        weight.grad = torch.ones_like(weight)
    return chain(linear, layer), linear, layer.shims[0]


@pytest.mark.parametrize("value", BAD)
@pytest.mark.parametrize("where", ["thinc", "torch"])
def test_a_bad_weight_is_found_and_a_huge_one_is_not(where, value):
    model, linear, shim = make_model()
    for number, expected in ((3e38, False), (value, True)):
        if where == "thinc":
            linear.get_param("W")[1, 1] = number
        else:
            shim._model.weight.data[1, 1] = number
        assert (find_non_finite_weight(model) is not None) == expected


@pytest.mark.parametrize("value", [*BAD, 3e38])
@pytest.mark.parametrize("where", ["thinc", "torch"])
def test_a_bad_gradient_is_found_also_if_its_square_overflows(where, value):
    model, linear, shim = make_model()
    assert gradients_are_finite(model)
    if where == "thinc":
        linear.get_grad("W")[0, 1] = value
    else:
        shim._model.bias.grad[0] = value
    assert not gradients_are_finite(model)
    assert not has_finite_norm(torch.tensor([1.0, value]))


def test_an_optimizer_skips_weights_without_gradients():
    model, linear, _shim = make_model()
    called = []

    def optimizer(key, weights, gradient):
        called.append(key)
        return weights, gradient

    discard_gradients([model])
    model.finish_update(optimizer)
    assert called == []
    linear.inc_grad("W", numpy.ones((2, 2), dtype="f"))
    model.finish_update(optimizer)
    assert len(called) == 1


class Scaler:
    """Of float16 on a GPU, after an overflow."""

    found_inf = True

    def __init__(self, scale):
        self._scale = torch.tensor([scale])


@pytest.mark.parametrize(("scale", "expected"), [(65536.0, True), (1.0, True), (0.5, False)])
def test_an_overflow_of_float16_counts_if_the_scale_is_below_one(scale, expected):
    model, _, shim = make_model()
    shim._model.weight.grad[0] = numpy.inf
    shim._grad_scaler = Scaler(scale)
    assert gradients_are_finite(model) == expected


@pytest.mark.parametrize("value", [numpy.nan, numpy.inf])
@pytest.mark.parametrize("efficient", [False, True], ids=["plain", "efficient"])
def test_a_bad_logit_names_its_document_unless_it_is_outside_all_documents(efficient, value):
    grid = SpanGrid([3, 2], max_width=2)
    n_labels = 2

    def make_scores(token, column):
        pair = torch.full((1 if efficient else n_labels, 5, 2), -5.0)
        pair[-1, token, column] = value
        ends = (torch.zeros(5, n_labels), torch.zeros(6, n_labels)) if efficient else ()
        band: Band = (0, 0, BandLogits(pair, *ends))
        return SpanLogits(grid, n_labels, lambda numbers: iter([band]))

    threshold = torch.zeros(n_labels)
    for token, doc in ((0, 0), (4, 1)):
        with pytest.raises(NonFiniteDocuments) as error:
            make_scores(token, 0).above(threshold)
        assert error.value.docs == [doc]
    # the span of the last token and the next one
    assert len(make_scores(4, 1).above(threshold)[1]) == 0
