"""Divide documents into train, dev and test so that rare labels reach every part.

After iterative stratification (Sechidis, Tsoumakas, Vlahavas. On the Stratification of
Multi-Label Data. ECML PKDD 2011). Labels are taken from the rarest to the most frequent, and
each document with the label goes to the part that lacks most documents with it. By this rule
alone, a label in three documents would have all of them in train. So a part without the label
comes first, and at the end single documents move if a label gains a part by it.
"""

import hashlib
from collections import Counter
from heapq import heapify, heappop, heappush
from typing import Counter as Counts
from typing import Dict, FrozenSet, List, Mapping, Sequence, Tuple

from ..records import PARTS, Part


def stratify(documents: Mapping[str, FrozenSet[str]], seed: int) -> Dict[str, Part]:
    """Choose a part for every document: a tenth each for dev and test, as near as labels allow.

    Every label is in train. A label of two documents is also in dev or test, one of three or
    more documents in both. Where rare labels share documents this may be impossible; then a
    search brings it as near as it can.

    documents: The labels of each document, by its name.
    seed: Another seed gives another split. The order of the documents makes no difference.
    """
    order = sorted(documents, key=lambda name: random_key(name, seed))
    assignment = _Assignment(documents)
    of_label: Dict[str, List[str]] = {}
    for name in order:
        for label in documents[name]:
            of_label.setdefault(label, []).append(name)
    # counts only fall, and each fall adds a pair: the smallest pair that is true is the rarest
    rarest = [(n, label) for label, n in assignment.n_left.items()]
    heapify(rarest)
    while rarest:
        n, label = heappop(rarest)
        if assignment.n_left.get(label) != n:
            continue
        for name in of_label[label]:
            if name not in assignment.parts:
                assignment.assign(name, assignment.choose_part(label))
                for other in documents[name] & assignment.n_left.keys():
                    heappush(rarest, (assignment.n_left[other], other))
    for name in order:  # documents without a label
        if name not in assignment.parts:
            assignment.assign(name, max(PARTS, key=assignment.room.__getitem__))
    assignment.repair(order)
    return {name: assignment.parts[name] for name in documents}


def random_key(name: str, seed: int) -> bytes:
    """A sort key that is the same on every machine and with every version of Python."""
    return hashlib.sha256(f"{seed} {name}".encode("utf8", "surrogatepass")).digest()


class _Assignment:
    """Parts of the documents so far.

    parts: part of each assigned document.
    n_total: number of documents, by label.
    n_left: number of documents without a part, by label; labels without any are left out.
    room: number of documents that a part should still get.
    wanted: number of documents that a part should still get, by label; a fraction.
    has: number of documents in a part, by label.
    """

    def __init__(self, documents: Mapping[str, FrozenSet[str]]) -> None:
        tenth = max(1, len(documents) // 10)
        self.documents = documents
        self.n_total = Counter(label for labels in documents.values() for label in labels)
        self.parts: Dict[str, Part] = {}
        self.n_left = dict(self.n_total)
        self.room = {"train": len(documents) - 2 * tenth, "dev": tenth, "test": tenth}
        self.wanted = {
            part: {label: n * room / len(documents) for label, n in self.n_total.items()}
            for part, room in self.room.items()
        }
        self.has: Dict[str, Counts[str]] = {part: Counter() for part in PARTS}

    def choose_part(self, label: str) -> Part:
        """The part for a document of this label, the rarest one among those left."""
        parts = PARTS
        if any(self._count_missing(label)):
            parts = tuple(part for part in PARTS if not self.has[part][label])
        return max(parts, key=lambda part: (self.wanted[part][label], self.room[part]))

    def assign(self, name: str, part: Part) -> None:
        self.parts[name] = part
        self.room[part] -= 1
        for label in self.documents[name]:
            self.has[part][label] += 1
            self.wanted[part][label] -= 1
            self.n_left[label] -= 1
            if not self.n_left[label]:
                del self.n_left[label]

    def repair(self, order: Sequence[str]) -> None:
        """Move single documents as long as a label gains a part by it. All have a part."""
        has_moved = True
        while has_moved:
            missing = {label for label in self.n_total if any(self._count_missing(label))}
            has_moved = False
            for name in order:
                if self.documents[name] & missing:
                    has_moved |= self._move(name)

    def _move(self, name: str) -> bool:
        """Move a document to the first part that makes fewer labels missing, if there is
        one."""
        old, labels = self.parts[name], self.documents[name]
        n_missing = self._count_missing(*labels)
        for part in PARTS:
            self._put(name, part)
            if self._count_missing(*labels) < n_missing:
                return True
        self._put(name, old)
        return False

    def _put(self, name: str, part: Part) -> None:
        self.has[self.parts[name]].subtract(self.documents[name])
        self.has[part].update(self.documents[name])
        self.parts[name] = part

    def _count_missing(self, *labels: str) -> Tuple[int, int]:
        """How many of the labels are missing in train, and how often they are missing in dev
        and test, where `stratify` promises them."""
        not_in_train = sum(not self.has["train"][label] for label in labels)
        not_held_out = 0
        for label in labels:
            n_held_out = bool(self.has["dev"][label]) + bool(self.has["test"][label])
            not_held_out += max(0, min(self.n_total[label] - 1, 2) - n_held_out)
        return not_in_train, not_held_out
