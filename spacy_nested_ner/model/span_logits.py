"""Logits of the spans of a batch: all of them, or those above a threshold.

Prediction wants a handful of spans out of all that were scored. It looks at some rows of the
grid at a time, keeps what survives, and so needs memory for those rows alone.
"""

from typing import Callable, Iterator, List, NamedTuple, Optional, Tuple

import torch
from torch import Tensor

from .grid import SpanGrid

# float32 numbers that scoring some rows may take at a time: 4 MiB. On a CPU that is about
# what the caches hold; a GPU wants fewer and larger steps.
_NUMBERS_AT_A_TIME = 1 << 20
_NUMBERS_AT_A_TIME_ON_GPU = 1 << 27


class BandLogits(NamedTuple):
    """Logits of some rows of a grid, as the terms that they are the sum of:

        S[t, k, a] = pair[a or 0, t, k] + begin[t, a] + end[t + k, a]

    The plain head has a product of its own for every label and no other term. The efficient
    head has one product for all labels.
    """

    pair: Tensor  # (L, n, w), or (1, n, w) with the other terms
    begin: Optional[Tensor] = None  # (n, L)
    end: Optional[Tensor] = None  # (n + w - 1, L)

    def dense(self) -> Tensor:
        """The sums, (n, w, L). In memory the labels come first, as a view of the terms."""
        S = self.pair
        if self.begin is not None and self.end is not None:
            end = self.end.T.unfold(1, S.shape[-1], 1)  # (L, n, w)
            S = S + self.begin.T[..., None] + end
        return S.permute(1, 2, 0)

    def above(self, threshold: Tensor, valid: Tensor) -> Tuple[Tensor, Tensor]:
        """Cells (row, column, label) above the threshold of their label, (N, 3), in no
        order, and their logits, (N,). threshold (L,), valid (n, w)."""
        if self.begin is None or self.end is None:
            hit = (self.pair > threshold[:, None, None]) & valid
            label, row, column = hit.nonzero().unbind(1)
            return torch.stack((row, column, label), 1), self.pair[label, row, column]
        # Most spans cannot reach the threshold with any label: with hundreds of labels it
        # pays to see that first. Added in the order of the sum, so that rounding up or down
        # never puts the bound below it.
        w = self.pair.shape[-1]
        bound = self.pair[0] + self.begin.amax(1)[:, None] + self.end.amax(1).unfold(0, w, 1)
        row, column = ((bound > threshold.min()) & valid).nonzero().unbind(1)
        cells, logits = [], []
        for r, c in zip(
            *(x.split(_rows_at_a_time(2 * len(threshold), x)) for x in (row, column))
        ):
            S = self.pair[0, r, c, None] + self.begin[r] + self.end[r + c]  # (N, L)
            i, label = (S > threshold).nonzero().unbind(1)
            cells.append(torch.stack((r[i], c[i], label), 1))
            logits.append(S[i, label])
        return torch.cat(cells), torch.cat(logits)


class SpanLogits:
    """Logits of the cells of a grid, scored when they are asked for.

    grid (SpanGrid): The documents behind the cells.
    n_labels (int): Number of labels L.
    score_rows (Callable[[int, int], BandLogits]): Scores the rows start ≤ t < stop.
    numbers_per_row (int): Memory that this takes for a row, in numbers.
    """

    def __init__(
        self,
        grid: SpanGrid,
        n_labels: int,
        score_rows: Callable[[int, int], BandLogits],
        *,
        numbers_per_row: int,
    ) -> None:
        self.grid = grid
        self.n_labels = n_labels
        self.score_rows = score_rows
        self.numbers_per_row = numbers_per_row

    @classmethod
    def from_dense(cls, grid: SpanGrid, logits: Tensor) -> "SpanLogits":
        """Logits that are all there already, (T, w, L)."""
        pair = logits.permute(2, 0, 1)
        n_labels, _, width = pair.shape

        def score_rows(start: int, stop: int) -> BandLogits:
            return BandLogits(pair[:, start:stop])

        return cls(grid, n_labels, score_rows, numbers_per_row=n_labels * width)

    def dense(self) -> Tensor:
        """Logits of all cells, (T, w, L); finite but without a meaning where the grid is
        not valid."""
        return self.score_rows(0, self.grid.n_tokens).dense()

    def above(self, threshold: Tensor) -> Tuple[Tensor, Tensor]:
        """The spans whose logit lies above their label's threshold.

        threshold (Tensor): Logit of each label, (L,).
        RETURNS (Tuple[Tensor, Tensor]): Cells (row, column, label), (N, 3), in no order, and
            their logits, (N,).
        """
        cells: List[Tensor] = [self.grid.lengths.new_zeros(0, 3)]
        logits: List[Tensor] = [threshold.new_zeros(0)]
        for start, band, valid in self._bands(self.numbers_per_row):
            found, S = band.above(threshold, valid)
            found[:, 0] += start
            cells.append(found)
            logits.append(S)
        return torch.cat(cells), torch.cat(logits)

    def highest(self) -> float:
        """The highest logit of all spans; −inf if there is no span."""
        bands = self._bands(max(self.numbers_per_row, self.grid.width * self.n_labels))
        return max(
            (float(band.dense()[valid].max()) for _, band, valid in bands), default=-torch.inf
        )

    def _bands(self, numbers_per_row: int) -> Iterator[Tuple[int, BandLogits, Tensor]]:
        """First row, logits and validity of some rows at a time."""
        rows = _rows_at_a_time(numbers_per_row, self.grid.valid)
        for start in range(0, self.grid.n_tokens, rows):
            stop = min(start + rows, self.grid.n_tokens)
            yield start, self.score_rows(start, stop), self.grid.valid[start:stop]


def _rows_at_a_time(numbers_per_row: int, where: Tensor) -> int:
    numbers = _NUMBERS_AT_A_TIME_ON_GPU if where.is_cuda else _NUMBERS_AT_A_TIME
    return max(1, numbers // numbers_per_row)
