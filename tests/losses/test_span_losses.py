"""The losses against their formulas, one cell at a time."""

import itertools
import math
import subprocess
import sys

import pytest
import torch
from thinc.api import registry
from torch.autograd import gradcheck

from spacy_nested_ner.losses.competing_spans import span_cost
from spacy_nested_ner.losses.span_losses import EMC, BinaryCrossEntropy, EIoUEMC
from spacy_nested_ner.model.grid import SpanGrid

LENGTHS = [6, 0, 9, 1]
W, L = 5, 3
# two overlapping spans of one label, a nesting, one-token spans, two labels on one span, one
# so far into its document that the widest span before it still overlaps
GOLD = [
    (0, 1, 4, 0),
    (0, 3, 5, 0),
    (0, 0, 1, 1),
    (2, 2, 7, 1),
    (2, 2, 4, 1),
    (2, 2, 4, 2),
    (2, 6, 8, 0),
    (3, 0, 1, 2),
]
READINGS = list(
    itertools.product(["length", "area"], ["expected_cost", "expected_box", "global"])
)


def make_batch():
    """Grid, random logits in float64 and gold cells."""
    grid = SpanGrid(LENGTHS, max_width=W)
    generator = torch.Generator().manual_seed(0)
    S = torch.randn(grid.n_tokens, W, L, dtype=torch.float64, generator=generator)
    doc, start, end, label = torch.tensor(GOLD).unbind(1)
    return grid, S.requires_grad_(), torch.stack((*grid.cells(doc, start, end), label), dim=1)


def spans_of(b: int):
    """All spans of a document as (first, last), inclusive."""
    n = LENGTHS[b]
    return [(i, j) for i in range(n) for j in range(i, min(n, i + W))]


def gold_of(b: int, a: int):
    return [(i, j - 1) for doc, i, j, label in GOLD if (doc, label) == (b, a)]


def logit(S, b: int, span, a: int) -> float:
    return S[sum(LENGTHS[:b]) + span[0], span[1] - span[0], a].item()


def log_sum_exp(values) -> float:
    return math.log(sum(map(math.exp, values)))


def cost(span, gold, geometry="length") -> float:
    ends = (torch.tensor(x, dtype=torch.float64) for x in (*span, *gold))
    return span_cost(*ends, geometry=geometry).item()


def softmax(values):
    total = sum(map(math.exp, values))
    return [math.exp(value) / total for value in values]


def test_emc_is_its_formula():
    grid, S, gold = make_batch()
    total = 0.0
    for b in range(len(LENGTHS)):
        for a in range(L):
            golden = gold_of(b, a)
            total += log_sum_exp(
                [0, *(logit(S, b, s, a) for s in spans_of(b) if s not in golden)]
            )
            total += log_sum_exp([0, *(-logit(S, b, s, a) for s in golden)])
    loss, parts = EMC()(S, gold, grid)
    assert loss.item() == pytest.approx(total / (len(LENGTHS) * L))
    assert parts == {"emc": loss}


def test_emc_gradient_of_a_document_and_label_is_bounded_by_two():
    grid, S, gold = make_batch()
    (d_S,) = torch.autograd.grad(EMC()(100 * S, gold, grid)[0], S)
    per_pair = torch.zeros(len(LENGTHS), L, dtype=torch.float64)
    per_pair.index_add_(0, grid.doc_of_row, d_S.abs().sum(1) / 100 * len(LENGTHS) * L)
    assert per_pair.max() <= 2.0
    assert per_pair.max() > 1.5


@pytest.mark.parametrize("gamma", [0.0, 1.0, 2.0])
def test_binary_cross_entropy_is_its_formula(gamma):
    grid, S, gold = make_batch()
    total = 0.0
    for b in range(len(LENGTHS)):
        for a, span in itertools.product(range(L), spans_of(b)):
            p = 1 / (1 + math.exp(-logit(S, b, span, a)))
            correct = p if span in gold_of(b, a) else 1 - p
            total -= (1 - correct) ** gamma * math.log(correct)
    loss, parts = BinaryCrossEntropy(focal_gamma=gamma)(S, gold, grid)
    assert loss.item() == pytest.approx(total / (len(LENGTHS) * L))
    assert parts == {"bce": loss}


@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_a_cell_without_any_loss_has_a_finite_gradient(gamma):
    S = torch.full((1, 1, 1), -200.0, requires_grad=True)
    no_gold = torch.zeros(0, 3, dtype=torch.long)
    loss, _ = BinaryCrossEntropy(focal_gamma=gamma)(S, no_gold, SpanGrid([1]))
    loss.backward()
    assert loss.item() == 0.0
    assert S.grad.isfinite().all()


def test_one_pair_of_document_and_label_is_divided_by_one():
    S = torch.zeros(1, 1, 1)
    no_gold = torch.zeros(0, 3, dtype=torch.long)
    # one cell, with the probability ½
    for loss in (EMC(), BinaryCrossEntropy()):
        value, _ = loss(S, no_gold, SpanGrid([1]))
        assert value.item() == pytest.approx(math.log(2))


