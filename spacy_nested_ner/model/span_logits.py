"""Logits of the spans of a batch: all of them, at once or in pieces, or those above a
threshold.

Prediction needs only the few spans above a threshold. It scores some rows of the grid at a
time and keeps only these spans, so it needs memory for those rows only.
"""

from typing import Callable, Iterator, NamedTuple, Optional, Tuple

import numpy
import torch
from torch import Tensor

from .finite import NonFiniteDocuments
from .grid import SpanGrid

# float32 numbers in memory while a piece is scored: 4 MiB, about the size of a CPU cache. A GPU
# is faster with fewer and larger pieces.
_NUMBERS_AT_A_TIME = 1 << 20
_NUMBERS_AT_A_TIME_ON_GPU = 1 << 27


class BandLogits(NamedTuple):
    """Logits of some rows of a grid, as the terms of a sum:

        S[t, k, a] = pair[a or 0, t, k] + begin[t, a] + end[t + k, a]

    The plain head has one product for each label and no other term. The efficient head has one
    product for all labels.
    """

    pair: Tensor  # (L, n, w), or (1, n, w) with the other terms
    begin: Optional[Tensor] = None  # (n, L)
    end: Optional[Tensor] = None  # (n + w - 1, L)

    def dense(self) -> Tensor:
        """The sums, (n, w, L). A view: in memory the labels are the first axis."""
        S = self.pair
        if self.begin is not None and self.end is not None:
            _, n, w = S.shape
            end = self.end.T.unfold(1, w, 1)[:, :n]  # (L, n, w)
            S = S + self.begin.T[..., None] + end
        return S.permute(1, 2, 0)

    def rows(self, first: int, stop: int) -> "BandLogits":
        """The logits of the rows first ≤ row < stop."""
        pair = self.pair[:, first:stop]
        if self.begin is None or self.end is None:
            return BandLogits(pair)
        ends = slice(first, stop + pair.shape[-1] - 1)
        return BandLogits(pair, self.begin[first:stop], self.end[ends])

    def above(self, threshold: Tensor, valid: Tensor) -> Tuple[Tensor, Tensor]:
        """Cells (row, column, label) above the threshold of their label, (N, 3), in no
        order, and their logits, (N,). threshold (L,), valid (n, w). A logit of NaN counts as
        above."""
        # so the tests are "not below or equal", which is true for NaN
        if self.begin is None or self.end is None:
            hit = ~(self.pair <= threshold[:, None, None]) & valid
            found = hit.nonzero()  # (label, row, column)
            return found.roll(-1, 1), self.pair[found.unbind(1)]
        # An upper bound over all labels excludes most spans, which saves time with hundreds of
        # labels. It adds in the order of the sum, so rounding cannot put it below the sum.
        w = self.pair.shape[-1]
        bound = self.pair[0] + self.begin.amax(1)[:, None] + self.end.amax(1).unfold(0, w, 1)
        row, column = (~(bound <= threshold.min()) & valid).nonzero().unbind(1)
        cells, logits = [], []
        at_a_time = max(1, _numbers_at_a_time(row) // (2 * len(threshold)))
        for r, c in zip(row.split(at_a_time), column.split(at_a_time)):
            S = self.pair[0, r, c, None] + self.begin[r] + self.end[r + c]  # (N, L)
            i, label = (~(S <= threshold)).nonzero().unbind(1)
            cells.append(torch.stack((r[i], c[i], label), 1))
            logits.append(S[i, label])
        return torch.cat(cells), torch.cat(logits)


# First row, first column and logits of a piece of a grid.
Band = Tuple[int, int, BandLogits]


class SpanLogits:
    """Logits of the cells of a grid, computed on demand.

    grid (SpanGrid): The documents behind the cells.
    n_labels (int): Number of labels L.
    score_bands (Callable[[Optional[int]], Iterator[Band]]): Scores the grid in pieces of a
        number of float32 values, or at once for None; see `GlobalPointer.score_bands`.
    vectors (Optional[Tensor]): The token vectors behind the logits, (T, D), if they are known.
    """

    def __init__(
        self,
        grid: SpanGrid,
        n_labels: int,
        score_bands: Callable[[Optional[int]], Iterator[Band]],
        vectors: Optional[Tensor] = None,
    ) -> None:
        self.grid = grid
        self.n_labels = n_labels
        self.score_bands = score_bands
        self.vectors = vectors

    @classmethod
    def from_dense(cls, grid: SpanGrid, logits: Tensor) -> "SpanLogits":
        """Logits that are already computed, (T, w, L)."""
        band = BandLogits(logits.permute(2, 0, 1))
        return cls(grid, logits.shape[-1], lambda numbers: iter([(0, 0, band)]))

    def dense(self) -> Tensor:
        """Logits of all cells, (T, w, L); finite but meaningless where not valid."""
        _, _, band = next(self.score_bands(None))
        return band.dense()

    def above(self, threshold: Tensor) -> Tuple[numpy.ndarray, numpy.ndarray]:
        """The spans with a logit above the threshold of their label.

        threshold (Tensor): Logit of each label, (L,).
        RETURNS (Tuple[ndarray, ndarray]): Cells (row, column, label), (N, 3), in no order, and
            their logits, (N,).
        RAISES (NonFiniteDocuments): A logit is NaN or +∞.
        """
        # Result buffers, allocated before the first piece. Small tensors allocated during a
        # piece and kept would fragment the heap: the large tensors of the next piece would not
        # fit into the gaps, and the process would grow with every piece.
        cells = numpy.empty((self.grid.n_tokens, 3), dtype="i8")
        logits = numpy.empty(self.grid.n_tokens, dtype="f")
        n = 0
        for row, column, band, valid in self._valid_bands():
            found, S = (x.cpu().numpy() for x in band.above(threshold, valid))
            finite = numpy.isfinite(S)
            if not finite.all():
                rows = torch.as_tensor(found[~finite, 0] + row, device=self.grid.device)
                raise NonFiniteDocuments(self.grid.doc_of_row[rows].unique().tolist())
            if n + len(S) > len(logits):
                more = n + len(S)  # at least twice as many
                cells = numpy.concatenate((cells, numpy.empty((more, 3), dtype="i8")))
                logits = numpy.concatenate((logits, numpy.empty(more, dtype="f")))
            numpy.add(found, (row, column, 0), out=cells[n : n + len(S)])
            logits[n : n + len(S)] = S
            n += len(S)
        return cells[:n], logits[:n]

    def highest(self) -> Tensor:
        """The highest logit of each label, (L,); −inf if there is no span."""
        highest = torch.full((self.n_labels,), -torch.inf, device=self.grid.device)
        for _, _, S, valid in self.pieces():
            S = S.masked_fill(~valid[..., None], -torch.inf)
            highest = highest.maximum(S.amax((0, 1)))
        return highest

    def pieces(self) -> Iterator[Tuple[int, int, Tensor, Tensor]]:
        """All logits, piece by piece.

        YIELDS: First row, first column, logits (n, w, L), and a mask of the spans that end
            inside their document (n, w).
        """
        for row, column, band, valid in self._valid_bands():
            n_rows, w = valid.shape
            # the sums of an efficient head take L times the memory of its terms
            at_a_time = max(1, _numbers_at_a_time(valid) // (w * self.n_labels))
            for first in range(0, n_rows, at_a_time):
                stop = min(first + at_a_time, n_rows)
                yield row + first, column, band.rows(first, stop).dense(), valid[first:stop]

    def _valid_bands(self) -> Iterator[Tuple[int, int, BandLogits, Tensor]]:
        if self.grid.n_tokens == 0:
            return
        for row, column, band in self.score_bands(_numbers_at_a_time(self.grid.lengths)):
            _, n, w = band.pair.shape
            yield row, column, band, self.grid.valid_in(row, row + n, column, column + w)


def _numbers_at_a_time(where: Tensor) -> int:
    return _NUMBERS_AT_A_TIME_ON_GPU if where.is_cuda else _NUMBERS_AT_A_TIME
