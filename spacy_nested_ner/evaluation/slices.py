"""Mentions by what they are like: by label, nesting, depth, width, frequency of their label.

A slice of mentions has a recall, of the gold mentions that are so, and a precision, of the
predicted mentions that are so: each side is judged by its own mentions alone. A gold mention
inside another one counts as inner for the recall, whatever was predicted around it.
"""

from collections import Counter
from itertools import chain
from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple, TypedDict

import numpy
from numpy import ndarray

from ..scoring.matching import Matched, Mentions, Span, match, match_boundaries
from ..scoring.nesting import relate
from .documents import EvaluatedDoc, Mention
from .errors import touched_tokens

# widths in tokens from which a slice begins
WIDTHS = (1, 2, 3, 4, 5, 7, 10)
# depths; the last has all that are deeper, too
N_DEPTHS = 4
FREQUENCIES = ("head", "mid", "tail")

# name of a facet and of one of its slices
SliceName = Tuple[str, str]


class SliceCounts(NamedTuple):
    """Counts of `matching`, (rows, slices, 4), and the names of the slices, (slices,)."""

    names: List[SliceName]
    counts: ndarray

    def of_facet(self, facet: str) -> List[int]:
        """The indices of the slices of a facet."""
        return [i for i, (name, _) in enumerate(self.names) if name == facet]


def count_slices(
    docs: Sequence[EvaluatedDoc],
    rows: Sequence[int],
    *,
    labels: Sequence[str],
    frequency: Mapping[str, str],
) -> SliceCounts:
    """Count the mentions of each slice, found and right.

    rows: index of the row of counts to which each document belongs, (n_docs,).
    labels: all of gold and predicted mentions, those with a slice in facet "label".
    frequency: which of `FREQUENCIES` each of the labels belongs to.
    RETURNS: the slices, by facet
        "all": micro, and boundary, where labels are ignored;
        "label": those given;
        "structure": flat or nested, which is inner (inside another), outer (around another) or
            both; same_label (inside or around another one of its label), crossing, same_span
            (on a span with another label), as in `nesting`;
        "depth": number of the chain's last, see there;
        "width": number of gold tokens that the mention touches;
        "frequency": of its label.
    """
    places = [(_places(doc.gold), _places(doc.predicted)) for doc in docs]
    matched = match(places)
    sides = (
        _Side(matched, matched.gold, [doc.gold for doc in docs], docs),
        _Side(matched, matched.predicted, [doc.predicted for doc in docs], docs),
    )
    row_of_doc = numpy.asarray(rows, dtype=int)
    n_rows = int(row_of_doc.max(initial=-1)) + 1
    names: List[SliceName] = []
    counts: List[ndarray] = []

    def add(facet: str, slices: Sequence[str], index: Sequence[ndarray], by: Matched) -> None:
        names.extend((facet, name) for name in slices)
        counts.append(by.count(index[0], index[1], len(slices), row_of_doc, n_rows))

    add("all", ["micro"], [numpy.zeros_like(side.label) for side in sides], matched)
    boundaries = match_boundaries(places)
    index = [boundaries.gold.label, boundaries.predicted.label]  # 0: the one label there is
    add("all", ["boundary"], index, boundaries)
    add("label", labels, [side.label_among(labels) for side in sides], matched)
    for name in sides[0].structure:
        # True and False become slice 0 and no slice
        index = [side.structure[name].astype(int) - 1 for side in sides]
        add("structure", [name], index, matched)
    depth_names = [str(n) for n in range(1, N_DEPTHS)] + [f"{N_DEPTHS}+"]
    add("depth", depth_names, [numpy.minimum(s.depth, N_DEPTHS) - 1 for s in sides], matched)
    index = [numpy.searchsorted(WIDTHS, side.width, side="right") - 1 for side in sides]
    add("width", _width_names(), index, matched)
    add("frequency", FREQUENCIES, [side.frequency(frequency) for side in sides], matched)
    return SliceCounts(names, numpy.concatenate(counts, axis=1, dtype=numpy.int32))


def find_labels(docs: Sequence[EvaluatedDoc]) -> List[str]:
    """The labels of gold and predicted mentions, sorted."""
    return sorted({m.label for doc in docs for m in chain(doc.gold, doc.predicted)})


