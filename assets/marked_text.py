"""What the generators of the samples share: from a grammar to marked sentences, and from these
to the JSON of CMeEE-V2. That of GENIA, whose marks say more, takes the grammar and the dice.
Standard library only.

A grammar is a text file: a slot, a colon, and below it, indented, the ways to fill it, one a
line or several separated by " | ". One that comes twice is twice as likely. A slot may be that
of a topic, slot@topic. In a way,
    {slot}        is filled from below, or with a name
    [type|text]   is a mention; mentions nest
"""

import json
import re
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Dict, List, NamedTuple, Sequence, Set

Names = Dict[str, List[str]]  # by slot, or by kind of name


class Entity(NamedTuple):
    """A mention in half-open characters."""

    start: int
    end: int
    type: str


class Sentence(NamedTuple):
    text: str
    entities: List[Entity]


class Writer:
    """Writes sentences that share a cast of names, none of them among those `seen` before."""

    def __init__(self, rng: Random, grammar: Names, cast: Names, seen: Set[str]) -> None:
        self.rng, self.grammar, self.cast, self.seen = rng, grammar, cast, seen

    def sentence(self, kind: str) -> Sentence:
        while True:
            # cycles: a name comes again in a sentence only after all the others of its slot
            self.names = {
                slot: cycle(shuffled(self.rng, self.cast[slot])) for slot in self.cast
            }
            sentence = read_marks(self.expand(pick(self.rng, self.grammar[kind])))
            if sentence.text not in self.seen and not repeats(sentence):
                self.seen.add(sentence.text)
                return sentence

    def expand(self, template: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda slot: self.fill(slot[1]), template)

    def fill(self, slot: str) -> str:
        if slot in self.names:
            return next(self.names[slot])
        return self.expand(pick(self.rng, self.grammar[slot]))


def read_grammar(path: Path) -> Names:
    """The ways to fill each slot."""
    grammar: Names = {}
    for line in path.read_text(encoding="utf8").splitlines():
        if not line or line.startswith("#"):
            continue
        if not line.startswith(" "):
            slot, _, line = line.partition(":")
            grammar[slot] = []
        grammar[slot] += [way.strip() for way in line.split(" | ") if way.strip()]
    return grammar


def of_topic(grammar: Names, topic: str) -> Names:
    """The grammar for a topic: the ways of "slot@topic" are those of "slot" there."""
    own = {
        slot.partition("@")[0]: ways
        for slot, ways in grammar.items()
        if slot.endswith(f"@{topic}")
    }
    return {**grammar, **own}


def read_marks(marked: str) -> Sentence:
    """Take the marks `[type|` and `]` out of a text."""
    text = ""
    entities: List[Entity] = []
    open_marks: List[Entity] = []
    for piece in re.split(r"(\[\w+\||\])", marked):
        if piece == "]":
            mark = open_marks.pop()
            entities.append(mark._replace(end=len(text)))
        elif piece.startswith("["):
            open_marks.append(Entity(len(text), 0, piece[1:-1]))
        else:
            text += piece
    return Sentence(text, sorted(entities, key=lambda e: (e.start, -e.end, e.type)))


def repeats(sentence: Sentence) -> bool:
    """Whether a mention inside no other comes twice, as in "fever and fever"."""
    reached, texts = 0, []
    for start, end, _ in sentence.entities:
        if start >= reached:
            texts.append(sentence.text[start:end])
            reached = end
    return len(set(texts)) < len(texts)


def write_list(sentences: Sequence[Sentence], *, labelled: bool = True) -> str:
    """The JSON list of CMeEE-V2, one entity a line: `end_idx` is the last character itself."""
    records = []
    for text, entities in sentences:
        record = f'  {{"text": {quote(text)}'
        if labelled:
            lines = [
                f'    {{"start_idx": {start}, "end_idx": {end - 1}, "type": {quote(type)}, '
                f'"entity": {quote(text[start:end])}}}'
                for start, end, type in entities
            ]
            record += ', "entities": [' + "".join(f"\n{line}," for line in lines)[:-1] + "]"
        records.append(record + "}")
    return "[\n" + ",\n".join(records) + "\n]\n"


def quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


# Only `random()` is promised to give the same sequence in every version of Python.


def below(rng: Random, n: int) -> int:
    return int(rng.random() * n)


def pick(rng: Random, items: Sequence[str]) -> str:
    return items[below(rng, len(items))]


def shuffled(rng: Random, items: Sequence[str]) -> List[str]:
    return sorted(items, key=lambda _: rng.random())
