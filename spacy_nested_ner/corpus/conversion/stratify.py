"""Deal documents to train, dev and test so that rare labels reach every part.

After iterative stratification (Sechidis, Tsoumakas, Vlahavas. On the Stratification of
Multi-Label Data. ECML PKDD 2011): the rarest label is dealt first, each of its documents to the
part that lacks the most of it. By that rule alone all three documents of a label go to train;
here a part that has none of a label comes first, and at the end single documents move on.
"""

import hashlib
from collections import Counter
from typing import Counter as Counts
from typing import Dict, FrozenSet, Mapping, Sequence, Tuple

from ..records import PARTS, Part


def stratify(documents: Mapping[str, FrozenSet[str]], seed: int) -> Dict[str, Part]:
    """Choose a part for every document: a tenth each for dev and test, as near as labels allow.

    Every label is in train. One of two documents is also in dev or in test, one of three or
    more in both, unless the documents with it carry other labels as rare: then as often as a
    search finds.

    documents: The labels of each document, by its name.
    seed: Another one gives another split. The order of the documents makes no difference.
    """
    order = sorted(documents, key=lambda name: _shuffled(name, seed))
    deal = _Deal(documents)
    while deal.left:
        label = min(deal.left, key=lambda label: (deal.left[label], label))
        for name in order:
            if name not in deal.parts and label in documents[name]:
                deal.give(name, deal.choose(label))
    for name in order:
        if name not in deal.parts:
            deal.give(name, max(PARTS, key=deal.room.__getitem__))
    deal.mend(order)
    return {name: deal.parts[name] for name in documents}


def _shuffled(name: str, seed: int) -> bytes:
    """A place in an order that is the same on every machine and with every Python."""
    return hashlib.sha256(f"{seed} {name}".encode()).digest()


class _Deal:
    """Documents on their way to the parts.

    parts: part of each document dealt.
    left: number of documents yet to be dealt, by label.
    room: number of documents that a part would still take.
    wanted: the same by label, in fractions.
    has: number of documents dealt, by label.
    """

    def __init__(self, documents: Mapping[str, FrozenSet[str]]) -> None:
        tenth = max(1, len(documents) // 10)
        self.documents = documents
        self.total = Counter(label for labels in documents.values() for label in labels)
        self.parts: Dict[str, Part] = {}
        self.left = dict(self.total)
        self.room = {"train": len(documents) - 2 * tenth, "dev": tenth, "test": tenth}
        self.wanted = {
            part: {label: n * room / len(documents) for label, n in self.total.items()}
            for part, room in self.room.items()
        }
        self.has: Dict[str, Counts[str]] = {part: Counter() for part in PARTS}

    def choose(self, label: str) -> Part:
        """The part for a document of a label, the rarest among those left."""
        parts = PARTS
        if any(self._lacks(label)):
            parts = tuple(part for part in PARTS if not self.has[part][label])
        return max(parts, key=lambda part: (self.wanted[part][label], self.room[part]))

    def give(self, name: str, part: Part) -> None:
        self.parts[name] = part
        self.room[part] -= 1
        for label in self.documents[name]:
            self.has[part][label] += 1
            self.wanted[part][label] -= 1
            self.left[label] -= 1
            if not self.left[label]:
                del self.left[label]

    def mend(self, order: Sequence[str]) -> None:
        """Move single documents for as long as labels gain parts by it. All are dealt."""
        has_moved = True
        while has_moved:
            lacking = {label for label in self.total if any(self._lacks(label))}
            has_moved = False
            for name in order:
                if self.documents[name] & lacking:
                    has_moved |= self._move(name)

    def _move(self, name: str) -> bool:
        old, labels = self.parts[name], self.documents[name]
        lacks = self._lacks(*labels)
        for part in PARTS:
            self.has[self.parts[name]].subtract(labels)
            self.has[part].update(labels)
            self.parts[name] = part
            if self._lacks(*labels) < lacks:
                return True
        self.has[self.parts[name]].subtract(labels)
        self.has[old].update(labels)
        self.parts[name] = old
        return False

    def _lacks(self, *labels: str) -> Tuple[int, int]:
        """How many of the labels are not in train, and how often they are missing in dev and
        test, counted as `stratify` promises."""
        not_in_train = sum(not self.has["train"][label] for label in labels)
        not_held_out = 0
        for label in labels:
            n_held_out = bool(self.has["dev"][label]) + bool(self.has["test"][label])
            not_held_out += max(0, min(self.total[label] - 1, 2) - n_held_out)
        return not_in_train, not_held_out
