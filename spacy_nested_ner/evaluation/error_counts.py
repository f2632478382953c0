"""The judgements of a corpus as numbers: kinds of errors, boundaries, confused labels."""

from collections import Counter
from typing import Dict, List, Sequence, Tuple, TypedDict, get_args

from .documents import EvaluatedDoc
from .errors import Judged, Kind, judge

KINDS: Tuple[Kind, ...] = get_args(Kind)


class Offset(TypedDict):
    """Mentions of the right label whose start and end are off by so many gold tokens: predicted
    − gold. Both are 0 where a predicted boundary lies inside a gold token."""

    start: int
    end: int
    count: int


class Confusion(TypedDict):
    """Which label was predicted for which, of pairs that overlap.

    counts: (L + 1, L + 1), row: gold label, or last: none, a spurious mention; column:
        predicted label, or last: none, a missed mention. The diagonal has the mentions with the
        right label, those whose boundary is wrong among them.
    """

    labels: List[str]
    counts: List[List[int]]


class ErrorCounts(TypedDict):
    """Judgements by kind, in all and by label: the gold one, of spurious mentions the predicted
    one. Boundary offsets are those of kind "boundary", the most frequent first."""

    kinds: Dict[str, int]
    by_label: Dict[str, Dict[str, int]]
    boundary: List[Offset]
    confusion: Confusion


def count_errors(docs: Sequence[EvaluatedDoc], labels: Sequence[str]) -> ErrorCounts:
    """Judge all mentions and count.

    labels: all of gold and predicted mentions.
    """
    judged = [judgement for doc in docs for judgement in judge(doc)]
    kinds = Counter((_label(j), j.kind) for j in judged)
    offsets = Counter((j.start_off, j.end_off) for j in judged if j.kind == "boundary")
    index = {label: i for i, label in enumerate(labels)}
    confusion = [[0] * (len(labels) + 1) for _ in range(len(labels) + 1)]
    for _, gold, predicted, *_ in judged:
        row = -1 if gold is None else index[gold.label]
        column = -1 if predicted is None else index[predicted.label]
        confusion[row][column] += 1
    return {
        "kinds": {kind: sum(kinds[label, kind] for label in labels) for kind in KINDS},
        "by_label": {label: {kind: kinds[label, kind] for kind in KINDS} for label in labels},
        "boundary": [
            {"start": start or 0, "end": end or 0, "count": count}
            for (start, end), count in sorted(
                offsets.items(), key=lambda item: (-item[1], item[0])
            )
        ],
        "confusion": {"labels": list(labels), "counts": confusion},
    }


def _label(judged: Judged) -> str:
    mention = judged.gold or judged.predicted
    assert mention is not None
    return mention.label
