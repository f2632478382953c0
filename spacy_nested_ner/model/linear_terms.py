"""Scores of single tokens as the first, the last, or any token of a span.

The product of the two ends of a span ignores the tokens between them. Terms that are linear in
the token vectors include them at almost no cost: the mean over any span is a difference of two
cumulative sums.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn


class LinearTerms(nn.Module):
    """Three scores of every token and head, (m, D) to three of (heads, m):

        T[i, j, h] = b_h · x_i + e_h · x_j + mean_{i ≤ u ≤ j} c_h · x_u

    Letters as in `global_pointer`. Only b has a bias: one is enough for all spans.

    n_in (int): Width D of the token vectors.
    heads (int): Number of terms of a span.
    bias (float): The bias at the begin of the training.
    """

    def __init__(self, n_in: int, heads: int, *, bias: float = 0.0) -> None:
        super().__init__()
        self.heads = heads
        self.begin = nn.Linear(n_in, heads)
        self.end = nn.Linear(n_in, heads, bias=False)
        self.inside = nn.Linear(n_in, heads, bias=False)
        for layer in (self.begin, self.end, self.inside):
            nn.init.normal_(layer.weight, std=1 / math.sqrt(n_in))
        nn.init.constant_(self.begin.bias, bias)

    def forward(self, X: Tensor) -> "TokenScores":
        # one product for the three layers
        weights = torch.cat((self.begin.weight, self.end.weight, self.inside.weight))
        begin, end, inside = nn.functional.linear(X, weights).to(X.dtype).T.chunk(3)
        # cumulative sums of the deviations from the mean: large sums would cost their
        # difference precision
        level = inside.mean(1, keepdim=True) if len(X) else inside.new_zeros(self.heads, 1)
        sums = nn.functional.pad((inside - level).cumsum(1), (1, 0))
        return TokenScores(begin + (level + self.begin.bias[:, None]), end, sums)


class TokenScores(NamedTuple):
    """The scores of m consecutive tokens."""

    begin: Tensor  # (heads, m), plus the mean of the scores inside
    end: Tensor  # (heads, m)
    sums: Tensor  # (heads, m + 1), cumulative deviations of the scores inside

    def of_band(self, row: int, column: int, n: int, w: int) -> Tensor:
        """The terms of the spans that begin at the n tokens from `row` on and have the w widths
        from column + 1 on, (heads, n, w). The last span of them ends at the last token or
        before."""
        first, stop = row + column, row + column + n + w - 1
        sums = self.sums[:, first + 1 : stop + 1].unfold(1, w, 1)
        widths = torch.arange(column + 1, column + w + 1, device=sums.device)
        terms = sums - self.sums[:, row : row + n, None]
        terms /= widths
        terms += self.begin[:, row : row + n, None]
        terms += self.end[:, first:stop].unfold(1, w, 1)
        return terms

    def of_spans(self, starts: Tensor, ends: Tensor) -> Tensor:
        """The terms of given spans, first and last token (N,), (heads, N)."""
        inside = (self.sums[:, ends + 1] - self.sums[:, starts]) / (ends - starts + 1)
        return self.begin[:, starts] + self.end[:, ends] + inside
