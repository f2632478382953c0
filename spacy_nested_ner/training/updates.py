"""The number of updates of a training run and of documents in an update, from the training
documents."""

from math import ceil
from typing import Tuple

from ..user_error import check_range

# passes over the training documents; an evaluation follows each
EPOCHS = 8
# For a small corpus, eight passes are too few: docs/settings.md, "Number of updates", says why
# this number.
MIN_UPDATES = 600
# tokens of an update of long documents, about those of 32 sentences (docs/settings.md)
TOKENS = 1024


def plan_batch_size(size: int, *, n_docs: int, n_tokens: int) -> int:
    """Plan the documents of an update: `size`, or fewer if they are longer than sentences.

    n_docs, n_tokens: Training documents, and their tokens.
    """
    return max(1, min(size, round(TOKENS * n_docs / max(1, n_tokens))))


def plan_updates(
    n_docs: int, batch_size: int, *, epochs: int = EPOCHS, min_updates: int = MIN_UPDATES
) -> Tuple[int, int]:
    """Plan `epochs` passes over the documents, but at least `min_updates` updates.

    n_docs: Training documents.
    batch_size: Documents of an update.
    min_updates: For a small corpus, an epoch becomes several passes over the documents until
        `epochs` of them reach this number.
    RETURNS: The number of updates; the number of updates between two evaluations, of which
        there are `epochs`. The last evaluation follows the last update.
    RAISES (UserError): There is no epoch, or the minimum is below 0.
    """
    check_range("epochs", epochs, at_least=1)
    check_range("min_updates", min_updates, at_least=0)
    every = max(ceil(n_docs / batch_size), ceil(min_updates / epochs))
    return epochs * every, every
