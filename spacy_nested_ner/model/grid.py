"""The grid of candidate spans: a row for each start token, a column for each width.

The documents of a batch are concatenated without padding, so a batch of T tokens has T rows.
Cell (t, k) is the span of k + 1 tokens that begins at token t of the batch. With a widest span
the grid is a band, and its size grows linearly with the length of a document; without one it is
as wide as the longest document.

Only this module converts half-open document offsets to cells and back.
"""

from functools import cached_property
from typing import Optional, Sequence, Tuple

import numpy
import torch
from numpy import ndarray
from torch import Tensor


class SpanGrid:
    """Which spans of a batch the cells of a (T, w, L) tensor stand for.

    lengths (Sequence[int]): Tokens of each of the B documents, their sum is T.
    max_width (Optional[int]): Widest span in tokens; None for no limit.
    device (torch.device): Device of the index tensors.
    """

    def __init__(
        self,
        lengths: Sequence[int],
        *,
        max_width: Optional[int] = None,
        device: Optional[torch.device] = None,
    ) -> None:
        self.n_docs = len(lengths)
        self.n_tokens = sum(lengths)
        self.longest = max(lengths, default=0)
        widest = self.longest if max_width is None else min(self.longest, max_width)
        self.width = max(1, widest)
        self.device = device
        self._lengths = numpy.asarray(lengths, dtype="i8")

    @cached_property
    def lengths(self) -> Tensor:
        """Number of tokens of each document, (B,)."""
        return torch.as_tensor(self._lengths, device=self.device)

    @cached_property
    def offsets(self) -> Tensor:
        """First row of each document, (B,)."""
        return torch.as_tensor(self._lengths.cumsum() - self._lengths, device=self.device)

    @cached_property
    def doc_of_row(self) -> Tensor:
        """Document of each row, (T,)."""
        return torch.as_tensor(self._docs, device=self.device)

    @cached_property
    def position_of_row(self) -> Tensor:
        """Token of each row counted within its document, (T,)."""
        return torch.as_tensor(self._positions, device=self.device)

    @cached_property
    def valid(self) -> Tensor:
        """True where a cell's span ends inside its document, (T, w)."""
        return self.valid_in(0, self.n_tokens, 0, self.width)

    def valid_in(self, row: int, end_row: int, column: int, end_column: int) -> Tensor:
        """The same for a range of rows and of columns."""
        columns = torch.arange(column, end_column, device=self.device)
        return columns < self.remaining_of_row[row:end_row, None]

    @cached_property
    def remaining_of_row(self) -> Tensor:
        """Tokens from each row to the end of its document, (T,)."""
        return torch.as_tensor(self._remaining, device=self.device)

    @cached_property
    def _docs(self) -> ndarray:
        return numpy.arange(self.n_docs).repeat(self._lengths)

    @cached_property
    def _positions(self) -> ndarray:
        begins = self._lengths.cumsum() - self._lengths
        positions: ndarray = numpy.arange(self.n_tokens) - begins[self._docs]
        return positions

    @cached_property
    def _remaining(self) -> ndarray:
        remaining: ndarray = self._lengths[self._docs] - self._positions
        return remaining

    def widest_from(self, row: int, end_row: int) -> int:
        """Width of the widest span that begins in a range of rows; no device call."""
        return min(self.width, int(self._remaining[row:end_row].max(initial=0)))

    def cells(self, doc: Tensor, start: Tensor, end: Tensor) -> Tuple[Tensor, Tensor]:
        """Rows and columns of half-open spans [start, end) of documents; all (N,)."""
        return self.offsets[doc] + start, end - start - 1

    def spans(self, row: ndarray, column: ndarray) -> Tuple[ndarray, ndarray, ndarray]:
        """Document, start and half-open end of cells, as arrays of numpy; the inverse of
        `cells`."""
        start = self._positions[row]
        return self._docs[row], start, start + column + 1
