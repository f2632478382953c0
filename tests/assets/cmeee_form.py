"""Slow, plain reading of samples in the form of CMeEE-V2, for their tests."""

import json
import re
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Sequence, Set, Tuple

ROOT = Path(__file__).parent.parent.parent


class Sentence(NamedTuple):
    text: str
    mentions: List[Tuple[int, int, str]]  # half-open characters


def read_sentences(path: Path) -> List[Sentence]:
    """Without `entities`, as in a test part, there are no mentions."""
    return [
        Sentence(
            record["text"],
            [(e["start_idx"], e["end_idx"] + 1, e["type"]) for e in record.get("entities", [])],
        )
        for record in json.loads(path.read_text(encoding="utf8"))
    ]


def nestings(sentences: Sequence[Sentence]) -> Iterator[Tuple[str, str]]:
    """Labels of all pairs (outer, inner) where one mention lies inside a longer one."""
    for _, mentions in sentences:
        for start, end, outer in mentions:
            for s, e, inner in mentions:
                if start <= s and e <= end and (s, e) != (start, end):
                    yield outer, inner


def crossings(sentences: Sequence[Sentence]) -> int:
    return sum(
        a[0] < b[0] < a[1] < b[1] for s in sentences for a in s.mentions for b in s.mentions
    )


def strings(sentences: Sequence[Sentence]) -> Set[Tuple[str, str]]:
    """The distinct mentions: text and label."""
    return {(s.text[start:end], label) for s in sentences for start, end, label in s.mentions}


def undefined_and_unused(grammar: Dict[str, List[str]], names: Set[str]) -> Set[str]:
    """Slots that are asked for and not there, and those that nothing asks for.

    names: Slots that the generator fills or begins with.
    """
    ways = [way for ways in grammar.values() for way in ways]
    asked = {slot for way in ways for slot in re.findall(r"\{(\w+)\}", way)}
    defined = {slot.partition("@")[0] for slot in grammar}
    return (asked - defined - names) | (defined - asked - names)
