"""Batches of documents by tokens, so that prediction has a bounded memory."""

from typing import Iterable, Iterator, List

from spacy.tokens import Doc

# A batch of a pipe is counted in documents, whatever their length. The encoder's memory grows
# with this instead.
_TOKENS_AT_A_TIME = 1 << 14


def batch_by_tokens(docs: Iterable[Doc]) -> Iterator[List[Doc]]:
    """Consecutive documents of no more than 16,384 tokens, or one document that has more."""
    some: List[Doc] = []
    n_tokens = 0
    for doc in docs:
        n_tokens += len(doc)
        if some and n_tokens > _TOKENS_AT_A_TIME:
            yield some
            some, n_tokens = [], len(doc)
        some.append(doc)
    if some:
        yield some
