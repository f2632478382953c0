"""A warning if a transformer of spacy-transformers did not read all tokens of a document."""

import warnings
from typing import Sequence

import numpy
from spacy.tokens import Doc


def warn_of_lost_tokens(name: str, docs: Sequence[Doc]) -> bool:
    """Warn of tokens without a vector.

    spacy-transformers cuts a text into windows of a number of tokens. What is longer in word
    pieces than the model can read is dropped, and its tokens get zeros as vectors.
    `doc._.trf_data.align.lengths` then says that they have no word piece, (n tokens,). Our own
    encoder has windows of word pieces, which lose nothing.

    name (str): Name of the pipe that needs the vectors.
    RETURNS (bool): Whether there are such tokens.
    """
    if not Doc.has_extension("trf_data"):
        return False
    counts = [_count_lost_tokens(doc) for doc in docs]
    n_docs = sum(n > 0 for n in counts)
    if n_docs:
        warnings.warn(
            f"{name}: {n_docs} of {len(docs)} documents have parts with more word pieces than "
            f"the transformer reads at a time; {sum(counts)} of their tokens have no vector, "
            "and spans with them are not found. Choose a smaller window in the span_getter of "
            "the transformer, split the documents, or use "
            "spacy_nested_ner.HuggingFaceEncoder.v1, which reads documents of any length.",
            stacklevel=3,
        )
    return n_docs > 0


def _count_lost_tokens(doc: Doc) -> int:
    align = getattr(doc._.trf_data, "align", None)
    lengths = numpy.asarray(getattr(align, "lengths", ()))
    if len(lengths) != len(doc):
        return 0
    # blanks and control characters have no word piece in any case
    lost = (doc[int(i)].text for i in numpy.flatnonzero(lengths == 0))
    return sum(any(letter.isalnum() for letter in text) for text in lost)
