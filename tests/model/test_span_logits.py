"""What a walk over all cells says, found in blocks, by bounds, and by rows."""

import subprocess
import sys
from functools import partial

import pytest
import torch

from spacy_nested_ner.model import span_logits as module
from spacy_nested_ner.model.grid import SpanGrid
from spacy_nested_ner.model.span_logits import BandLogits, SpanLogits

LENGTHS = [3, 0, 5, 1]
T, W, L = 9, 3, 4


def plain_terms() -> BandLogits:
    return BandLogits(torch.randn(L, T, W, generator=torch.Generator().manual_seed(0)))


def efficient_terms() -> BandLogits:
    generator = torch.Generator().manual_seed(3)
    shapes = (1, T, W), (T, L), (T + W - 1, L)
    return BandLogits(*(torch.randn(*shape, generator=generator) for shape in shapes))


def pieces_of(terms: BandLogits, numbers):
    """As a scorer hands them out: 4 rows and 2 columns at a time, or all."""
    n, w = (4, 2) if numbers else (T, W)
    for row in range(0, T, n):
        for column in range(0, W, w):
            stop, last = min(row + n, T), min(column + w, W)
            pair = terms.pair[:, row:stop, column:last]
            if terms.begin is None:
                yield row, column, BandLogits(pair)
            else:
                ends = slice(row + column, stop + last - 1)
                yield row, column, BandLogits(pair, terms.begin[row:stop], terms.end[ends])


def make_scores(terms: BandLogits) -> SpanLogits:
    return SpanLogits(SpanGrid(LENGTHS, max_width=W), L, partial(pieces_of, terms))


def walk(terms: BandLogits):
    """Every cell and its logit, by the formula."""
    grid = SpanGrid(LENGTHS, max_width=W)
    for t, k in grid.valid.nonzero().tolist():
        for a in range(L):
            if terms.begin is None:
                yield (t, k, a), terms.pair[a, t, k].item()
            else:
                S = terms.pair[0, t, k] + terms.begin[t, a] + terms.end[t + k, a]
                yield (t, k, a), S.item()


@pytest.mark.parametrize(
    "terms", [plain_terms(), efficient_terms()], ids=["plain", "efficient"]
)
def test_the_terms_add_up(terms):
    dense = make_scores(terms).dense()
    assert dense.shape == (T, W, L)
    for cell, logit in walk(terms):
        assert dense[cell].item() == pytest.approx(logit)


@pytest.mark.parametrize(
    "terms", [plain_terms(), efficient_terms()], ids=["plain", "efficient"]
)
@pytest.mark.parametrize(
    "threshold", [[0.0, 0.5, -1.0, torch.inf], [1.5] * L, [-torch.inf] * L]
)
@pytest.mark.parametrize("at_a_time", [1, 7, 10_000])
def test_above_finds_what_a_walk_over_all_cells_finds(monkeypatch, terms, threshold, at_a_time):
    monkeypatch.setattr(module, "_NUMBERS_AT_A_TIME", at_a_time)
    scores = make_scores(terms)
    cells, logits = scores.above(torch.tensor(threshold))
    expected = {cell: S for cell, S in walk(terms) if S > threshold[cell[2]]}
    assert dict(zip(map(tuple, cells.tolist()), logits.tolist())) == expected
    assert len(cells) == len(expected) >= 3
    highest = [max(S for cell, S in walk(terms) if cell[2] == a) for a in range(L)]
    assert scores.highest().tolist() == pytest.approx(highest)


@pytest.mark.parametrize(
    "terms", [plain_terms(), efficient_terms()], ids=["plain", "efficient"]
)
@pytest.mark.parametrize("at_a_time", [1, 7, 10_000])
def test_the_pieces_hold_every_span_once_and_no_piece_is_large(monkeypatch, terms, at_a_time):
    monkeypatch.setattr(module, "_NUMBERS_AT_A_TIME", at_a_time)
    found = []
    for row, column, S, valid in make_scores(terms).pieces():
        n, w = valid.shape
        assert S.shape == (n, w, L)
        # a row is not divided
        assert n == 1 or n * w * L <= at_a_time
        for t, k in valid.nonzero().tolist():
            found += [((row + t, column + k, a), S[t, k, a].item()) for a in range(L)]
    expected = dict(walk(terms))
    assert len(found) == len(expected)
    assert dict(found) == pytest.approx(expected)


def test_a_span_a_rounding_error_above_the_threshold_is_found():
    # the bound of a span with one label is its logit, to the last bit
    for seed in range(200):
        generator = torch.Generator().manual_seed(seed)
        shapes = (1, 1, 1), (1, 1), (1, 1)
        band = BandLogits(*(torch.randn(*shape, generator=generator) for shape in shapes))
        S = band.dense().flatten()
        below = torch.nextafter(S, torch.tensor(-torch.inf))
        assert len(band.above(below, torch.tensor([[True]]))[0]) == 1
        assert len(band.above(S, torch.tensor([[True]]))[0]) == 0


def test_labels_are_added_only_where_some_span_may_reach_the_threshold(monkeypatch):
    n, n_labels = 50, 200
    generator = torch.Generator().manual_seed(0)
    shapes = (1, n, W), (n, n_labels), (n + W - 1, n_labels)
    band = BandLogits(*(torch.randn(*shape, generator=generator) for shape in shapes))
    S = band.dense()
    threshold = S.flatten().topk(8).values[-1].expand(n_labels)
    added = []
    monkeypatch.setattr(
        module, "_numbers_at_a_time", lambda where: added.append(len(where)) or 4000
    )
    cells, _ = band.above(threshold, torch.ones(n, W, dtype=torch.bool))
    assert len(cells) == 7
    assert max(added) < n * W / 3


@pytest.mark.slow
def test_what_is_found_does_not_keep_the_memory_of_the_pieces():
    pytest.importorskip("resource")
    code = """if True:
    import resource, torch
    from spacy_nested_ner.model.global_pointer import GlobalPointer
    from spacy_nested_ner.model.grid import SpanGrid
    from spacy_nested_ner.model.span_logits import SpanLogits

    def peak_mb():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10

    torch.manual_seed(0)
    X, grid = torch.randn(5_000, 32), SpanGrid([5_000])
    head = GlobalPointer(32, 5, head_size=16)
    with torch.no_grad():
        scores = SpanLogits(grid, 5, lambda numbers: head.score_bands(X, grid, numbers))
        highest = scores.highest()
        before = peak_mb()
        cells, _ = scores.above(0.5 * highest)
    print(len(cells), peak_mb() - before)"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    n_found, grown = map(float, result.stdout.split())
    assert n_found > 5_000
    assert grown < 40  # where tensors of each piece are kept, it is about 200


def test_no_cells_nothing_found():
    scores = SpanLogits.from_dense(SpanGrid([0]), torch.zeros(0, 1, 2))
    assert [len(x) for x in scores.above(torch.zeros(2))] == [0, 0]
    assert scores.highest().tolist() == [-torch.inf] * 2
    assert list(scores.pieces()) == []
