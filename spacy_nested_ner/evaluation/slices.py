"""Slices of mentions: by label, nesting, depth, width, and frequency of the label.

The recall of a slice is that of the gold mentions in the slice, its precision that of the
predicted mentions in the slice. Gold mentions are compared with gold mentions only, predicted
with predicted: a gold mention inside another gold mention is in the slice "inner", whatever
was predicted around it.
"""

from collections import Counter
from itertools import chain
from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple, TypedDict

import numpy
from numpy import ndarray

from ..scoring.matching import GOLD, Matched, Mentions, Span, match, match_boundaries
from ..scoring.nesting import relate
from .documents import EvaluatedDoc, Mention
from .errors import touched_tokens

# smallest width of each slice, in tokens
WIDTHS = (1, 2, 3, 4, 5, 7, 10)
# number of slices by depth; the last includes all greater depths
N_DEPTHS = 4
FREQUENCIES = ("head", "mid", "tail")

# name of a facet and of one of its slices
SliceName = Tuple[str, str]


class SliceCounts(NamedTuple):
    """Counts, (rows, slices, 4), see `scoring.matching`, and the names of the slices."""

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
    """Count the gold, found, predicted and right mentions of each slice.

    rows: Index of the row of counts to which each document belongs, (n_docs,).
    labels: All labels of gold and predicted mentions; each is a slice of the facet "label".
    frequency: Which of `FREQUENCIES` each label belongs to.
    RETURNS: The slices, by facet
        "all": micro, and boundary, which ignores labels; all_gold is micro with the gold
            mentions that the tokens cannot carry, which no pipeline finds;
        "label": one for each label;
        "structure": flat or nested; nested mentions are inner (inside another), outer (around
            another) or both; same_label (inside or around another with the same label),
            crossing, same_span (another label on the same span); see `scoring.nesting`;
        "depth": depth of the mention, see `scoring.nesting`;
        "width": number of gold tokens that share a character with the mention;
        "frequency": frequency of the label.
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
    index = [boundaries.gold.label, boundaries.predicted.label]  # all 0: there is one label
    add("all", ["boundary"], index, boundaries)
    all_gold = counts[0].copy()
    lost = [len(doc.not_aligned) + doc.n_discontinuous for doc in docs]
    numpy.add.at(all_gold[:, 0, GOLD], row_of_doc, lost)
    names.append(("all", "all_gold"))
    counts.append(all_gold)
    add("label", labels, [side.label_among(labels) for side in sides], matched)
    for name in sides[0].structure:
        # True becomes slice 0, False becomes −1: no slice
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
    """Count gold mentions by label; the most frequent label first, then by name."""
    counts = Counter(mention.label for doc in docs for mention in doc.gold)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def divide_labels(counts: Mapping[str, int]) -> Dict[str, str]:
    """Assign each label to a third of all mentions: "head", "mid" or "tail".

    Mentions are sorted by the frequency of their label. A label belongs to the third that
    contains its first mention; labels with the same frequency share a third.
    """
    n_mentions = sum(counts.values())
    thirds = {}
    for label, count in counts.items():
        before = sum(other for other in counts.values() if other > count)
        thirds[label] = FREQUENCIES[3 * before // n_mentions if count else -1]
    return thirds


class _Side:
    """Properties of the gold, or of the predicted mentions: arrays of (N,)."""

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
    """Width in gold tokens; a mention with only whitespace between tokens has width 1."""
    first, behind = touched_tokens(doc, mention)
    return max(1, behind - first)


def _width_names() -> List[str]:
    lasts: List[Optional[int]] = [width - 1 for width in WIDTHS[1:]]
    return [
        f"{first}+" if last is None else f"{first}" if last == first else f"{first}-{last}"
        for first, last in zip(WIDTHS, [*lasts, None])
    ]


class Frequency(TypedDict):
    """Labels by frequency in the training data, or, without training counts, among the
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
    """Divide labels by their frequency in the training data or, without it, in gold."""
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
    """Map each label to its third."""
    thirds = {"head": frequency["head"], "mid": frequency["mid"], "tail": frequency["tail"]}
    return {label: third for third, labels in thirds.items() for label in labels}
