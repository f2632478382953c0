"""Windows over the word pieces of documents, in batches for a pretrained encoder.

An encoder takes a limited number of word pieces at once. A longer document becomes windows
that overlap. The encoder gives a piece another vector in each window; the vector of the window
in whose middle the piece lies counts, because there it has context on both sides.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Iterator, List, Literal, NamedTuple, Sequence, Tuple

import numpy
import torch
from torch import Tensor

from .word_pieces import WordPieces

Pooling = Literal["mean", "first"]

# A further batch costs a CPU about as much time as so many pieces, so a batch has less padding.
# A GPU computes most of a batch at once: there a batch may have an eighth of `max_batch`.
CPU_PADDING = 64


class Window(NamedTuple):
    """Pieces `start` to `end` of a document go through the encoder together; the vectors of
    the pieces `first` to `last` count. Both are half-open."""

    start: int
    end: int
    first: int
    last: int


@dataclass(frozen=True)
class SpecialTokens:
    """Word pieces that the encoder expects before and after each window, such as [CLS]."""

    before: Tuple[int, ...]
    after: Tuple[int, ...]
    padding: int

    def __len__(self) -> int:
        return len(self.before) + len(self.after)


@dataclass(frozen=True)
class EncoderInput:
    """Batches of windows, and which of their rows make the vector of each token.

    batches: Word pieces with padding, (n, L), and 1 where there is no padding, (n, L). A batch
        has n · L rows, all batches R rows.
    row, token, weight: `weight` times the vector of row `row` is a part of the vector of token
        `token`, (K,) each.
    n_tokens: Number T of tokens of all documents.
    """

    batches: List[Tuple[Tensor, Tensor]]
    row: Tensor
    token: Tensor
    weight: Tensor
    n_tokens: int

    def pool(self, rows: Tensor) -> Tensor:
        """Vectors of rows, (R, D), to vectors of tokens, (T, D)."""
        parts = rows[self.row] * self.weight[:, None]
        return rows.new_zeros(self.n_tokens, rows.shape[1]).index_add(0, self.token, parts)


def make_encoder_input(
    documents: Sequence[WordPieces],
    special: SpecialTokens,
    *,
    window: int,
    overlap: int,
    max_batch: int,
    pooling: Pooling,
    device: torch.device,
) -> EncoderInput:
    """Arrange the word pieces of documents in batches of windows.

    window (int): Maximum number of pieces of a window, with special tokens.
    overlap (int): Number of pieces that a window shares with the next one.
    max_batch (int): Maximum number of pieces of a batch, with padding; one window may be
        longer.
    """
    plans = [
        plan_windows(len(pieces.ids), window - len(special), overlap)
        if len(pieces.ids) or (len(pieces.place) and len(special))
        else []
        for pieces in documents
    ]
    before = numpy.asarray(special.before, dtype=numpy.int64)
    after = numpy.asarray(special.after, dtype=numpy.int64)
    sequences = [
        numpy.concatenate((before, pieces.ids[w.start : w.end], after))
        for pieces, plan in zip(documents, plans)
        for w in plan
    ]
    max_padding = CPU_PADDING if device.type == "cpu" else max_batch // 8
    batches, begins = pad(sequences, special.padding, max_batch, max_padding)
    columns: List[Tuple[numpy.ndarray, ...]] = [(_NO_INDEX, _NO_INDEX, _NO_WEIGHT)]
    n_tokens = n_windows = 0
    for pieces, plan in zip(documents, plans):
        if plan:
            begin = begins[n_windows : n_windows + len(plan)]
            rows, tokens, weights = rows_of_tokens(
                pieces, plan, begin, len(special.before), pooling
            )
            columns.append((rows, tokens + n_tokens, weights))
        n_tokens += len(pieces.place)
        n_windows += len(plan)
    row, token, weight = (
        torch.from_numpy(numpy.concatenate(parts)).to(device) for parts in zip(*columns)
    )
    on_device = [
        (torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device))
        for ids, mask in batches
    ]
    return EncoderInput(on_device, row, token, weight, n_tokens)


def plan_windows(n_pieces: int, size: int, overlap: int) -> List[Window]:
    """Cover n pieces with windows of at most `size` pieces; neighbours share `overlap` pieces
    or, at the end of the document, more. Each piece counts in one window."""
    if n_pieces <= size:
        return [Window(0, n_pieces, 0, n_pieces)]
    starts = [*range(0, n_pieces - size, size - overlap), n_pieces - size]
    middles = [(after + before + size) // 2 for before, after in pairwise(starts)]
    return [
        Window(start, start + size, first, last)
        for start, first, last in zip(starts, [0, *middles], [*middles, n_pieces])
    ]


def pad(
    sequences: Sequence[numpy.ndarray], padding: int, max_batch: int, max_padding: int
) -> Tuple[List[Tuple[numpy.ndarray, numpy.ndarray]], numpy.ndarray]:
    """Put sequences of similar length into batches.

    RETURNS: Pieces and mask of each batch, (n, L) each; and for each sequence the row of its
        first piece among the rows of all batches.
    """
    batches = []
    begins = numpy.zeros(len(sequences), dtype=numpy.int64)
    n_rows = 0
    lengths = [len(sequence) for sequence in sequences]
    for batch in batch_by_length(lengths, max_batch, max_padding):
        shape = len(batch), len(sequences[batch[-1]])
        ids = numpy.full(shape, padding, dtype=numpy.int64)
        mask = numpy.zeros(shape, dtype=numpy.int64)
        for k, i in enumerate(batch):
            ids[k, : len(sequences[i])] = sequences[i]
            mask[k, : len(sequences[i])] = 1
        begins[batch] = n_rows + numpy.arange(len(batch)) * shape[1]
        batches.append((ids, mask))
        n_rows += ids.size
    return batches, begins


def batch_by_length(
    lengths: Sequence[int], max_batch: int, max_padding: int
) -> Iterator[List[int]]:
    """Yield indices of sequences of similar length, the longest one last. A batch has at most
    `max_batch` pieces with padding, `max_padding` of them padding; one sequence may be longer.
    """
    batch: List[int] = []
    n_pieces = 0
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        padded = lengths[i] * (len(batch) + 1)
        padding = padded - n_pieces - lengths[i]
        if batch and (padded > max_batch or padding > max_padding):
            yield batch
            batch, n_pieces = [], 0
        batch.append(i)
        n_pieces += lengths[i]
    if batch:
        yield batch


def rows_of_tokens(
    pieces: WordPieces,
    plan: Sequence[Window],
    begins: numpy.ndarray,
    n_before: int,
    pooling: Pooling,
) -> Tuple[numpy.ndarray, numpy.ndarray, numpy.ndarray]:
    """The rows that make the vectors of the tokens of one document.

    A token without a piece, such as a line break, has the vector of the first row of the window
    around it, usually of [CLS]; that of the token beside it would make both alike.

    begins: Row of the first piece of each window; `n_before` of these are special tokens.
    RETURNS: Row, token and weight, (K,) each; the weights of a token sum to 1.
    """
    row_of_piece = numpy.zeros(len(pieces.ids), dtype=numpy.int64)
    first_row = numpy.full(max(len(pieces.ids), 1), begins[0])
    for (start, _, first, last), begin in zip(plan, begins):
        row_of_piece[first:last] = numpy.arange(first, last) - start + n_before + begin
        first_row[first:last] = begin
    token, row = pieces.token, row_of_piece[pieces.piece]
    if pooling == "first":
        token, kept = numpy.unique(token, return_index=True)
        row = row[kept]
    n_rows = numpy.bincount(token, minlength=len(pieces.place))
    bare = numpy.flatnonzero(n_rows == 0)
    around = first_row[numpy.minimum(pieces.place[bare], len(first_row) - 1)]
    weight = numpy.concatenate((1.0 / n_rows[token], numpy.ones(len(bare))))
    return (
        numpy.concatenate((row, around)),
        numpy.concatenate((token, bare)),
        weight.astype(numpy.float32),
    )


_NO_INDEX = numpy.zeros(0, dtype=numpy.int64)
_NO_WEIGHT = numpy.zeros(0, dtype=numpy.float32)
