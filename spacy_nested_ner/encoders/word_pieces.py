"""Split documents into the word pieces of a pretrained encoder, and align them with tokens."""

from dataclasses import dataclass
from typing import Any

import numpy
from spacy.attrs import IDX, LENGTH
from spacy.tokens import Doc


@dataclass(frozen=True)
class WordPieces:
    """The word pieces of one document with T tokens and P pieces.

    ids: Index of each piece in the vocabulary of the encoder, (P,).
    token, piece: Pairs of a token and a piece that share a character, (K,) each, in the order
        of the tokens. A piece over two tokens has two pairs.
    place: Number of pieces before each token, (T,): the place of a token without a piece.
    """

    ids: numpy.ndarray
    token: numpy.ndarray
    piece: numpy.ndarray
    place: numpy.ndarray


def split_into_pieces(tokenizer: Any, doc: Doc) -> WordPieces:
    """Split the text of a document, without special tokens.

    For "Zed binds" and the pieces Z, ##ed and binds: token = [0, 0, 1], piece = [0, 1, 2],
    place = [0, 2].

    tokenizer: `tokenizers.Tokenizer`. Not the tokenizer of transformers: that one changes its
        state with each call, which fails if threads share it.
    """
    encoding = tokenizer.encode(doc.text, add_special_tokens=False)
    offsets = numpy.asarray(encoding.offsets, dtype=numpy.int64).reshape(-1, 2)
    start, length = doc.to_array([IDX, LENGTH]).astype(numpy.int64).T
    end = start + length
    # tokens first to last − 1 overlap with the piece
    first = numpy.searchsorted(end, offsets[:, 0], side="right")
    last = numpy.searchsorted(start, offsets[:, 1], side="left")
    n_tokens = numpy.maximum(last - first, 0)
    piece = numpy.repeat(numpy.arange(len(offsets)), n_tokens)
    begins = numpy.cumsum(n_tokens) - n_tokens
    token = numpy.arange(len(piece)) - begins[piece] + first[piece]
    order = numpy.argsort(token, kind="stable")
    return WordPieces(
        ids=numpy.asarray(encoding.ids, dtype=numpy.int64),
        token=token[order],
        piece=piece[order],
        # the end of a piece never decreases
        place=numpy.searchsorted(offsets[:, 1], start, side="right"),
    )
