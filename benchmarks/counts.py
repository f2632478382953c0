"""What a comparison of runs needs to know of each: counts, of which every score is made."""

from collections import defaultdict
from itertools import pairwise
from typing import Any, Dict, Iterable, List, Set, Tuple

import numpy
from spacy.tokens import Doc
from spacy.training import Example

from spacy_nested_ner.corpus.nesting import relate

# groups of documents that a bootstrap draws from; a corpus of single sentences has thousands
MAX_ROWS = 200

# first character, character behind the last, label
Place = Tuple[int, int, str]


def count_spans(examples: Iterable[Example], spans_key: str) -> Dict[str, Any]:
    """Gold, predicted and right mentions, three numbers each time.

    RETURNS: total; boundary (labels ignored); nested (gold and right mentions alone, those that
        lie inside or around another gold one); per_type, by label; per_document, a row for each
        document (article) in the order of the examples, or for some in a row where there are
        more than 200.
    """
    total, boundary, nested = Tally(), Tally(), Tally()
    per_type: Dict[str, Tally] = defaultdict(Tally)
    per_document: Dict[str, Tally] = defaultdict(Tally)
    for eg in examples:
        gold, predicted = places(eg.reference, spans_key), places(eg.predicted, spans_key)
        total.add(gold, predicted)
        per_document[eg.reference.user_data["document"]].add(gold, predicted)
        for label in {label for *_, label in gold | predicted}:
            per_type[label].add(
                {place for place in gold if place[2] == label},
                {place for place in predicted if place[2] == label},
            )
        boundary.add({place[:2] for place in gold}, {place[:2] for place in predicted})
        inner_or_outer = find_nested(gold)
        nested.add(inner_or_outer, predicted & inner_or_outer)
    return {
        "total": total.counts,
        "boundary": boundary.counts,
        "nested": nested.counts[::2],
        "per_type": {label: per_type[label].counts for label in sorted(per_type)},
        "per_document": in_groups([tally.counts for tally in per_document.values()]),
    }


def in_groups(rows: List[List[int]], n: int = MAX_ROWS) -> List[List[int]]:
    """Sums of neighbouring rows, so that there are n at most, the groups as even as can be."""
    n = min(n, len(rows))
    bounds = [len(rows) * i // n for i in range(n + 1)] if n else []
    return [numpy.sum(rows[i:j], axis=0).tolist() for i, j in pairwise(bounds)]


class Tally:
    """Numbers of gold, predicted and right mentions."""

    def __init__(self) -> None:
        self.counts = [0, 0, 0]

    def add(self, gold: Set[Any], predicted: Set[Any]) -> None:
        for i, n in enumerate((len(gold), len(predicted), len(gold & predicted))):
            self.counts[i] += n


def places(doc: Doc, spans_key: str) -> Set[Place]:
    return {(s.start_char, s.end_char, s.label_) for s in doc.spans.get(spans_key, [])}


def find_nested(mentions: Set[Place]) -> Set[Place]:
    """Those that lie inside or around another one."""
    ordered = sorted(mentions)
    labels = sorted({label for *_, label in ordered})
    columns = zip(*((start, end, labels.index(label)) for start, end, label in ordered))
    arrays: List[Any] = [numpy.array(column) for column in columns]
    if not arrays:
        return set()
    return {place for place, is_nested in zip(ordered, relate(*arrays).nested) if is_nested}
