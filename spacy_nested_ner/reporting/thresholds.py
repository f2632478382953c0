"""What the page needs to count again at another threshold: the probabilities of all predicted
mentions."""

import json
from math import floor
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from ..evaluation.documents import EvaluatedDoc

# a probability is stored in steps of 1 / STEPS, rounded down; the slider has steps of 1 / 100
STEPS = 10_000


class Thresholds(NamedTuple):
    """labels: The most frequent first.
    lowest: The lowest position of the slider, in hundredths: there all mentions count.
    data: JSON: the names of the labels, the number of gold mentions of each, and for each the
        probabilities of right and of wrong predicted mentions, in steps, sorted.
    """

    labels: Sequence[str]
    lowest: int
    data: str


def store_probabilities(docs: Sequence[EvaluatedDoc]) -> Optional[Thresholds]:
    """RETURNS: None if a predicted mention has no probability, or there is none."""
    gold: Dict[str, int] = {}
    right: Dict[str, List[int]] = {}
    wrong: Dict[str, List[int]] = {}
    lowest = STEPS
    for doc in docs:
        places = {mention[:3] for mention in doc.gold}
        for mention in doc.gold:
            gold[mention.label] = gold.get(mention.label, 0) + 1
        for mention in doc.predicted:
            if mention.score is None:
                return None
            # rounded down: then "at least the threshold" holds before and after
            step = floor(mention.score * STEPS)
            lowest = min(lowest, step)
            side = right if mention[:3] in places else wrong
            side.setdefault(mention.label, []).append(step)
    if not right and not wrong:
        return None
    labels = sorted({*gold, *right, *wrong}, key=lambda label: (-gold.get(label, 0), label))
    data: Dict[str, Any] = {
        "labels": labels,
        "gold": [gold.get(label, 0) for label in labels],
        "right": [sorted(right.get(label, ())) for label in labels],
        "wrong": [sorted(wrong.get(label, ())) for label in labels],
    }
    return Thresholds(labels, lowest * 100 // STEPS, json.dumps(data, separators=(",", ":")))
