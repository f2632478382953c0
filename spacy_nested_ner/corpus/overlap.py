"""Texts that come twice, in one part or in two parts. They are counted and never removed."""

import unicodedata
from itertools import combinations
from typing import Dict, Iterable, List, Mapping, Sequence, Tuple, TypedDict

from .records import Record

N_EXAMPLES = 5
EXAMPLE_LENGTH = 80  # characters


class Example(TypedDict):
    """Two records with the same text. text: of the second one, cut if it is long."""

    ids: List[str]
    text: str


class Duplicates(TypedDict):
    """Records of a part that have the text of an earlier record of the part."""

    count: int
    examples: List[Example]


class Leakage(TypedDict):
    """Texts and documents that two parts share.

    texts: number of records of the second part that have the text of a record of the first.
    documents: number of documents with records in both parts.
    """

    texts: int
    documents: int
    examples: List[Example]


def find_duplicates(records: Sequence[Record]) -> Duplicates:
    """Find texts that come more than once in a part. Texts are compared by `normalize_text`;
    blank texts are skipped."""
    first: Dict[str, Record] = {}
    pairs = []
    for text, record in _normalize_texts(records):
        if text in first:
            pairs.append((first[text], record))
        else:
            first[text] = record
    return {"count": len(pairs), "examples": _make_examples(pairs)}


def find_leakage(parts: Mapping[str, Sequence[Record]]) -> Dict[str, Leakage]:
    """Find texts and documents that two parts share, for each pair: "train/dev" and so on.
    Texts are compared as in `find_duplicates`."""
    texts = {part: _normalize_texts(records) for part, records in parts.items()}
    leakage: Dict[str, Leakage] = {}
    for first, second in combinations(parts, 2):
        # reversed: the first record of a text is put in last and stays
        known = dict(reversed(texts[first]))
        pairs = [(known[text], record) for text, record in texts[second] if text in known]
        shared = {r.document for r in parts[first]} & {r.document for r in parts[second]}
        leakage[f"{first}/{second}"] = {
            "texts": len(pairs),
            "documents": len(shared),
            "examples": _make_examples(pairs),
        }
    return leakage


def normalize_text(text: str) -> str:
    """Normalize case, whitespace and the composition of Unicode characters (NFC). The result
    for a blank text is empty."""
    return unicodedata.normalize("NFC", " ".join(text.split()).casefold())


def _normalize_texts(records: Iterable[Record]) -> List[Tuple[str, Record]]:
    normalized = []
    for record in records:
        text = normalize_text(record.text)
        if text:
            normalized.append((text, record))
    return normalized


def _make_examples(pairs: Sequence[Tuple[Record, Record]]) -> List[Example]:
    examples: List[Example] = []
    for one, other in pairs[:N_EXAMPLES]:
        text = other.text
        if len(text) > EXAMPLE_LENGTH:
            text = f"{text[:EXAMPLE_LENGTH]}…"
        examples.append({"ids": [one.id, other.id], "text": text})
    return examples
