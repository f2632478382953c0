"""Texts that come twice, within a part or in two of them: counted, never removed."""

import unicodedata
from itertools import combinations
from typing import Dict, Iterable, List, Mapping, Sequence, Tuple, TypedDict

from .records import Record

N_EXAMPLES = 5
EXAMPLE_LENGTH = 80  # characters


class Example(TypedDict):
    """Two records with the same text, which is that of the second, cut if it is long."""

    ids: List[str]
    text: str


class Duplicates(TypedDict):
    """Records of a part whose text an earlier one of the part has."""

    count: int
    examples: List[Example]


class Leakage(TypedDict):
    """What two parts share.

    texts: records of the second part whose text the first one has.
    documents: documents with records in both.
    """

    texts: int
    documents: int
    examples: List[Example]


def find_duplicates(records: Sequence[Record]) -> Duplicates:
    """Find texts that come again in a part. Texts are the same if they differ in nothing but
    case, whitespace and the way in which Unicode composes their characters; blank ones are
    passed over."""
    first: Dict[str, Record] = {}
    pairs = []
    for text, record in _normalize_texts(records):
        if text in first:
            pairs.append((first[text], record))
        else:
            first[text] = record
    return {"count": len(pairs), "examples": _show(pairs)}


def find_leakage(parts: Mapping[str, Sequence[Record]]) -> Dict[str, Leakage]:
    """Find texts and documents that two parts share, for each pair: "train/dev" and so on.
    Texts are compared as in `find_duplicates`."""
    texts = {part: _normalize_texts(records) for part, records in parts.items()}
    leakage: Dict[str, Leakage] = {}
    for first, second in combinations(parts, 2):
        # the first record of a text, so that the last to be put in
        known = dict(reversed(texts[first]))
        pairs = [(known[text], record) for text, record in texts[second] if text in known]
        shared = {r.document for r in parts[first]} & {r.document for r in parts[second]}
        leakage[f"{first}/{second}"] = {
            "texts": len(pairs),
            "documents": len(shared),
            "examples": _show(pairs),
        }
    return leakage


def normalize_text(text: str) -> str:
    """The same for texts that differ in nothing but case, whitespace and the way in which
    Unicode composes their characters; empty for a blank one."""
    return unicodedata.normalize("NFC", " ".join(text.split()).casefold())


def _normalize_texts(records: Iterable[Record]) -> List[Tuple[str, Record]]:
    normalized = []
    for record in records:
        text = normalize_text(record.text)
        if text:
            normalized.append((text, record))
    return normalized


def _show(pairs: Sequence[Tuple[Record, Record]]) -> List[Example]:
    examples: List[Example] = []
    for one, other in pairs[:N_EXAMPLES]:
        text = other.text
        if len(text) > EXAMPLE_LENGTH:
            text = f"{text[:EXAMPLE_LENGTH]}…"
        examples.append({"ids": [one.id, other.id], "text": text})
    return examples
