"""Counts over records and their tokenized documents, for the report."""

from collections import Counter
from math import ceil
from typing import Any, Dict, Iterable, List, NamedTuple, Optional, Sequence

import numpy
from spacy.tokens import Doc

from ...scoring.nesting import relate
from ..records import Mention, Record
from .alignment import Placed, distinct_spans, place_mentions

PERCENTILES = (50, 90, 95, 99, 99.9)
N_EXAMPLES = 5


def count_part(
    records: Sequence[Record], docs: Sequence[Doc], align: str = "drop"
) -> Dict[str, Any]:
    """Count one part of a corpus, docs[i] being the tokens of records[i].

    All mentions of the source count, whether or not they fit the tokens. Of those that do not,
    the `misaligned`, some are `moved` and the others `dropped`, as `align` has it; `merged` are
    mentions that came to a span and label of another one. `written` are the spans that are
    left. `articles` are distinct names. `width` is in tokens, those that a mention touches.
    """
    nesting = count_nesting(record.mentions for record in records)
    labels = Counter(m.label for record in records for m in record.mentions)
    n_spans = labels.total()
    n_written = n_dropped = 0
    widths: List[int] = []
    misaligned: List[Dict[str, Optional[str]]] = []
    for record, doc in zip(records, docs, strict=True):
        placed = place_mentions(doc, record.mentions, align)
        n_written += len(distinct_spans(placed))
        n_dropped += sum(p.span is None for p in placed)
        widths += [len(p.touched) for p in placed]
        misaligned += [_describe(p, record) for p in placed if not p.is_aligned]
    return {
        "articles": len({record.document for record in records}),
        "docs": len(docs),
        "tokens": sum(len(doc) for doc in docs),
        "spans": n_spans,
        "written": n_written,
        "labels": dict(sorted(labels.items())),
        "without_mention": sum(not record.mentions for record in records),
        "nested_share": _share(nesting.overlapping, n_spans),
        "inside_another": nesting.inside,
        "depth": nesting.depth,
        "width": count_widths(widths),
        "misaligned": {
            "count": len(misaligned),
            "share": _share(len(misaligned), n_spans),
            "moved": len(misaligned) - n_dropped,
            "dropped": n_dropped,
            "merged": n_spans - n_dropped - n_written,
            "examples": misaligned[:N_EXAMPLES],
        },
    }


def _describe(placed: Placed, record: Record) -> Dict[str, Optional[str]]:
    """What a report says of a mention that does not fit the tokens: those it touches, and what
    was written for it."""
    start, end, label = placed.mention
    return {
        "id": record.id,
        "label": label,
        "text": record.text[start:end],
        "token": placed.touched.text,
        "written": placed.span.text if placed.span else None,
    }


class Nesting(NamedTuple):
    """How the mentions of texts lie to each other, within a text.

    overlapping: mentions that contain, lie inside, cross or share exactly the span of another.
    inside: mentions that lie inside another, longer one.
    depth: length of the longest chain of spans each inside the one before.
    """

    overlapping: int
    inside: int
    depth: int


def count_nesting(texts: Iterable[Sequence[Mention]]) -> Nesting:
    """Compare every mention of a text with every other one of it, in n log n; the numbers are
    those of all texts together, the depth is the largest."""
    start: List[int] = []
    end: List[int] = []
    labels: Dict[str, int] = {}
    label: List[int] = []
    behind = 0  # the texts before: one lies behind the other
    for mentions in texts:
        start += [behind + m.start for m in mentions]
        end += [behind + m.end for m in mentions]
        label += [labels.setdefault(m.label, len(labels)) for m in mentions]
        behind += max((m.end for m in mentions), default=0)
    relations = relate(*(numpy.array(column, dtype=int) for column in (start, end, label)))
    return Nesting(
        int(relations.overlapping.sum()),
        int(relations.inside.sum()),
        int(relations.depth.max(initial=0)),
    )


def count_widths(widths: Sequence[int]) -> Dict[str, int]:
    """Percentiles by nearest rank, so that each is a width that occurs; empty for none."""
    ordered = sorted(widths)
    if not ordered:
        return {}
    ranks = {f"p{p}": ordered[ceil(p / 100 * len(ordered)) - 1] for p in PERCENTILES}
    return {**ranks, "max": ordered[-1]}


def _share(n: int, total: int) -> float:
    return round(n / total, 5) if total else 0.0
