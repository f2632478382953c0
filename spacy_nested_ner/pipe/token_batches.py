"""Batches of documents by tokens, which bound the memory of prediction."""

from typing import Iterable, Iterator, List

from spacy.tokens import Doc

# spaCy counts the batches of nlp.pipe in documents of any length; the memory of the encoder
# grows with the tokens of a batch.
_TOKENS_AT_A_TIME = 1 << 14


def batch_by_tokens(docs: Iterable[Doc]) -> Iterator[List[Doc]]:
    """Consecutive documents of at most 16,384 tokens in all, or one longer document."""
    batch: List[Doc] = []
    n_tokens = 0
    for doc in docs:
        n_tokens += len(doc)
        if batch and n_tokens > _TOKENS_AT_A_TIME:
            yield batch
            batch, n_tokens = [], len(doc)
        batch.append(doc)
    if batch:
        yield batch
