"""The losses for any documents, gold spans and ignored cells."""

import math

import torch
from hypothesis import given
from hypothesis import strategies as st

from spacy_nested_ner.losses.span_losses import EMC, BinaryCrossEntropy, EIoUEMC
from spacy_nested_ner.model.grid import SpanGrid
from tests.losses.test_span_losses import READINGS, log_sum_exp

LOSSES = [
    EMC(),
    BinaryCrossEntropy(),
    BinaryCrossEntropy(focal_gamma=2.0),
    *(EIoUEMC(0.5, geometry, boundary) for geometry, boundary in READINGS),
]


def cells_of(grid, lengths):
    """The valid cells, as (document, row, column)."""
    row = 0
    for doc, n in enumerate(lengths):
        for i in range(n):
            for column in range(min(grid.width, n - i)):
                yield doc, row + i, column
        row += n


@st.composite
def batches(draw):
    """Lengths, grid, logits (T, w, L) in float64, gold cells, ignored cells or None."""
    lengths = draw(st.lists(st.integers(0, 6), min_size=1, max_size=3))
    n_labels = draw(st.integers(1, 3))
    grid = SpanGrid(lengths, max_width=draw(st.none() | st.integers(1, 4)))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**32)))
    shape = grid.n_tokens, grid.width, n_labels
    scale = draw(st.sampled_from([0.1, 3.0, 50.0]))
    S = scale * torch.randn(shape, dtype=torch.float64, generator=generator)
    share_gold, share_ignored = draw(st.tuples(*[st.sampled_from([0.0, 0.2, 1.0])] * 2))
    is_gold = (torch.rand(shape, generator=generator) < share_gold) & grid.valid[..., None]
    ignored = None
    if share_ignored:
        ignored = (torch.rand(shape, generator=generator) < share_ignored) & ~is_gold
    return lengths, grid, S.requires_grad_(), is_gold.nonzero(), ignored


def slow_terms(batch):
    """For each (document, label) pair with a cell that counts, or without a token: the logits
    off and on gold."""
    lengths, grid, S, gold, ignored = batch
    golden = set(map(tuple, gold.tolist()))
    for doc, n in enumerate(lengths):
        for label in range(S.shape[-1]):
            cells = [
                (row, column, label)
                for d, row, column in cells_of(grid, lengths)
                if d == doc and (ignored is None or not ignored[row, column, label])
            ]
            if cells or not n:
                off = [S[cell].item() for cell in cells if cell not in golden]
                yield off, [S[cell].item() for cell in cells if cell in golden]


@given(batches())
def test_emc_and_binary_cross_entropy_are_their_formulas(batch):
    _, grid, S, gold, ignored = batch
    terms = list(slow_terms(batch))
    n = max(1, len(terms))
    emc = sum(log_sum_exp([0, *off]) + log_sum_exp([0, *(-x for x in on)]) for off, on in terms)
    bce = sum(sum(map(softplus, off)) + sum(softplus(-x) for x in on) for off, on in terms)
    for loss, expected in ((EMC(), emc / n), (BinaryCrossEntropy(), bce / n)):
        value = loss(S, gold, grid, ignored)[0].item()
        assert math.isclose(value, expected, rel_tol=1e-9, abs_tol=1e-9)


def softplus(x):
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


@given(batches(), st.sampled_from(LOSSES))
def test_a_loss_is_finite_and_not_negative_and_only_cells_that_count_have_a_gradient(
    batch, loss
):
    _, grid, S, gold, ignored = batch
    value, parts = loss(S, gold, grid, ignored)
    (gradient,) = torch.autograd.grad(value, S)
    assert value.isfinite()
    assert value >= 0
    assert all(part.isfinite() and part >= 0 for part in parts.values())
    assert gradient.isfinite().all()
    counted = grid.valid[..., None].expand(S.shape)
    counted = counted if ignored is None else counted & ~ignored
    assert not gradient[~counted].any()
    if isinstance(loss, (EMC, BinaryCrossEntropy)):
        # gold logits are pushed up, the others down
        on_gold = torch.zeros(S.shape, dtype=torch.bool)
        on_gold[gold.unbind(1)] = True
        assert (gradient[on_gold] <= 0).all()
        assert (gradient[~on_gold] >= 0).all()


@given(batches(), st.sampled_from(LOSSES[:3]))
def test_a_loss_of_a_batch_is_the_mean_over_its_documents(batch, loss):
    lengths, grid, S, gold, _ = batch
    total, row = 0.0, 0
    for n in lengths:
        alone = SpanGrid([n], max_width=grid.width)
        mine = gold[(gold[:, 0] >= row) & (gold[:, 0] < row + n)] - torch.tensor([row, 0, 0])
        total += loss(S[row : row + n, : alone.width], mine, alone)[0].item()
        row += n
    value = loss(S, gold, grid)[0].item()
    assert math.isclose(value, total / len(lengths), rel_tol=1e-9, abs_tol=1e-12)
