"""Weights change as with Thinc's own shim, and no update keeps memory."""

import copy
import gc

import numpy
import pytest
import torch
from thinc.api import SGD, Adam, ArgsKwargs, PyTorchShim, RAdam

from spacy_nested_ner.model.in_place_shim import InPlaceShim
from tests.pipelines import make_examples, make_nlp, train

BILSTM = {
    "@architectures": "spacy.Tok2Vec.v2",
    "embed": {
        "@architectures": "spacy.MultiHashEmbed.v2",
        "width": 16,
        "attrs": ["NORM"],
        "rows": [50],
        "include_static_vectors": False,
    },
    "encode": {
        "@architectures": "spacy_nested_ner.BiLSTMEncoder.v1",
        "width": 16,
        "depth": 1,
        "dropout": 0.0,
    },
}


class Copying:
    """An optimizer that returns other arrays than it gets."""

    def __call__(self, key, weights, gradient, **_):
        return weights - 0.1 * gradient, gradient


OPTIMIZERS = {
    "Adam": lambda: Adam(0.01, L2=0.1, L2_is_weight_decay=True, grad_clip=0.5),
    "averages": lambda: Adam(0.01, use_averages=True),
    "RAdam": lambda: RAdam(0.01),
    "SGD": lambda: SGD(0.1),
    "copying": Copying,
}


def update(shim, optimizer, n):
    for number in range(n):
        X = torch.from_numpy(numpy.random.default_rng(number).normal(size=(4, 3)).astype("f"))
        Y, backprop = shim.begin_update(ArgsKwargs((X,), {}))
        backprop(ArgsKwargs((Y,), {"grad_tensors": (Y.detach(),)}))
        shim.finish_update(optimizer)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_weights_are_those_of_the_shim_of_thinc(name):
    torch.manual_seed(0)
    module = torch.nn.Linear(3, 2)
    module.bias.requires_grad_(False)
    shims = [kind(copy.deepcopy(module)) for kind in (InPlaceShim, PyTorchShim)]
    place = shims[0]._model.weight.data_ptr()
    for shim in shims:
        update(shim, OPTIMIZERS[name](), 5)
    ours, theirs = (shim._model for shim in shims)
    assert torch.equal(ours.weight, theirs.weight)
    assert not torch.equal(ours.weight, module.weight)
    assert torch.equal(ours.bias, module.bias)
    assert ours.weight.grad.abs().sum() == 0
    assert ours.weight.data_ptr() == place


def test_a_copy_has_moments_of_its_own():
    shim = InPlaceShim(torch.nn.Linear(3, 2))
    copied = shim.copy()
    optimizer = Adam(0.01)
    for one in (shim, copied):
        update(one, optimizer, 1)
    assert {key[0] for key in optimizer.nr_update} == {shim.id, copied.id}
    assert torch.equal(shim._model.weight, copied._model.weight)


def count_tensors():
    gc.collect()
    # not isinstance: some lazy objects of libraries answer it with a warning
    return sum(issubclass(type(thing), torch.Tensor) for thing in gc.get_objects())


def test_no_update_of_a_pipe_and_its_encoder_keeps_a_tensor():
    nlp = make_nlp(model={"tok2vec": BILSTM})
    examples = make_examples(nlp.vocab)
    train(nlp, examples, updates=3)
    optimizer = nlp.resume_training()
    counts = []
    for _ in range(3):
        for _ in range(4):
            nlp.update(examples, sgd=optimizer)
        counts.append(count_tensors())
    assert counts[0] == counts[1] == counts[2]