def count_labels(docs: Sequence[EvaluatedDoc]) -> Dict[str, int]:
    """Gold mentions by label, the most frequent first, then by name."""
    counts = Counter(mention.label for doc in docs for mention in doc.gold)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def divide_labels(counts: Mapping[str, int]) -> Dict[str, str]:
    """Which third of all mentions each label belongs to: "head", "mid" or "tail".

    With the labels in order of their mentions, a label belongs to that third in which its first
    mention stands; labels with equally many stand together.
    """
    n_mentions = sum(counts.values())
    thirds = {}
    for label, count in counts.items():
        before = sum(other for other in counts.values() if other > count)
        thirds[label] = FREQUENCIES[3 * before // n_mentions if count else -1]
    return thirds


class _Side:
    """What is to be known of the gold, or of the predicted mentions: arrays of (N,)."""

    def __init__(
        self,
        matched: Matched,
        columns: Mentions,
        mentions: Sequence[Sequence[Mention]],
        docs: Sequence[EvaluatedDoc],
    ) -> None:
        self.label = columns.label
        self._labels = matched.labels
        relations = relate(columns.start, columns.end, columns.label)
        self.depth = relations.depth
        self.structure = {
            "flat": ~relations.nested,
            "nested": relations.nested,
            "inner": relations.inside,
            "outer": relations.around,
            "same_label": relations.same_label,
            "crossing": relations.crossing,
            "same_span": relations.same_span,
        }
        self.width = numpy.array(
            [_width(doc, m) for doc, of_doc in zip(docs, mentions) for m in of_doc], dtype=int
        )

    def label_among(self, labels: Sequence[str]) -> ndarray:
        index = {label: i for i, label in enumerate(labels)}
        return self._translate([index[label] for label in self._labels])

    def frequency(self, frequency: Mapping[str, str]) -> ndarray:
        return self._translate([FREQUENCIES.index(frequency[x]) for x in self._labels])

    def _translate(self, of_labels: Sequence[int]) -> ndarray:
        column: ndarray = numpy.array(of_labels, dtype=int)[self.label]
        return column


def _places(mentions: Sequence[Mention]) -> List[Span]:
    return [(mention.start, mention.end, mention.label) for mention in mentions]


def _width(doc: EvaluatedDoc, mention: Mention) -> int:
    """In gold tokens; one with nothing but blanks between tokens counts as one token."""
    first, behind = touched_tokens(doc, mention)
    return max(1, behind - first)


def _width_names() -> List[str]:
    lasts: List[Optional[int]] = [width - 1 for width in WIDTHS[1:]]
    return [
        f"{first}+" if last is None else f"{first}" if last == first else f"{first}-{last}"
        for first, last in zip(WIDTHS, [*lasts, None])
    ]


class Frequency(TypedDict):
    """Labels by frequency: in the training data, if their counts were given, else in the
    evaluated gold mentions. See `slices.divide_labels`."""

    counted_in: str
    counts: Dict[str, int]
    head: List[str]
    mid: List[str]
    tail: List[str]


def sort_by_frequency(
    docs: Sequence[EvaluatedDoc],
    labels: Sequence[str],
    train_counts: Optional[Mapping[str, int]],
) -> Frequency:
    """Divide labels by their mentions in the training data or, without, in gold."""
    counts = dict(count_labels(docs) if train_counts is None else train_counts)
    thirds = divide_labels(counts)
    by_third: Dict[str, List[str]] = {"head": [], "mid": [], "tail": []}
    for label in [*counts, *(label for label in labels if label not in counts)]:
        by_third[thirds.get(label, "tail")].append(label)
    return {
        "counted_in": "evaluated" if train_counts is None else "training",
        "counts": counts,
        "head": by_third["head"],
        "mid": by_third["mid"],
        "tail": by_third["tail"],
    }


def groups_of(frequency: Frequency) -> Dict[str, str]:
    """Which third each label belongs to."""
    thirds = {"head": frequency["head"], "mid": frequency["mid"], "tail": frequency["tail"]}
    return {label: third for third, labels in thirds.items() for label in labels}
