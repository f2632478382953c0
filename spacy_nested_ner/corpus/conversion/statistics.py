"""Counts of records and their tokens, for the report."""

from collections import Counter
from math import ceil
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence

import numpy
from spacy.tokens import Doc

from ...scoring.nesting import relate
from ..records import Mention, Record
from .alignment import Placed

PERCENTILES = (50, 90, 95, 99, 99.9)
N_EXAMPLES = 5


class PartCounts:
    """Counts over one part of a corpus, record by record."""

    def __init__(self) -> None:
        self.records: List[Record] = []
        self.n_tokens = 0
        self.n_kept = 0  # mentions that the alignment policy does not drop
        self.n_written = 0
        self.widths: List[int] = []
        self.misaligned: List[Dict[str, Optional[str]]] = []

    def add(self, record: Record, doc: Doc, placed: Sequence[Placed]) -> None:
        """Count a record.

        doc: The tokens of the record.
        placed: Its mentions on these tokens, from `place_mentions`.
        """
        kept = [p.span for p in placed if p.span is not None]
        self.records.append(record)
        self.n_tokens += len(doc)
        self.n_kept += len(kept)
        # not from the spans of the doc: `take_account` compares this number with theirs
        self.n_written += len({(span.start, span.end, span.label) for span in kept})
        self.widths += [len(p.touched) for p in placed]
        self.misaligned += [_describe(p, record) for p in placed if not p.is_aligned]

    def report(self) -> Dict[str, Any]:
        """The entry of the report.

        `spans` and `labels` count all mentions of the source. Some do not fit the tokens, they
        are `misaligned`: the alignment policy has `moved` or `dropped` them. A mention is
        `merged` if its span and label equal those of another one. `written` counts the spans
        in the output, `articles` the distinct document names. `width` is the number of tokens
        that a mention touches.
        """
        nesting = count_nesting(record.mentions for record in self.records)
        labels = Counter(m.label for record in self.records for m in record.mentions)
        n_spans = labels.total()
        n_misaligned, n_dropped = len(self.misaligned), n_spans - self.n_kept
        return {
            "articles": len({record.document for record in self.records}),
            "docs": len(self.records),
            "tokens": self.n_tokens,
            "spans": n_spans,
            "written": self.n_written,
            "labels": dict(sorted(labels.items())),
            "without_mention": sum(not record.mentions for record in self.records),
            "nested_share": _share(nesting.overlapping, n_spans),
            "inside_another": nesting.inside,
            "depth": nesting.depth,
            "width": count_widths(self.widths),
            "misaligned": {
                "count": n_misaligned,
                "share": _share(n_misaligned, n_spans),
                "moved": n_misaligned - n_dropped,
                "dropped": n_dropped,
                "merged": self.n_kept - self.n_written,
                "examples": self.misaligned[:N_EXAMPLES],
            },
        }


def _describe(placed: Placed, record: Record) -> Dict[str, Optional[str]]:
    """A misaligned mention in the report, with the tokens that it touches and the span that was
    written for it."""
    start, end, label = placed.mention
    return {
        "id": record.id,
        "label": label,
        "text": record.text[start:end],
        "token": placed.touched.text,
        "written": placed.span.text if placed.span else None,
    }


class Nesting(NamedTuple):
    """How mentions overlap within a text.

    overlapping: mentions that contain, are inside, cross, or have the same span as another.
    inside: mentions that are inside a longer one.
    depth: length of the longest chain of spans, each inside the one before.
    """

    overlapping: int
    inside: int
    depth: int


def count_nesting(texts: Iterable[Sequence[Mention]]) -> Nesting:
    """Count how mentions overlap in each text, and add up the counts; the depth is the largest.

    Time grows as n log n with the number of mentions.
    """
    start: List[int] = []
    end: List[int] = []
    labels: Dict[str, int] = {}
    label: List[int] = []
    offset = 0  # shifts each text behind the one before, so that their mentions do not overlap
    for mentions in texts:
        start += [offset + m.start for m in mentions]
        end += [offset + m.end for m in mentions]
        label += [labels.setdefault(m.label, len(labels)) for m in mentions]
        offset += max((m.end for m in mentions), default=0)
    relations = relate(*(numpy.array(column, dtype=int) for column in (start, end, label)))
    return Nesting(
        int(relations.overlapping.sum()),
        int(relations.inside.sum()),
        int(relations.depth.max(initial=0)),
    )


def count_widths(widths: Sequence[int]) -> Dict[str, int]:
    """Percentiles by nearest rank: each is a width that occurs. Empty if there is no width."""
    ordered = sorted(widths)
    if not ordered:
        return {}
    ranks = {f"p{p}": ordered[ceil(p / 100 * len(ordered)) - 1] for p in PERCENTILES}
    return {**ranks, "max": ordered[-1]}


def _share(n: int, total: int) -> float:
    return round(n / total, 5) if total else 0.0
