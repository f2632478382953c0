"""Global Pointer: every start token scored against every end token for every label.

Su et al., "Global Pointer: Novel Efficient Span-based Approach for Named Entity
Recognition" (arXiv 2208.03054), with rotary position embeddings (RoFormer, arXiv
2104.09864). Pure torch. Letters: T tokens of the batch, D width of the encoder, d head
size, L labels, w columns of the span grid.
"""

import math
from typing import Optional, Tuple

import torch
from torch import Tensor, nn

from .grid import SpanGrid


class GlobalPointer(nn.Module):
    """Logits of the spans of a grid from one vector per token.

    The plain head has a query q and a key k for every label,

        S[t, k, a] = (R_i q_a[i])ᵀ (R_j k_a[j]) / √d,   i = t, j = t + k,

    where R rotates by position so that only j - i matters. Token vectors are brought to
    mean 0 and variance 1 first (layer normalisation without weights): a logit is a product
    of two vectors, encoders differ in scale, and logits that start far from 0 have to be
    brought back first. The efficient head shares
    one q and k between all labels and adds w_aᵀ[q_i; k_i; q_j; k_j], un-rotated: its
    size hardly grows with the number of labels.

    n_in (int): Width D of the token vectors.
    n_labels (int): Number of labels L.
    head_size (int): Size d of a query; even if `rope`.
    rope (bool): Rotate queries and keys by their position.
    efficient (bool): Share one query and key between the labels.
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
        for layer in filter(None, (self.projection, self.label_bias)):
            nn.init.normal_(layer.weight, std=1 / math.sqrt(layer.in_features))
            nn.init.zeros_(layer.bias)

    def forward(self, X: Tensor, grid: SpanGrid) -> Tensor:
        """Logits of the whole grid.

        X (Tensor): One vector per token, (T, D).
        RETURNS (Tensor): Logits, (T, w, L). Cells that are not `grid.valid` hold finite
            values without a meaning.
        """
        return self.score_rows(X, grid, 0, grid.n_tokens)

    def score_rows(self, X: Tensor, grid: SpanGrid, start: int, stop: int) -> Tensor:
        """Logits of the spans that begin at the tokens start ≤ t < stop of the batch.

        RETURNS (Tensor): (stop - start, w, L).
        """
        n, w = stop - start, grid.width
        reach = min(stop + w - 1, grid.n_tokens)  # no span of these rows ends behind it
        with self._autocast(X):
            q, k, bias = self._project(X[start:reach], grid.position_of_row[start:reach])
            # spans that would end behind the batch meet zero keys: not valid, but finite
            k = nn.functional.pad(k, (0, 0, 0, 0, 0, start + n + w - 1 - reach))
            S = _band(q[:n], k, w)  # (n, w, heads)
            if bias is not None:
                begin, end = bias.chunk(2, dim=-1)  # (n + w - 1, L) each
                end = nn.functional.pad(end, (0, 0, 0, start + n + w - 1 - reach))
                S = S + begin[:n, None] + end.unfold(0, w, 1).transpose(1, 2)  # (n, w, L)
        return S.to(X.dtype)

    def score_spans(self, X: Tensor, grid: SpanGrid, starts: Tensor, ends: Tensor) -> Tensor:
        """Logits of given spans.

        starts, ends (Tensor): First and last token of each span, as rows of X, (N,).
        RETURNS (Tensor): (N, L).
        """
        with self._autocast(X):
            q, k, bias = self._project(X, grid.position_of_row)
            S = (q[starts] * k[ends]).sum(-1)  # (N, heads)
            if bias is not None:
                begin, end = bias.chunk(2, dim=-1)
                S = S + begin[starts] + end[ends]  # (N, L)
        return S.to(X.dtype)

    def _project(self, X: Tensor, position: Tensor) -> Tuple[Tensor, Tensor, Optional[Tensor]]:
        """Scaled and rotated queries, rotated keys, (T, heads, d) each, and the per-label
        terms of the efficient head for a begin and an end, (T, 2·L)."""
        X = nn.functional.layer_norm(X, (self.n_in,))
        projected = self.projection(X)  # (T, heads · 2 · d)
        bias = None if self.label_bias is None else self.label_bias(projected)
        q, k = projected.view(X.shape[0], self.heads, 2, self.head_size).unbind(2)
        if self.rotation is not None:
            q, k = self.rotation(q, position), self.rotation(k, position)
        return q / math.sqrt(self.head_size), k, bias

    def _autocast(self, X: Tensor) -> torch.autocast:
        return torch.autocast(
            X.device.type, dtype=self.precision, enabled=self.precision is not None
        )


class Rotation(nn.Module):
    """Rotary position embedding: turns the pair (2m, 2m+1) of a vector at position p by
    the angle p · 10000^(-2m/d)."""

    def __init__(self, size: int) -> None:
        super().__init__()
        assert size % 2 == 0, size
        self.size = size
        self.turns: Tensor
        self.register_buffer("turns", torch.zeros(0, 2, size // 2), persistent=False)

    def forward(self, x: Tensor, position: Tensor) -> Tensor:
        """x (T, heads, d) and position (T,) to (T, heads, d)."""
        if x.shape[0] == 0:
            return x
        cos, sin = self._table(int(position.max()) + 1)[position].to(x).unbind(1)
        a, b = x[..., 0::2], x[..., 1::2]
        cos, sin = cos[:, None], sin[:, None]  # (T, 1, d/2)
        # the halves stay apart: a dot product does not ask for the order of features
        return torch.cat((a * cos - b * sin, a * sin + b * cos), dim=-1)

    def _table(self, n: int) -> Tensor:
        """Cosines and sines of the first n positions, (≥ n, 2, d/2)."""
        if n > self.turns.shape[0]:
            n = 1 << (n - 1).bit_length()  # grown by doubling
            # float64: at token 100,000 a float32 angle is off by 0.004
            exponent = -torch.arange(0, self.size, 2, dtype=torch.float64) / self.size
            angle = torch.arange(n, dtype=torch.float64)[:, None] * 10000.0**exponent
            table = torch.stack((angle.cos(), angle.sin()), dim=1)
            self.turns = table.to(self.turns.device, torch.get_default_dtype())
        return self.turns


def _band(q: Tensor, k: Tensor, w: int) -> Tensor:
    """All products of a query with the w keys from its own position on.

    Cuts the rows into blocks of c queries and multiplies each with the c + w - 1 keys
    that they can meet, so the work is that of a few dense matrix products and grows
    linearly with the number of rows.

    q (Tensor): (n, heads, d); k (Tensor): (n + w - 1, heads, d).
    RETURNS (Tensor): (n, w, heads).
    """
    n, heads, d = q.shape
    c = max(w, 16)
    blocks = max(1, -(-n // c))
    m = c + w - 1
    q = nn.functional.pad(q, (0, 0, 0, 0, 0, blocks * c - n))
    k = nn.functional.pad(k, (0, 0, 0, 0, 0, blocks * c - n))
    q = q.view(blocks, c, heads, d).transpose(1, 2)  # (blocks, heads, c, d)
    k = k.unfold(0, m, c)[:blocks]  # (blocks, heads, d, m)
    S = torch.matmul(q, k)  # (blocks, heads, c, m), wanted: S[..., i, i + column]
    # row i moves left by i: in rows one longer, element (i, i + column) is (i, column)
    S = nn.functional.pad(S.flatten(2), (0, c)).view(blocks, heads, c, m + 1)[..., :w]
    return S.permute(0, 2, 3, 1).reshape(blocks * c, w, heads)[:n]
