"""Thinc around torch: the same numbers, gradients and bytes as torch alone."""

import numpy
import pytest
import torch
from thinc.api import NumpyOps, get_current_ops, to_numpy
from thinc.types import Ragged

from spacy_nested_ner.model.bridge import build_grid_head, build_spans_head, scorer_slot
from spacy_nested_ner.model.finite import NonFiniteDocuments
from spacy_nested_ner.model.grid import SpanGrid
from spacy_nested_ner.model.scorer_slot import ScorerOptions

LENGTHS = [4, 0, 6, 1]
D, L = 10, 3


def options(**changes) -> ScorerOptions:
    return ScorerOptions(
        **{"head_size": 8, "rope": True, "efficient": False, "linear_terms": False, **changes}
    )


def token_vectors():
    rng = numpy.random.default_rng(0)
    ops = get_current_ops()
    return [ops.asarray2f(rng.normal(size=(n, D)).astype("f")) for n in LENGTHS]


def initialised(head, X):
    head.initialize(X=X, Y=get_current_ops().alloc2f(1, L))
    for parameter in scorer_slot(head).parameters():
        torch.nn.init.normal_(parameter, std=0.3, generator=torch.Generator().manual_seed(3))
    return head


@pytest.mark.parametrize("efficient", [False, True])
def test_gradients_through_the_bridge_equal_plain_torch(efficient):
    head = initialised(build_grid_head(options(efficient=efficient)), token_vectors())
    X = token_vectors()
    scores, backprop = head.begin_update(X)
    logits = scores.dense()
    d_logits = torch.randn(logits.shape, generator=torch.Generator().manual_seed(1))
    dX = backprop(d_logits)
    scorer = scorer_slot(head).built
    through_thinc = [parameter.grad.clone() for parameter in scorer.parameters()]

    scorer.zero_grad()
    flat = torch.tensor(numpy.concatenate(X), requires_grad=True)
    plain = scorer(flat, SpanGrid(LENGTHS))
    plain.backward(d_logits)
    assert torch.equal(plain, logits)
    assert [x.shape for x in dX] == [(n, D) for n in LENGTHS]
    assert numpy.array_equal(numpy.concatenate(dX), flat.grad.numpy())
    for ours, parameter in zip(through_thinc, scorer.parameters()):
        assert torch.equal(ours, parameter.grad)
        assert ours.abs().sum() > 0


@pytest.mark.parametrize("efficient", [False, True])
def test_a_head_learns_from_one_token(efficient):
    (*_, X) = token_vectors()  # one token
    head = initialised(build_grid_head(options(efficient=efficient)), [X])
    scores, backprop = head.begin_update([X])
    (gradient,) = backprop(torch.ones_like(scores.dense()))
    assert gradient.shape == X.shape
    assert numpy.abs(to_numpy(gradient)).sum() > 0


def test_vectors_that_are_too_large_name_their_documents():
    X = token_vectors()
    head = initialised(build_grid_head(options()), X)
    X[2][:] = 1e38
    with pytest.raises(NonFiniteDocuments) as error:
        head.predict(X)
    assert error.value.docs == [2]
    for vectors in X:  # each has a norm, and all together have none
        vectors[:] = 6e18 / D**0.5
    with pytest.raises(NonFiniteDocuments) as error:
        head.predict(X)
    assert error.value.docs == [0, 2, 3]


def test_prediction_gives_the_logits_of_training_without_dropout():
    head = initialised(build_grid_head(options()), token_vectors())
    head.attrs["dropout_rate"] = 0.5
    scores, _ = head.begin_update(token_vectors())
    predicted = head.predict(token_vectors())
    assert not torch.equal(scores.dense(), predicted.dense())
    head.attrs["dropout_rate"] = 0.0
    scores, _ = head.begin_update(token_vectors())
    assert torch.equal(scores.dense(), predicted.dense())


