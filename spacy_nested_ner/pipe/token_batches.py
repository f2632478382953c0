"""Batches of documents by tokens, which bound the memory of prediction."""

from typing import Iterable, Iterator, List, Optional

from spacy.tokens import Doc

# spaCy counts the batches of nlp.pipe in documents of any length; the memory of the encoder
# grows with the tokens of a batch.
_TOKENS_AT_A_TIME = 1 << 14


def batch_by_tokens(
    docs: Iterable[Doc], *, max_tokens: Optional[int] = None
) -> Iterator[List[Doc]]:
    """Consecutive documents of at most max_tokens tokens in all, or one longer document.

    max_tokens: None for 16,384.
    """
    limit = _TOKENS_AT_A_TIME if max_tokens is None else max_tokens
    batch: List[Doc] = []
    n_tokens = 0
    for doc in docs:
        n_tokens += len(doc)
        if batch and n_tokens > limit:
            yield batch
            batch, n_tokens = [], len(doc)
        batch.append(doc)
    if batch:
        yield batch
