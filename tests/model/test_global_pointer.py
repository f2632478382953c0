"""The scorer against a slow and obvious reference."""

import cmath
import math

import pytest
import torch

from spacy_nested_ner.model import global_pointer as module
from spacy_nested_ner.model.global_pointer import GlobalPointer
from spacy_nested_ner.model.grid import SpanGrid
from spacy_nested_ner.model.rotation import Rotation

LENGTHS = [5, 0, 9, 1]  # unequal, one empty, one of a single token
D, L, d = 12, 3, 8


def make_scorer(**options) -> GlobalPointer:
    torch.manual_seed(0)
    scorer = GlobalPointer(D, L, head_size=d, **options)
    for parameter in scorer.parameters():  # biases too: zeros would hide a mistake
        torch.nn.init.normal_(parameter, std=0.5)
    return scorer


def token_vectors(n: int) -> torch.Tensor:
    return torch.randn(n, D, generator=torch.Generator().manual_seed(1))


def rotate(x: list, position: int) -> list:
    """Interleaved pairs as complex numbers, turned by position · 10000^(−2m/d)."""
    turned = []
    for m in range(d // 2):
        angle = position * 10000 ** (-2 * m / d)
        z = complex(x[2 * m], x[2 * m + 1]) * cmath.exp(1j * angle)
        turned += [z.real, z.imag]
    return turned


def reference_logit(scorer: GlobalPointer, X, i: int, j: int, a: int) -> float:
    """The formula of the module, one span and one label at a time."""
    W, b = scorer.projection.weight, scorer.projection.bias
    X = torch.stack([(x - x.mean()) / (x.var(correction=0) + 1e-5).sqrt() for x in X])
    efficient = scorer.label_bias is not None
    head = 0 if efficient else a
    at = head * 2 * d
    qi, ki = (W @ X[i] + b)[at : at + 2 * d].tolist()[:d], (W @ X[i] + b)[at + d :][:d].tolist()
    qj, kj = (W @ X[j] + b)[at : at + 2 * d].tolist()[:d], (W @ X[j] + b)[at + d :][:d].tolist()
    q, k = (rotate(qi, i), rotate(kj, j)) if scorer.rotation is not None else (qi, kj)
    logit = sum(x * y for x, y in zip(q, k)) / math.sqrt(d)
    if efficient:
        V, c = scorer.label_bias.weight, scorer.label_bias.bias
        logit += (V[a] @ torch.tensor(qi + ki) + c[a]).item()
        logit += (V[L + a] @ torch.tensor(qj + kj) + c[L + a]).item()
    if scorer.linear_terms is not None:
        B, E, C = (
            getattr(scorer.linear_terms, x).weight[head] for x in ("begin", "end", "inside")
        )
        logit += (B @ X[i] + scorer.linear_terms.begin.bias[head] + E @ X[j]).item()
        logit += (X[i : j + 1] @ C).mean().item()
    return logit


# options that change the formula
HEADS = [
    {"efficient": efficient, "linear_terms": linear_terms}
    for efficient in (False, True)
    for linear_terms in (False, True)
]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("rope", [False, True])
@pytest.mark.parametrize("max_width", [None, 1, 4])
def test_logits_are_those_of_the_formula(head, rope, max_width):
    scorer = make_scorer(**head, rope=rope)
    X = token_vectors(sum(LENGTHS))
    logits = scorer(X, SpanGrid(LENGTHS, max_width=max_width))
    widest = max_width or max(LENGTHS)
    assert logits.shape == (sum(LENGTHS), widest, L)
    offset = 0
    for n in LENGTHS:
        doc = X[offset : offset + n]
        for i in range(n):
            for j in range(i, min(n, i + widest)):
                expected = [reference_logit(scorer, doc, i, j, a) for a in range(L)]
                assert logits[offset + i, j - i].tolist() == pytest.approx(expected, abs=1e-4)
        offset += n


def test_suggested_spans_get_the_logits_of_their_cells():
    for head in HEADS:
        scorer = make_scorer(**head)
        X, grid = token_vectors(sum(LENGTHS)), SpanGrid(LENGTHS)
        row, column = grid.valid.nonzero(as_tuple=True)
        logits = scorer.score_spans(X, grid, row, row + column)
        torch.testing.assert_close(logits, scorer(X, grid)[row, column], atol=1e-5, rtol=1e-5)


def test_rotary_scores_depend_on_the_distance_alone():
    scorer = make_scorer()
    n, w = 3000, 6
    X = token_vectors(1).expand(n, D)
    S = scorer(X, SpanGrid([n], max_width=w))
    whole = S[: n - w + 1]
    torch.testing.assert_close(whole, whole[:1].expand_as(whole), atol=1e-5, rtol=1e-5)
    assert (whole[0, 0] - whole[0, 1]).abs().min() > 1e-3  # and they do depend on it


def test_rotation_stays_exact_a_hundred_thousand_tokens_into_a_document():
    scorer = make_scorer()
    far = 100_000
    position = torch.tensor([0, 3, far, far + 3])
    x = token_vectors(1)[:, :d].expand(4, d)
    turned = scorer.rotation(x.clone(), position, far + 4)
    near, distant = turned[0] @ turned[1], turned[2] @ turned[3]
    assert float(near) == pytest.approx(float(distant), abs=1e-5)


def test_without_rope_the_distance_does_not_matter():
    S = make_scorer(rope=False)(token_vectors(1).expand(9, D), SpanGrid([9], max_width=4))
    torch.testing.assert_close(S[:6], S[:1, :1].expand(6, 4, L))


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("max_width", [None, 5, 1])
@pytest.mark.parametrize("numbers", [1, 2000, 10**6])
@pytest.mark.parametrize("widest", [2, 256])
def test_pieces_of_the_grid_are_those_of_the_whole(
    monkeypatch, head, max_width, numbers, widest
):
    monkeypatch.setattr(module, "_WIDEST", widest)
    scorer = make_scorer(**head)
    lengths = [5, 0, 30, 1]
    X, grid = token_vectors(sum(lengths)), SpanGrid(lengths, max_width=max_width)
    whole = scorer(X, grid)
    pieced = torch.full_like(whole, torch.nan)
    n_pieces = 0
    for row, column, band in scorer.score_bands(X, grid, numbers):
        piece = band.dense()
        at = slice(row, row + piece.shape[0]), slice(column, column + piece.shape[1])
        assert pieced[at].isnan().all()  # no cell twice
        assert grid.valid[at].any()
        pieced[at] = piece
        n_pieces += 1
    torch.testing.assert_close(pieced[grid.valid], whole[grid.valid], atol=1e-5, rtol=1e-5)
    assert (n_pieces > 1) == (numbers == 1 or numbers == 2000 or grid.width > widest)


def test_what_lies_inside_stays_exact_a_hundred_thousand_tokens_into_a_document():
    scorer = make_scorer(rope=False, linear_terms=True)
    n, w = 100_000, 3
    X = token_vectors(1).expand(n, D)
    S = scorer(X, SpanGrid([n], max_width=w))[: n - w + 1]
    torch.testing.assert_close(S, S[:1, :1].expand_as(S), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("head", HEADS)
def test_batching_does_not_change_scores(head):
    scorer = make_scorer(**head)
    X, grid = token_vectors(sum(LENGTHS)), SpanGrid(LENGTHS)
    together = scorer(X, grid)
    offset = 0
    for n in LENGTHS:
        alone = scorer(X[offset : offset + n], SpanGrid([n]))
        valid = SpanGrid([n]).valid
        torch.testing.assert_close(
            together[offset : offset + n, : alone.shape[1]][valid],
            alone[valid],
            atol=1e-5,
            rtol=1e-5,
        )
        offset += n


def test_the_scale_of_the_encoder_does_not_matter():
    scorer = make_scorer(efficient=True, linear_terms=True)
    X, grid = token_vectors(15), SpanGrid(LENGTHS)
    torch.testing.assert_close(scorer(30 * X, grid), scorer(X, grid), atol=1e-3, rtol=1e-3)


def test_cells_outside_the_grid_are_finite():
    scorer = make_scorer(efficient=True, linear_terms=True)
    assert scorer(token_vectors(15), SpanGrid(LENGTHS)).isfinite().all()


def test_efficient_head_hardly_grows_with_the_labels():
    def size(n_labels, efficient):
        sizes = {"head_size": 64, "efficient": efficient, "linear_terms": False}
        scorer = GlobalPointer(768, n_labels, **sizes)
        return sum(parameter.numel() for parameter in scorer.parameters())

    assert [size(5, False), size(100, False)] == [492_160, 9_843_200]
    assert [size(5, True), size(100, True)] == [99_722, 124_232]


@pytest.mark.parametrize("head", HEADS)
def test_before_the_training_hardly_any_span_is_above_zero(head):
    torch.manual_seed(0)
    scorer = GlobalPointer(96, 20, **head)
    X, grid = torch.randn(60, 96), SpanGrid([30, 30])
    with torch.no_grad():
        above = (scorer(X, grid)[grid.valid] > 0).float().mean().item()
    has_bias = scorer.linear_terms is not None or scorer.label_bias is not None
    assert above < 0.15 if has_bias else 0.45 < above < 0.55


def test_the_spans_of_a_new_label_are_rare():
    scorer, larger = make_scorer(), GlobalPointer(D, L + 1, head_size=d)
    larger.copy_labels(scorer, range(L))
    X, grid = token_vectors(15), SpanGrid([15])
    with torch.no_grad():
        known, new = larger(X, grid)[grid.valid].split((L, 1), 1)
    torch.testing.assert_close(known, scorer.forward(X, grid)[grid.valid].detach())
    assert (new > 0).float().mean() < 0.15


def test_bfloat16_products_leave_logits_in_float32_and_close():
    exact, rounded = make_scorer(), make_scorer(precision=torch.bfloat16)
    X, grid = token_vectors(15), SpanGrid(LENGTHS)
    expected, logits = exact(X, grid), rounded(X, grid)
    assert logits.dtype == torch.float32
    assert not torch.equal(logits, expected)
    assert (logits - expected)[grid.valid].abs().max() < 0.1 * expected.abs().max()


def test_another_thread_that_replaces_the_rotary_table_does_no_harm():
    class Interrupted(Rotation):
        """As if a thread with short documents ran right after the table has grown."""

        def __setattr__(self, name, value):
            super().__setattr__(name, value[:4] if name == "turns" else value)

    x, position = torch.randn(9, 4), torch.arange(9)
    expected = Rotation(4)(x, position, 9)
    torch.testing.assert_close(Interrupted(4)(x, position, 9), expected)
