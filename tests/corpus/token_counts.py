"""Counts as READMEs state them, over records whose tokens hold no blanks."""

from collections import Counter
from math import ceil
from typing import Dict, List, NamedTuple, Sequence

import numpy

from spacy_nested_ner.corpus.records import Record
from spacy_nested_ner.scoring.nesting import relate


class TokenCounts(NamedTuple):
    """inside, crossing, same_span: mentions that lie inside, cross or share exactly the span of
    another. nested_share: of the mentions that do any of these or contain another.
    nested_texts: with a mention inside another. widths, lengths: tokens of each mention and
    of each text.
    """

    texts: int
    tokens: int
    mentions: int
    inside: int
    nested_share: float
    crossing: int
    same_span: int
    depth: int
    nested_texts: int
    without_mention: int
    labels: Dict[str, int]
    widths: List[int]
    lengths: List[int]


def count_tokens(records: Sequence[Record]) -> TokenCounts:
    labels = Counter(m.label for record in records for m in record.mentions)
    numbers = {label: number for number, label in enumerate(labels)}
    row: List[List[int]] = []  # start, end, label; texts one behind the other
    owners: List[int] = []
    widths: List[int] = []
    shift = 0
    for i, record in enumerate(records):
        for start, end, label in record.mentions:
            row.append([start + shift, end + shift, numbers[label]])
            owners.append(i)
            widths.append(_count(record.text[start:end]))
        shift += len(record.text)
    relations = relate(*numpy.array(row).T)
    lengths = [_count(record.text) for record in records]
    return TokenCounts(
        len(records),
        sum(lengths),
        len(row),
        int(relations.inside.sum()),
        float(relations.overlapping.mean()),
        int(relations.crossing.sum()),
        int(relations.same_span.sum()),
        int(relations.depth.max()),
        len(set(numpy.array(owners)[relations.inside])),
        sum(not record.mentions for record in records),
        dict(labels),
        widths,
        lengths,
    )


def percentile(values: Sequence[int], percent: float) -> int:
    """By nearest rank."""
    return sorted(values)[ceil(percent / 100 * len(values)) - 1]


def _count(text: str) -> int:
    return text.count(" ") + 1