def test_without_gold_spans_the_boundary_term_is_zero():
    grid, S, _ = make_batch()
    loss, parts = EIoUEMC(0.3)(S, torch.zeros(0, 3, dtype=torch.long), grid)
    assert parts["eiou"] == 0
    assert loss.item() == pytest.approx(0.7 * parts["emc"].item())


@pytest.mark.parametrize(
    ("span", "gold", "iou", "length", "area"),
    [
        ((3, 6), (3, 6), 0, 0, 0),
        ((2, 5), (3, 6), 0.4, 0.44, 0.6487),
        ((2, 8), (3, 6), 0.4286, 0.6173, 1.0459),
        ((3, 5), (3, 6), 0.25, 0.3281, 0.5781),
        ((4, 5), (3, 6), 0.5, 0.75, 1.25),
        ((3, 3), (3, 6), 0.75, 1.4531, 2.2031),
        ((7, 10), (3, 6), 1, 1.25, 1.25),
        ((20, 23), (3, 6), 1, 1.6553, 1.6553),
        ((4, 4), (3, 3), 1, 1.25, 1.25),
        ((3, 4), (3, 3), 0.5, 0.8125, 1.3125),
    ],
)
def test_cost_of_a_span_against_a_gold_span(span, gold, iou, length, area):
    assert cost(span, gold, "length") == pytest.approx(length, abs=1e-4)
    assert cost(span, gold, "area") == pytest.approx(area, abs=1e-4)
    overlap = max(0, min(span[1], gold[1]) - max(span[0], gold[0]) + 1)
    union = span[1] - span[0] + gold[1] - gold[0] + 2 - overlap
    assert 1 - overlap / union == pytest.approx(iou, abs=1e-4)


def test_cost_stays_below_its_bound_and_one_token_spans_are_no_division_by_zero():
    n = 40
    i, j = torch.ones(n, n).triu().nonzero(as_tuple=True)
    for geometry, bound in (("length", 2.25), ("area", 3.25)):
        costs = span_cost(i[:, None], j[:, None], i, j, geometry=geometry)
        assert costs.isfinite().all()
        assert costs.min() == 0
        assert bound * 0.8 < costs.max() < bound
        assert (costs == 0).sum() == len(i)  # nothing but the gold span itself is free


def test_cost_does_not_rank_by_overlap():
    assert cost((3, 3), (3, 6)) > cost((7, 10), (3, 6))


def reference_boundary_term(S, geometry, boundary) -> float:
    bound = {"length": 2.25, "area": 3.25}[geometry]
    terms = []
    for b in range(len(LENGTHS)):
        for a in range(L):
            golden = gold_of(b, a)
            if boundary == "global" and golden:
                spans = spans_of(b)
                p = softmax([logit(S, b, s, a) for s in spans])
                costs = [min(cost(s, g, geometry) for g in golden) for s in spans]
                terms.append(sum(x * c for x, c in zip(p, costs)))
            if boundary == "global":
                continue
            for g in golden:
                near = [s for s in spans_of(b) if s[0] <= g[1] and s[1] >= g[0]]
                near = [
                    s
                    for s in near
                    if cost(s, g, geometry)
                    <= min(
                        cost(s, o, geometry) for o in golden if s[0] <= o[1] and s[1] >= o[0]
                    )
                    + 1e-12
                ]
                p = softmax([logit(S, b, s, a) for s in near])
                if boundary == "expected_cost":
                    terms.append(sum(x * cost(s, g, geometry) for x, s in zip(p, near)))
                else:
                    box = [sum(x * s[end] for x, s in zip(p, near)) for end in (0, 1)]
                    terms.append(cost(box, g, geometry))
    return sum(terms) / len(terms) / bound


