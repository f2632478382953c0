"""Choose the documents in which a correction teaches a pipeline most.

The value of a document is the number of errors that the pipeline expects in it. An error counts

- more for a rare label: by the square root of how many times more mentions the most frequent
  label has in all documents,
- less for a mention that a chosen document has: half after one, a third after two.

Long documents have more errors and take longer to annotate, so the value is divided by the
number of tokens to the power `COST`. The next document is always the one of the highest value.
"""

from collections import Counter
from heapq import heapify, heappop, heapreplace
from math import sqrt
from typing import Counter as CounterType
from typing import List, Mapping, Sequence, Tuple

from .doubts import Doubts

COST = 0.5


def choose_documents(pool: Sequence[Doubts], n: int) -> List[int]:
    """Choose n documents, or all if there are fewer.

    RETURNS: Their positions, the most valuable document first; of equal ones the first.
    """
    weights = weigh_labels(pool)
    chosen: List[int] = []
    n_chosen: CounterType[Tuple[str, str]] = Counter()
    # Values only fall while documents are chosen. So a document whose value is up to date and
    # not below the old values of all others is the best one.
    heap = [(-_value(doubts, weights, n_chosen), i, 0) for i, doubts in enumerate(pool)]
    heapify(heap)
    while heap and len(chosen) < n:
        _, i, at = heap[0]
        if at < len(chosen):
            heapreplace(heap, (-_value(pool[i], weights, n_chosen), i, len(chosen)))
            continue
        heappop(heap)
        chosen.append(i)
        n_chosen.update({(doubt.mention, doubt.label) for doubt in pool[i].doubts})
    return chosen


def weigh_labels(pool: Sequence[Doubts]) -> Mapping[str, float]:
    """The weight of an error by label, 1 for the most frequent label."""
    expected: CounterType[str] = Counter()
    for doubts in pool:
        for doubt in doubts.doubts:
            expected[doubt.label] += doubt.probability  # type: ignore[assignment]
    most = max(expected.values(), default=0)
    return {label: sqrt(most / number) for label, number in expected.items()}


def _value(
    doubts: Doubts, weights: Mapping[str, float], n_chosen: Mapping[Tuple[str, str], int]
) -> float:
    errors: float = sum(
        weights[doubt.label] * doubt.error / (1 + n_chosen.get((doubt.mention, doubt.label), 0))
        for doubt in doubts.doubts
    )
    return errors / float(max(1, doubts.n_tokens) ** COST)
