"""A batcher for training that puts documents of similar length into a batch."""

import random
from typing import Callable, Iterable, Iterator, List

from spacy.training import Example
from spacy.util import minibatch

from ..config_errors import as_config_error

Batcher = Callable[[Iterable[Example]], Iterator[List[Example]]]


@as_config_error()
def make_length_batcher(*, size: int, window: int = 16) -> Batcher:
    """Make batches with a fixed number of examples of similar length; registered as
    spacy_nested_ner.batch_by_length.v1, for training.batcher.

    A transformer pads every document of a batch to the length of the longest. The examples are
    sorted by length within a window of the stream, and the batches of a window are shuffled.
    spaCy's batch_by_padded also sorts, but its number of batches depends on the lengths.

    size (int): Examples in a batch; the last batch of the stream may have fewer.
    window (int): Batches that are sorted together. A wider window means less padding and less
        randomness.
    RAISES (ValueError): If size or window is less than 1.
    """
    if size < 1 or window < 1:
        raise ValueError(
            f"size={size} and window={window} give no batches: choose positive numbers."
        )

    def batch_by_length(examples: Iterable[Example]) -> Iterator[List[Example]]:
        for pool in minibatch(examples, size * window):
            pool = sorted(pool, key=lambda eg: len(eg.predicted))
            batches = list(minibatch(pool, size))
            random.shuffle(batches)  # seeded by spacy train
            yield from batches

    return batch_by_length