@pytest.mark.parametrize(("geometry", "boundary"), READINGS)
def test_boundary_term_is_its_definition(geometry, boundary):
    grid, S, gold = make_batch()
    loss, parts = EIoUEMC(beta=0.3, geometry=geometry, boundary=boundary)(S, gold, grid)
    expected = reference_boundary_term(S, geometry, boundary)
    assert parts["eiou"].item() == pytest.approx(expected, abs=1e-6)
    assert 0 < expected < 1
    assert loss.item() == pytest.approx(0.3 * expected + 0.7 * parts["emc"].item(), abs=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize(
    "loss",
    [
        EMC(),
        BinaryCrossEntropy(),
        BinaryCrossEntropy(focal_gamma=2.0),
        *(EIoUEMC(beta=0.5, geometry=g, boundary=b) for g, b in READINGS),
    ],
    ids=str,
)
def test_gradients_in_float64(loss):
    grid, S, gold = make_batch()
    assert gradcheck(lambda S: loss(S, gold, grid)[0], (S,))


@pytest.mark.parametrize("loss", [EMC(), BinaryCrossEntropy(2.0), EIoUEMC(0.5)], ids=str)
@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_finite_without_gold_spans_and_without_tokens_and_far_out(loss, scale):
    for lengths in ([4, 2], [0]):
        grid = SpanGrid(lengths)
        S = (scale * torch.randn(grid.n_tokens, grid.width, 2)).requires_grad_()
        for gold in [torch.zeros(0, 3, dtype=torch.long), torch.tensor([[0, 0, 1]])][
            : sum(lengths) or 1
        ]:
            value, _ = loss(S, gold, grid)
            (d_S,) = torch.autograd.grad(value, S)
            assert value.isfinite()
            assert d_S.isfinite().all()


def test_cells_outside_the_documents_change_nothing():
    grid, S, gold = make_batch()
    for loss in (
        EMC(),
        BinaryCrossEntropy(),
        *(EIoUEMC(0.5, *reading) for reading in READINGS),
    ):
        noisy = torch.where(grid.valid[..., None], S, 1e6)
        assert loss(noisy, gold, grid)[0].item() == loss(S, gold, grid)[0].item()


def test_expected_box_is_blind_to_errors_that_cancel_out():
    grid = SpanGrid([10])
    S = torch.full((10, 10, 1), -1e4, dtype=torch.float64)
    S[2, 5] = S[4, 1] = 0.0  # half the mass on (2, 7), half on (4, 5)
    gold = torch.tensor([[3, 3, 0]])  # (3, 6)
    box = EIoUEMC(0.5, boundary="expected_box")(S, gold, grid)[1]["eiou"].item()
    expected = EIoUEMC(0.5, boundary="expected_cost")(S, gold, grid)[1]["eiou"].item()
    assert box == pytest.approx(0, abs=1e-9)
    assert expected * 2.25 == pytest.approx(0.597, abs=1e-3)


def test_global_reading_is_blind_to_a_missed_gold_span():
    grid = SpanGrid([10])
    S = torch.full((10, 10, 1), -1e4, dtype=torch.float64)
    S[1, 1] = 0.0  # one gold span takes all, the other nothing
    gold = torch.tensor([[1, 1, 0], [6, 2, 0]])
    missed = EIoUEMC(0.5, boundary="global")(S, gold, grid)[1]["eiou"].item()
    seen = EIoUEMC(0.5, boundary="expected_cost")(S, gold, grid)[1]["eiou"].item()
    assert missed == pytest.approx(0, abs=1e-9)
    assert seen > 0.1


@pytest.mark.parametrize(("geometry", "boundary"), READINGS)
def test_boundary_terms_cannot_tell_a_span_from_no_span(geometry, boundary):
    """Adding a constant to all logits changes nothing: why β = 1 is refused."""
    grid, S, gold = make_batch()
    loss = EIoUEMC(0.5, geometry=geometry, boundary=boundary)
    low, high = (loss(S + constant, gold, grid)[1]["eiou"].item() for constant in (0.0, 7.0))
    assert low == pytest.approx(high)


def test_beta_zero_is_emc():
    grid, S, gold = make_batch()
    assert EIoUEMC(0.0)(S, gold, grid)[0].item() == EMC()(S, gold, grid)[0].item()


@pytest.mark.parametrize("beta", [1.0, 1.5, -0.1, math.nan])
def test_beta_outside_its_range_is_refused_with_a_reason(beta):
    with pytest.raises(ValueError, match=rf"beta={beta} .*constant"):
        EIoUEMC(beta)


def test_unknown_readings_and_a_negative_gamma_are_refused_by_name():
    with pytest.raises(ValueError, match=r"geometry='volume'.*length, area"):
        EIoUEMC(0.5, geometry="volume")
    with pytest.raises(ValueError, match=r"boundary='box'.*expected_box"):
        EIoUEMC(0.5, boundary="box")
    with pytest.raises(ValueError, match="focal_gamma=-1"):
        BinaryCrossEntropy(-1)


@pytest.mark.parametrize("t", [0.1, 0.5, 0.9])
def test_probability_of_emc_is_the_soft_target_that_its_logit_is_best_for(t):
    """EMC with a soft target: log(1 + (1 − t) e^S) + log(1 + t e^−S) for one span."""
    S = torch.linspace(-3, 3, 60_001, dtype=torch.float64)
    best = S[(((1 - t) * S.exp()).log1p() + (t * (-S).exp()).log1p()).argmin()]
    assert (EMC.logit_scale * best).sigmoid().item() == pytest.approx(t, abs=1e-3)


@pytest.mark.parametrize("namespace", ["spacy_nested_ner.", ""])
def test_losses_are_registered_under_their_names_and_those_of_old_pipelines(namespace):
    def get(name):
        return registry.losses.get(f"{namespace}{name}.v1")

    assert get("EMC")() == EMC()
    assert get("BinaryCrossEntropy")(focal_gamma=2.0) == BinaryCrossEntropy(2.0)
    made = get("EIoUEMC")(beta=0.2, geometry="area", boundary="global")
    assert made == EIoUEMC(0.2, "area", "global")


def test_losses_import_torch_alone():
    code = """if True:
    import sys, spacy_nested_ner.losses.span_losses
    print([name for name in ("spacy", "thinc") if name in sys.modules])"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