def test_spancat_head_gives_probabilities_of_the_suggested_spans_alone():
    X = token_vectors()
    spans = Ragged(
        numpy.array([[0, 1], [1, 4], [2, 6], [0, 1]], dtype="i"),
        numpy.array([2, 0, 1, 1], dtype="i"),
    )
    head = initialised(build_spans_head(options()), (X, spans))
    probabilities = head.predict((X, spans))
    flat = torch.tensor(numpy.concatenate(X))
    S = scorer_slot(head).built(flat, SpanGrid(LENGTHS))
    expected = S[torch.tensor([0, 1, 6, 10]), torch.tensor([0, 2, 3, 0])].sigmoid()
    assert probabilities == pytest.approx(expected.detach().numpy(), abs=1e-6)


def test_spancat_head_turns_p_minus_y_into_the_gradient_of_cross_entropy():
    X = token_vectors()
    spans = Ragged(
        numpy.array([[0, 2], [3, 4], [1, 5]], dtype="i"), numpy.array([2, 0, 1, 0], dtype="i")
    )
    head = initialised(build_spans_head(options()), (X, spans))
    p, backprop = head.begin_update((X, spans))
    y = numpy.array([[1, 0, 0], [0, 1, 1], [0, 0, 0]], dtype="f")
    dX, _ = backprop(p - y)

    flat = torch.tensor(numpy.concatenate(X), requires_grad=True)
    scorer = scorer_slot(head).built
    logits = scorer.score_spans(
        flat, SpanGrid(LENGTHS), torch.tensor([0, 3, 5]), torch.tensor([1, 3, 8])
    )
    torch.nn.functional.binary_cross_entropy_with_logits(
        logits, torch.tensor(y), reduction="sum"
    ).backward()
    assert numpy.concatenate(dX) == pytest.approx(flat.grad.numpy(), abs=1e-6)


def test_spancat_head_takes_no_suggestions():
    X = token_vectors()
    none = Ragged(numpy.zeros((0, 0), dtype="i"), numpy.zeros(4, dtype="i"))
    head = initialised(build_spans_head(options()), (X, none))
    assert head.predict((X, none)).shape == (0, L)


def test_weights_that_have_learned_nothing_stay_when_initialised_again():
    X = token_vectors()
    head = initialised(build_grid_head(options()), X)
    before = head.predict(X).dense()
    head.initialize(X=X, Y=get_current_ops().alloc2f(1, L))
    assert torch.equal(head.predict(X).dense(), before)


def test_bytes_fill_a_head_that_was_never_initialised():
    X = token_vectors()
    head = initialised(build_grid_head(options(max_span_width="auto")), X)
    scorer_slot(head).widest_gold = 3
    loaded = build_grid_head(options(max_span_width="auto")).from_bytes(head.to_bytes())
    assert torch.equal(loaded.predict(X).dense(), head.predict(X).dense())
    assert loaded.predict(X).grid.width == 3


def test_a_width_edited_in_the_config_counts_when_loading():
    X = token_vectors()
    head = initialised(build_grid_head(options(max_span_width="auto")), X)
    scorer_slot(head).widest_gold = 3
    loaded = build_grid_head(options(max_span_width=5)).from_bytes(head.to_bytes())
    assert loaded.predict(X).grid.width == 5


def test_weights_of_another_shape_are_refused_by_name():
    head = initialised(build_grid_head(options()), token_vectors())
    with pytest.raises(ValueError, match=r"'head_size': 8.*'head_size': 16"):
        build_grid_head(options(head_size=16)).from_bytes(head.to_bytes())


def test_scoring_without_weights_is_an_error_with_advice():
    with pytest.raises(ValueError, match=r"nlp.initialize"):
        build_grid_head(options()).predict(token_vectors())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"head_size": 7}, "head_size=7 "),
        ({"head_size": 0}, "head_size=0 "),
        ({"max_span_width": 0}, "max_span_width=0 "),
    ],
)
def test_options_that_cannot_work_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        options(**changes)


def test_an_odd_head_size_is_fine_without_rope():
    options(head_size=7, rope=False)


@pytest.mark.skipif(not isinstance(get_current_ops(), NumpyOps), reason="runs on a GPU")
def test_float16_is_refused_without_a_gpu():
    with pytest.raises(ValueError, match=r"float16.*GPU"):
        options(mixed_precision="float16")
