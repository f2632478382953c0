"""Count the errors of a corpus: kinds of errors, boundary offsets, confused labels."""

from collections import Counter
from typing import Dict, List, Sequence, Tuple, TypedDict, get_args

from .documents import EvaluatedDoc
from .errors import Judged, Kind, judge

KINDS: Tuple[Kind, ...] = get_args(Kind)


class Offset(TypedDict):
    """Number of mentions with the right label and a wrong boundary, by offset: predicted −
    gold, in gold tokens. Both offsets are 0 if a predicted boundary is inside a gold token."""

    start: int
    end: int
    count: int


class Confusion(TypedDict):
    """Confusion matrix of the labels of paired mentions.

    counts: (L + 1, L + 1). Rows are gold labels; the last row has the spurious mentions.
        Columns are predicted labels; the last column has the missed mentions. The diagonal has
        the mentions with the right label, also those with a wrong boundary.
    """

    labels: List[str]
    counts: List[List[int]]


class ErrorCounts(TypedDict):
    """Counts of judgements.

    by_label: By gold label, for spurious mentions by predicted label, and kind.
    boundary: Offsets of kind "boundary", the most frequent first.
    """

    kinds: Dict[str, int]
    by_label: Dict[str, Dict[str, int]]
    boundary: List[Offset]
    confusion: Confusion


def count_errors(docs: Sequence[EvaluatedDoc], labels: Sequence[str]) -> ErrorCounts:
    """Judge all mentions and count.

    labels: All labels of gold and predicted mentions.
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
