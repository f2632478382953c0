"""Cells of which the gold says nothing do not count in any loss."""

import pytest
import torch

from spacy_nested_ner.losses.span_losses import EMC, BinaryCrossEntropy, EIoU, EIoUEMC
from spacy_nested_ner.model.grid import SpanGrid
from tests.losses.test_span_losses import (
    LENGTHS,
    READINGS,
    L,
    W,
    gold_of,
    log_sum_exp,
    logit,
    make_batch,
    spans_of,
)

LOSSES = [
    EMC(),
    BinaryCrossEntropy(),
    BinaryCrossEntropy(focal_gamma=2.0),
    *(EIoU(geometry, boundary) for geometry, boundary in READINGS),
    *(EIoUEMC(0.5, geometry, boundary) for geometry, boundary in READINGS),
]


def make_ignored(gold, grid):
    """A third of the cells, all of document 2 for label 2 except gold, and no gold cell."""
    generator = torch.Generator().manual_seed(1)
    ignored = torch.rand(grid.n_tokens, W, L, generator=generator) < 1 / 3
    ignored[6:15, :, 2] = True
    ignored[:6, :, 2] = True  # a pair without gold: nothing is left of it
    ignored[gold.unbind(1)] = False
    return ignored


def judged_pairs(ignored):
    return [
        (b, a)
        for b in range(len(LENGTHS))
        for a in range(L)
        if not spans_of(b) or not all(logit(ignored, b, s, a) for s in spans_of(b))
    ]


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_ignored_cells_have_no_gradient_and_do_not_change_the_loss(loss):
    grid, S, gold = make_batch()
    ignored = make_ignored(gold, grid)
    value = loss(S, gold, grid, ignored)[0]
    (d_S,) = torch.autograd.grad(value, S)
    assert (d_S[ignored] == 0).all()
    assert (d_S[~ignored & grid.valid[..., None]] != 0).any()
    other = torch.where(ignored, 50.0, S)
    assert loss(other, gold, grid, ignored)[0].item() == value.item()


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_ignored_cells_count_as_cells_that_are_surely_no_span(loss):
    # the slow reference: a logit of -1e4 has weight 0 in each loss
    grid, S, gold = make_batch()
    ignored = make_ignored(gold, grid)
    reference = torch.where(ignored, -1e4, S)
    # a pair without a cell that counts is left out; the empty document counts as before
    pairs, left = len(LENGTHS) * L, len(judged_pairs(ignored))
    assert left < pairs
    if isinstance(loss, EIoUEMC):
        emc, eiou = EMC()(reference, gold, grid)[0], EIoU(loss.geometry, loss.boundary)
        expected = 0.5 * eiou(reference, gold, grid)[0] + 0.5 * emc * pairs / left
    else:
        expected = loss(reference, gold, grid)[0]
        if not isinstance(loss, EIoU):
            expected = expected * pairs / left
    assert loss(S, gold, grid, ignored)[0].item() == pytest.approx(expected.item(), abs=1e-9)


def test_emc_is_its_formula_over_the_cells_that_count():
    grid, S, gold = make_batch()
    ignored = make_ignored(gold, grid)
    total = 0.0
    for b, a in ((b, a) for b in range(len(LENGTHS)) for a in range(L)):
        golden = gold_of(b, a)
        judged = [s for s in spans_of(b) if not logit(ignored, b, s, a)]
        total += log_sum_exp([0, *(logit(S, b, s, a) for s in judged if s not in golden)])
        total += log_sum_exp([0, *(-logit(S, b, s, a) for s in golden)])
    assert EMC()(S, gold, grid, ignored)[0].item() == pytest.approx(
        total / len(judged_pairs(ignored))
    )


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_a_mask_without_a_cell_changes_nothing_to_the_last_bit(loss):
    grid, S, gold = make_batch()
    nothing = torch.zeros(S.shape, dtype=torch.bool)
    values = [loss(S, gold, grid, ignored)[0] for ignored in (None, nothing)]
    gradients = [torch.autograd.grad(value, S)[0] for value in values]
    assert values[0].item() == values[1].item()
    assert torch.equal(*gradients)


@pytest.mark.parametrize("loss", [EMC(), BinaryCrossEntropy(), EIoUEMC(0.5)], ids=repr)
def test_a_document_that_is_not_annotated_is_as_if_it_were_not_in_the_batch(loss):
    grid = SpanGrid([4, 3], max_width=3)
    S = torch.randn(7, 3, 2, generator=torch.Generator().manual_seed(0))
    gold = torch.tensor([(1, 1, 0)])
    ignored = torch.zeros(7, 3, 2, dtype=torch.bool)
    ignored[4:] = True
    alone = loss(S[:4], gold, SpanGrid([4], max_width=3))[0]
    assert loss(S, gold, grid, ignored)[0].item() == pytest.approx(alone.item())
