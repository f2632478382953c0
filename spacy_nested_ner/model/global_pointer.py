"""Global Pointer: every start token scored against every end token for every label.

Su et al., "Global Pointer: Novel Efficient Span-based Approach for Named Entity
Recognition" (arXiv 2208.03054), with rotary position embeddings (RoFormer, arXiv
2104.09864). Pure torch. Letters: T tokens of the batch, D width of the encoder, d head
size, L labels, w columns of the span grid.
"""

import math
from contextlib import nullcontext
from typing import ContextManager, Iterator, NamedTuple, Optional, Sequence, Tuple

import torch
from torch import Tensor, nn

from .band import BLOCK, multiply_band, rows_of_band
from .grid import SpanGrid
from .linear_terms import LinearTerms, TokenScores
from .rotation import Rotation
from .span_logits import BandLogits

# Mean logit before the training: nearly all spans are no mention. Adam moves a bias by about
# the learn rate in an update, so from 0 it would need hundreds of updates to get there.
FIRST_LOGIT = -3.0

# Columns of a piece.
_WIDEST = 256


class GlobalPointer(nn.Module):
    """Logits of the spans of a grid from one vector per token.

    The plain head has a query q and a key k for every label,

        S[t, k, a] = (R_i q_a[i])ᵀ (R_j k_a[j]) / √d,   i = t, j = t + k,

    where R rotates by position, so only the distance j - i matters. Token vectors are first
    normalised to mean 0 and variance 1 (layer normalisation without weights): encoders differ
    in scale, and a logit is a product of two vectors, so training would start with logits far
    from 0. The efficient head shares one q and k between all labels and adds
    w_aᵀ[q_i; k_i; q_j; k_j], without rotation: its size hardly grows with the number of labels.

    Both heads depend on the two ends of a span only. `LinearTerms` add scores of all its
    tokens; with the efficient head, the same score for all labels.

    Logits begin around `FIRST_LOGIT`. The plain head without linear terms has no bias for
    that: its logits begin around 0.

    n_in (int): Width D of the token vectors.
    n_labels (int): Number of labels L.
    head_size (int): Size d of a query; even if `rope`.
    rope (bool): Rotate queries and keys by their position.
    efficient (bool): Share one query and key between the labels.
    linear_terms (bool): Add `LinearTerms` of the tokens.
    precision (Optional[torch.dtype]): Compute projections and scores under autocast in
        this type; the logits come out in the type of the input either way.
    """

    def __init__(
        self,
        n_in: int,
        n_labels: int,
        *,
        head_size: int = 64,
        rope: bool = True,
        efficient: bool = False,
        linear_terms: bool = True,
        precision: Optional[torch.dtype] = None,
    ) -> None:
        super().__init__()
        self.n_in = n_in
        self.n_labels = n_labels
        self.head_size = head_size
        self.precision = precision
        self.heads = 1 if efficient else n_labels
        self.projection = nn.Linear(n_in, self.heads * 2 * head_size)
        self.label_bias = nn.Linear(2 * head_size, 2 * n_labels) if efficient else None
        self.rotation = Rotation(head_size) if rope else None
        self.linear_terms = (
            LinearTerms(n_in, self.heads, bias=FIRST_LOGIT) if linear_terms else None
        )
        for layer in filter(None, (self.projection, self.label_bias)):
            nn.init.normal_(layer.weight, std=1 / math.sqrt(layer.in_features))
            nn.init.zeros_(layer.bias)
        if self.label_bias is not None and self.linear_terms is None:
            nn.init.constant_(self.label_bias.bias[:n_labels], FIRST_LOGIT)

    @torch.no_grad()
    def copy_labels(self, other: "GlobalPointer", labels: Sequence[int]) -> None:
        """Take the weights of a scorer with the same shape and other labels.

        labels (Sequence[int]): Positions of labels of the other scorer. They are the first
            labels here, in this order, and keep their logits.
        """
        n = len(labels)
        for (name, new), (_, old) in zip(self.named_parameters(), other.named_parameters()):
            if name.startswith("label_bias."):
                # the terms of all labels as the first token, then as the last one
                new.unflatten(0, (2, -1))[:, :n] = old.unflatten(0, (2, -1))[:, labels]
            elif self.label_bias is not None:
                new.copy_(old)  # all labels share it
            else:
                new.view(self.heads, -1)[:n] = old.view(other.heads, -1)[labels]

    def forward(self, X: Tensor, grid: SpanGrid) -> Tensor:
        """Logits of the whole grid.

        X (Tensor): One vector per token, (T, D).
        RETURNS (Tensor): Logits, (T, w, L). Cells that are not `grid.valid` hold finite,
            meaningless values.
        """
        _, _, band = next(self.score_bands(X, grid))
        return band.dense()

    def score_bands(
        self, X: Tensor, grid: SpanGrid, numbers: Optional[int] = None
    ) -> Iterator[Tuple[int, int, BandLogits]]:
        """Logits of the grid, in pieces of some rows and columns.

        numbers (Optional[int]): Approximate number of float32 values in memory at a time; None
            to score the whole grid at once.
        YIELDS: First row, first column and logits of a piece. Pieces without a valid span are
            left out.
        """
        w = grid.width if numbers is None else min(grid.width, _WIDEST)
        at_a_time = max(1, grid.n_tokens)
        if numbers is not None:
            at_a_time = max(w, numbers // self._numbers_per_row(w))
        # consecutive pieces share keys: one projection serves at least twice as many rows as
        # there are keys after the last row
        projected_at_a_time = max(at_a_time, 2 * grid.width // at_a_time * at_a_time)
        for start in range(0, max(1, grid.n_tokens), projected_at_a_time):
            stop = min(start + projected_at_a_time, grid.n_tokens)
            pieces = [
                (row, min(at_a_time, stop - row))
                for row in range(start, max(stop, 1), at_a_time)
            ]
            reach = (grid.width - 1) // w * w + max(
                row + rows_of_band(n, w) for row, n in pieces
            )
            terms = self._project_terms(
                X[start:reach], grid.position_of_row[start:reach], grid.longest, reach - start
            )
            for row, n in pieces:
                widest = grid.width if numbers is None else grid.widest_from(row, row + n)
                for column in range(0, widest, w):
                    size = n, min(w, grid.width - column)
                    band = self._band_logits(terms, row - start, column, size)
                    yield row, column, band

    def _band_logits(
        self, terms: "_Terms", row: int, column: int, size: Tuple[int, int]
    ) -> BandLogits:
        """A piece of the grid; `row` is relative to the first row of the terms."""
        n, w = size
        first_key, n_rows = row + column, rows_of_band(n, w)
        q = terms.q[:, row : row + n_rows]
        k = terms.k[:, first_key : first_key + n_rows]
        with self._autocast(q):
            pair = multiply_band(q, k, n, w, 1 / math.sqrt(self.head_size)).to(q.dtype)
        _, blocks, c, _ = pair.shape
        if terms.tokens is not None:
            tokens = terms.tokens.of_band(row, column, blocks * c, w)
            pair = pair + tokens.unflatten(1, (blocks, c))
        pair = pair.flatten(1, 2)[:, :n]
        if terms.begin is None or terms.end is None:
            return BandLogits(pair)
        ends = slice(first_key, first_key + max(n, 1) + w - 1)
        return BandLogits(pair, terms.begin[row : row + n], terms.end[ends])

    def score_spans(self, X: Tensor, grid: SpanGrid, starts: Tensor, ends: Tensor) -> Tensor:
        """Logits of given spans.

        starts, ends (Tensor): First and last token of each span, as rows of X, (N,).
        RETURNS (Tensor): (N, L).
        """
        terms = self._project_terms(X, grid.position_of_row, grid.longest, len(X))
        with self._autocast(X):
            S = (terms.q[:, starts] * terms.k[:, ends]).sum(-1).T / math.sqrt(self.head_size)
            if terms.tokens is not None:
                S = S + terms.tokens.of_spans(starts, ends).T
            if terms.begin is not None and terms.end is not None:
                S = S + terms.begin[starts] + terms.end[ends]  # (N, L)
        return S.to(X.dtype)

    def _project_terms(
        self, X: Tensor, position: Tensor, n_positions: int, n_rows: int
    ) -> "_Terms":
        """The terms of the logits of the spans of the tokens X, (m, D), at their positions in
        their documents, (m,); zeros behind them, up to a number of rows."""
        with self._autocast(X):
            X = nn.functional.layer_norm(X, (self.n_in,))
            projected = self._project(X)
            begin = end = tokens = None
            if self.label_bias is not None:
                # from the un-rotated query and key of a token: its terms as the first and as
                # the last token of a span, (m, 2·L)
                bias = self.label_bias(torch.cat(projected.unbind(), -1))
                begin, end = _pad(bias.to(X.dtype), n_rows).chunk(2, dim=-1)
            if self.rotation is not None:
                projected = self.rotation(projected, position, n_positions)
            projected = projected.to(X.dtype)
            q, k = _pad(projected[::2], n_rows), _pad(projected[1::2], n_rows)
            if self.linear_terms is not None:
                tokens = self.linear_terms(_pad(X, n_rows))
            return _Terms(q, k, begin, end, tokens)

    def _numbers_per_row(self, width: int) -> int:
        """Number of float32 values in memory while a row is scored: projections, products
        before and after they form a band, terms of the tokens and of the labels."""
        products = self.heads * (2 * width + BLOCK)
        terms = 0 if self.label_bias is None else 4 * self.n_labels
        if self.linear_terms is not None:
            products += self.heads * 2 * width
        return 2 * self.n_in + self.heads * 2 * self.head_size + products + terms

    def _project(self, X: Tensor) -> Tensor:
        """Query and key of each head for normalised tokens (m, D): (2 · heads, m, d)."""
        # one product each: they become the first axis without a copy
        W = self.projection.weight.view(2 * self.heads, self.head_size, -1)
        b = self.projection.bias.view(2 * self.heads, 1, -1)
        return torch.baddbmm(b, X.expand(len(W), -1, -1), W.transpose(1, 2))

    def _autocast(self, X: Tensor) -> ContextManager[object]:
        device = X.device.type
        if self.precision is None and not torch.is_autocast_enabled(device):
            return nullcontext()  # in a tenth of the time
        return torch.autocast(device, dtype=self.precision, enabled=self.precision is not None)


class _Terms(NamedTuple):
    q: Tensor  # rotated queries, (heads, m, d)
    k: Tensor  # rotated keys, (heads, m, d)
    begin: Optional[Tensor] = None  # of the efficient head, (m, L)
    end: Optional[Tensor] = None  # (m, L)
    tokens: Optional[TokenScores] = None


def _pad(x: Tensor, n_rows: int) -> Tensor:
    """Append rows of zeros to the rows of a tensor, (…, m, d) to (…, n_rows, d)."""
    missing = n_rows - x.shape[-2]
    return nn.functional.pad(x, (0, 0, 0, missing)) if missing > 0 else x
