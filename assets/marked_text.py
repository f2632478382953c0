"""Common code of the generators of sample corpora: read a grammar, write marked sentences, and
turn these into the JSON of CMeEE-V2. The generator of GENIA's sample has marks of its own; it
uses only the grammar and the random choices. Standard library only.

A grammar is a text file. A slot and a colon are followed by indented ways to fill the slot, one
per line or several separated by " | ". A way that comes twice is twice as likely. A slot may
belong to a topic: slot@topic. A way contains text and
    {slot}         to fill from the grammar, or with a name
    [label|text]   for a mention; mentions may nest
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
    label: str


class Sentence(NamedTuple):
    text: str
    entities: List[Entity]


class Writer:
    """Writes sentences with a common cast of names. No sentence is among those `seen`
    before."""

    def __init__(self, rng: Random, grammar: Names, cast: Names, seen: Set[str]) -> None:
        self.rng, self.grammar, self.cast, self.seen = rng, grammar, cast, seen

    def sentence(self, kind: str) -> Sentence:
        while True:
            # cycles: a sentence repeats a name only after all other names of the slot
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
    """The grammar of a topic: "slot" has the ways of "slot@topic"."""
    own = {
        slot.partition("@")[0]: ways
        for slot, ways in grammar.items()
        if slot.endswith(f"@{topic}")
    }
    return {**grammar, **own}


def read_marks(marked: str) -> Sentence:
    """Remove the marks `[label|` and `]` from a text, and return their mentions."""
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
    return Sentence(text, sorted(entities, key=lambda e: (e.start, -e.end, e.label)))


def repeats(sentence: Sentence) -> bool:
    """Whether an outermost mention comes twice, as in "fever and fever"."""
    reached, texts = 0, []
    for start, end, _ in sentence.entities:
        if start >= reached:
            texts.append(sentence.text[start:end])
            reached = end
    return len(set(texts)) < len(texts)


def write_list(sentences: Sequence[Sentence], *, labelled: bool = True) -> str:
    """The JSON list of CMeEE-V2, one entity per line. `end_idx` is the last character."""
    records = []
    for text, entities in sentences:
        record = f'  {{"text": {quote(text)}'
        if labelled:
            lines = [
                f'    {{"start_idx": {start}, "end_idx": {end - 1}, "type": {quote(label)}, '
                f'"entity": {quote(text[start:end])}}}'
                for start, end, label in entities
            ]
            record += ', "entities": [' + "".join(f"\n{line}," for line in lines)[:-1] + "]"
        records.append(record + "}")
    return "[\n" + ",\n".join(records) + "\n]\n"


def quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


# Of all functions of `random`, only `random()` gives the same numbers in every version of
# Python.


def below(rng: Random, n: int) -> int:
    return int(rng.random() * n)


def pick(rng: Random, items: Sequence[str]) -> str:
    return items[below(rng, len(items))]


def shuffled(rng: Random, items: Sequence[str]) -> List[str]:
    return sorted(items, key=lambda _: rng.random())
