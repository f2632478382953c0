"""Write the sample of ICEM: invented maintenance work orders in the JSON form of CMeEE-V2.

    python -m assets.icem.generate [FILE]

grammar.txt produces the work orders. The eight orders of a crew are about machines of one kind
and have a common cast: a few components, places, tags … A few labels are frequent and many are
rare; TAIL sets the number of mentions of the rarest. The same seed gives the same bytes.
"""

import argparse
from pathlib import Path
from random import Random
from typing import List, Set

from assets.marked_text import (
    Names,
    Sentence,
    Writer,
    below,
    of_topic,
    pick,
    read_grammar,
    shuffled,
    write_list,
)

HERE = Path(__file__).parent

SAMPLE = HERE / "sample" / "icem.json"
SEED = 3
TOPICS = ("rotating", "conveying", "process", "lifting")
CREWS = 62
ORDERS = 8  # of a crew

# Number of work orders with one mention of a label that no other work order has.
TAIL = {"standard": 3, "software": 4, "permit": 5, "hazard": 5, "vendor": 6, "document": 8}
TAIL |= {"alarm": 10, "personnel": 14, "interval": 18}
# Relative frequency of the other kinds of work orders.
COMMON = ["request"] * 4 + ["finding"] * 3 + ["job"] * 4 + ["plain"]

# Number of words and invented names in the cast of a crew.
CAST = {"component": 5, "part": 6, "place": 2, "tool": 3, "consumable": 2}
CAST |= {"tag": 4, "maker": 1, "drawing": 2, "code": 2}
SYLLABLES = "hal vorn tess mark dren kolt bra sund jor fel wick stran"


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the sample corpus.")
    parser.add_argument("file", nargs="?", type=Path, default=SAMPLE)
    # bytes: the same line ends on every system
    parser.parse_args().file.write_bytes(write_list(generate(SEED)).encode("utf8"))


def generate(seed: int) -> List[Sentence]:
    """All work orders."""
    rng = Random(seed)
    grammar = read_grammar(HERE / "grammar.txt")
    kinds = [kind for kind, count in TAIL.items() for _ in range(count)]
    while len(kinds) < CREWS * ORDERS:
        kinds.append(COMMON[len(kinds) % len(COMMON)])
    kinds = shuffled(rng, kinds)
    seen: Set[str] = set()
    orders = []
    for first in range(0, len(kinds), ORDERS):
        own = of_topic(grammar, TOPICS[len(orders) // ORDERS % len(TOPICS)])
        writer = Writer(rng, own, make_cast(rng, own), seen)
        orders += [writer.sentence(kind) for kind in kinds[first : first + ORDERS]]
    return orders


def make_cast(rng: Random, grammar: Names) -> Names:
    """The names of one crew, by slot."""
    cast: Names = {}
    for slot, size in CAST.items():
        words = shuffled(rng, grammar[slot]) if slot in grammar else []
        cast[slot] = words[:size] or [invent(rng, slot) for _ in range(size)]
    return cast


def invent(rng: Random, slot: str) -> str:
    number = str(1000 + below(rng, 9000))
    if slot == "tag":
        return f"{pick(rng, ['P', 'C', 'V', 'E', 'M', 'TK', 'CV', 'AG'])}-{number}"
    if slot == "drawing":
        return f"DWG-{number}"
    if slot == "code":
        return f"{pick(rng, 'AEF')}{number[:3]}"
    return "".join(shuffled(rng, SYLLABLES.split())[:2]).capitalize()


if __name__ == "__main__":
    main()
