"""Whether there are enough documents and mentions for scores that can be relied on."""

from typing import Optional

# with fewer documents, the variance between documents is a rough estimate itself
FEW_DOCUMENTS = 20
# with fewer mentions, a 95 % interval of a score near 90 % is about 12 points wide
FEW_MENTIONS = 100


def warn_small_sample(n_mentions: int, n_documents: int) -> Optional[str]:
    """A warning, without a full stop; None if the sample is large enough.

    n_mentions: Gold mentions.
    """
    if n_mentions >= FEW_MENTIONS and n_documents >= FEW_DOCUMENTS:
        return None
    return (
        f"Small sample: {_count(n_mentions, 'gold mention')} in "
        f"{_count(n_documents, 'document')}. Other documents may give very different scores"
    )


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"
