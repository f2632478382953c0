"""Rotary position embeddings (RoFormer, arXiv 2104.09864)."""

import torch
from torch import Tensor, nn


class Rotation(nn.Module):
    """Rotary position embedding: rotates the pair (2m, 2m+1) of a vector at position p by
    the angle p · 10000^(-2m/d)."""

    def __init__(self, size: int) -> None:
        super().__init__()
        assert size % 2 == 0, size
        self.size = size
        self.turns: Tensor
        turns = torch.zeros(0, size // 2, dtype=torch.complex64)
        self.register_buffer("turns", turns, persistent=False)

    def forward(self, x: Tensor, position: Tensor, n_positions: int) -> Tensor:
        """Rotate vectors, at least in float32.

        x (Tensor): (…, m, d); overwritten, unless its type is smaller.
        position (Tensor): (m,), each below n_positions.
        """
        if x.dtype != torch.float64:
            x = x.float()  # torch has no smaller complex type that supports this
        pairs = torch.view_as_complex(x.unflatten(-1, (-1, 2)))  # (…, m, d/2)
        pairs *= self._table(n_positions)[position]
        return torch.view_as_real(pairs).flatten(-2)

    def _table(self, n: int) -> Tensor:
        """e^(i · angle) of the first n positions, (≥ n, d/2)."""
        # read once: another thread may replace the buffer at any time
        turns = self.turns
        if n > len(turns):
            n = 1 << (n - 1).bit_length()  # grown by doubling
            # float64: at token 100,000 a float32 angle is off by 0.004
            exponent = -torch.arange(0, self.size, 2, dtype=torch.float64) / self.size
            angle = torch.arange(n, dtype=torch.float64)[:, None] * 10000.0**exponent
            turns = torch.polar(torch.ones_like(angle), angle).to(turns)
            self.turns = turns
        return turns
