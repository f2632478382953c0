from io import BytesIO

import numpy
import pytest
import torch
from spacy.util import registry
from thinc.api import ConfigValidationError, fix_random_seed
from torch import nn

from spacy_nested_ner.encoders import bilstm
from spacy_nested_ner.encoders.bilstm import BiLSTM
from spacy_nested_ner.user_error import UserError

WIDTH = 6
LENGTHS = (3, 0, 7, 1, 4)


def make_encoder(width=WIDTH, depth=2, dropout=0.0, version="v1"):
    fix_random_seed(0)
    build = registry.architectures.get(f"spacy_nested_ner.BiLSTMEncoder.{version}")
    return build(width=width, depth=depth, dropout=dropout)


def make_vectors(lengths=LENGTHS, width=WIDTH):
    random = numpy.random.default_rng(0)
    return [random.normal(size=(n, width)).astype("f") for n in lengths]


def module_of(encoder) -> BiLSTM:
    return encoder.shims[0]._model


def plain_lstm(module: BiLSTM) -> nn.LSTM:
    """PyTorch's own, with the weights of ours, which start from zero."""
    lstm = nn.LSTM(WIDTH, WIDTH // 2, len(module.left_to_right), bidirectional=True)
    weights = {}
    for k, layers in enumerate(zip(module.left_to_right, module.right_to_left)):
        for layer, suffix in zip(layers, ("", "_reverse")):
            for name, value in layer.state_dict().items():
                weights[name.replace("l0", f"l{k}") + suffix] = value
    lstm.load_state_dict(weights)
    return lstm


@pytest.mark.parametrize("depth", [1, 3])
def test_one_document_has_the_vectors_of_pytorchs_bidirectional_lstm(depth):
    encoder = make_encoder(depth=depth)
    (X,) = make_vectors([5])
    with torch.no_grad():
        expected, _ = plain_lstm(module_of(encoder))(torch.tensor(X)[:, None])
    (Y,) = encoder.predict([X])
    numpy.testing.assert_allclose(Y, expected[:, 0].numpy(), atol=1e-6)


def test_a_residual_layer_adds_its_input_to_its_output():
    one, two = make_encoder(depth=1), make_encoder(depth=2, version="v2")
    first, second = module_of(two).state_dict(), {}
    for name in list(first):
        if ".1." in name:
            second[name.replace(".1.", ".0.")] = first.pop(name)
    start = first.pop("start")
    del first["is_residual"]
    (X,) = make_vectors([5])
    module_of(one).load_state_dict({**first, "start": start[:1]}, strict=False)
    (Y,) = one.predict([X])
    module_of(one).load_state_dict({**second, "start": start[1:]}, strict=False)
    expected = Y + one.predict([Y])[0]
    numpy.testing.assert_allclose(two.predict([X])[0], expected, atol=1e-6)


def test_a_single_layer_is_the_same_in_both_versions():
    X = make_vectors()
    for y, z in zip(
        make_encoder(depth=1).predict(X), make_encoder(depth=1, version="v2").predict(X)
    ):
        numpy.testing.assert_array_equal(y, z)


@pytest.mark.parametrize("rows", [1, 8, 10_000])
def test_vectors_do_not_depend_on_the_documents_beside(monkeypatch, rows):
    encoder, X = make_encoder(), make_vectors()
    alone = [encoder.predict([x])[0] for x in X]
    monkeypatch.setattr(bilstm, "_MAX_ROWS", rows)
    for order in ((0, 1, 2, 3, 4), (4, 2, 0, 3, 1)):
        for i, Y in zip(order, encoder.predict([X[i] for i in order])):
            assert Y.shape == (LENGTHS[i], WIDTH)
            numpy.testing.assert_allclose(Y, alone[i], atol=1e-6)


def test_no_padded_group_has_more_rows_than_allowed(monkeypatch):
    monkeypatch.setattr(bilstm, "_MAX_ROWS", 8)
    groups = list(bilstm._group_by_length([3, 0, 7, 1, 4, 9, 4]))
    assert groups == [[3, 0], [4, 6], [2], [5]]


def test_both_ends_of_a_document_see_its_other_end():
    encoder, (X,) = make_encoder(depth=1), make_vectors([6])
    (Y,) = encoder.predict([X])
    for changed, seen in ((0, -1), (-1, 0)):
        other = X.copy()
        other[changed] += 1
        (Z,) = encoder.predict([other])
        assert abs(Z[seen] - Y[seen]).max() > 1e-4


def test_the_start_state_is_learnt_and_differs_by_direction():
    module = module_of(make_encoder(depth=1)).double()
    X = torch.randn(4, WIDTH, dtype=torch.float64)
    module(X, [4], dropout_rate=0.0)[:, : WIDTH // 2].sum().backward()
    gradient = module.start.grad
    assert gradient[0, 0].abs().min() > 0
    assert gradient[0, 1].abs().max() == 0


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_gradients_are_those_of_finite_differences(version):
    module = module_of(make_encoder(width=2, version=version)).double()
    X = torch.randn(9, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(
        lambda x, *_: module(x, [3, 2, 4], dropout_rate=0.0), (X, *module.parameters())
    )


def test_backprop_hands_the_gradient_of_each_document_back():
    encoder, X = make_encoder(), make_vectors()
    Y, backprop = encoder.begin_update(X)
    dX = backprop([numpy.ones_like(y) for y in Y])
    module = module_of(encoder)
    for x, dx in zip(X, dX):
        inputs = torch.tensor(x, requires_grad=True)
        if len(x):
            module(inputs, [len(x)], dropout_rate=0.0).sum().backward()
            numpy.testing.assert_allclose(dx, inputs.grad.numpy(), atol=1e-6)
        else:
            assert dx.shape == (0, WIDTH)


def test_dropout_is_for_training_alone_whatever_the_switch_of_the_module():
    encoder, X = make_encoder(dropout=0.5), make_vectors([8])
    module_of(encoder).train()
    assert_equal = numpy.testing.assert_array_equal
    assert_equal(encoder.predict(X)[0], encoder.predict(X)[0])
    (Y,), _ = encoder.begin_update(X)
    assert abs(Y - encoder.predict(X)[0]).max() > 1e-3


def test_a_single_layer_has_no_dropout():
    encoder, X = make_encoder(depth=1, dropout=0.9), make_vectors([8])
    (Y,), _ = encoder.begin_update(X)
    numpy.testing.assert_allclose(Y, encoder.predict(X)[0], atol=1e-6)


@pytest.mark.parametrize("X", [[], [numpy.zeros((0, 0), "f")], make_vectors([0, 0])])
def test_documents_without_tokens_have_no_vectors(X):
    assert [y.shape for y in make_encoder().predict(X)] == [(0, WIDTH)] * len(X)


def test_vectors_of_another_width_are_refused_in_training_and_prediction():
    encoder = make_encoder()
    for is_train in (True, False):
        with pytest.raises(ConfigValidationError, match=rf"={WIDTH} .* {WIDTH + 2} numbers"):
            encoder(make_vectors(width=WIDTH + 2), is_train)


def test_weights_travel_in_bytes():
    encoder, X = make_encoder(), make_vectors()
    module_of(encoder).start.data += 1.0
    other = make_encoder()
    other.from_bytes(encoder.to_bytes())
    for y, z in zip(encoder.predict(X), other.predict(X)):
        numpy.testing.assert_array_equal(y, z)


@pytest.mark.parametrize(
    ("saved", "message"),
    [
        ({"version": "v1"}, "2 layers of width 6 without residual"),
        ({"version": "v2", "depth": 3}, "3 layers of width 6 with residual"),
    ],
)
def test_weights_of_another_encoder_are_refused(saved, message):
    """Those without residual connections fit into the layers with them, but mean another
    function."""
    encoder = make_encoder(version="v2")
    before = encoder.predict(make_vectors())
    with pytest.raises(UserError, match=f"{message} .* has one with 2 layers .* with residual"):
        encoder.from_bytes(make_encoder(**saved).to_bytes())
    for y, z in zip(before, encoder.predict(make_vectors())):
        numpy.testing.assert_array_equal(y, z)


def test_weights_that_do_not_name_their_connections_are_loaded():
    """Those of earlier versions."""
    encoder = make_encoder(version="v2")
    state = module_of(encoder).state_dict()
    del state["is_residual"]
    saved = BytesIO()
    torch.save(state, saved)
    device = torch.device("cpu")
    loaded = bilstm._deserialize(BiLSTM(WIDTH, 2, residual=True), saved.getvalue(), device)
    for name, value in state.items():
        assert torch.equal(loaded.state_dict()[name], value)


def test_a_single_layer_takes_the_weights_of_both_versions():
    make_encoder(depth=1).from_bytes(make_encoder(depth=1, version="v2").to_bytes())


def test_loading_runs_no_code_of_the_file(monkeypatch):
    """PyTorch before 2.6 does, unless it is asked for the weights only."""
    load, asked = torch.load, []

    def spy(*args, **kwargs):
        asked.append(kwargs.get("weights_only"))
        return load(*args, **kwargs)

    monkeypatch.setattr(torch, "load", spy)
    make_encoder().from_bytes(make_encoder().to_bytes())
    assert asked == [True]


@pytest.mark.parametrize(
    "settings",
    [{"width": 7}, {"width": 0}, {"depth": 0}, {"dropout": 1.0}, {"dropout": -0.1}],
)
def test_settings_that_make_no_encoder_are_refused(settings):
    (value,) = settings.values()
    with pytest.raises(ValueError, match=str(value)):
        make_encoder(**settings)
