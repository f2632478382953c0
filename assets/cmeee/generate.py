"""Write the sample of CMeEE-V2: invented sentences in the JSON of the published files.

    python -m assets.cmeee.generate [FOLDER]

grammar.txt produces the sentences. A chapter has nine sentences, a topic of medicine and a
cast: the drugs, microbes, body parts … of its sentences. Some names are held out: the chapters
of dev take half of their cast from names that no other part has, and so do the chapters of
test. The same seed gives the same bytes.
"""

import argparse
from pathlib import Path
from random import Random
from typing import Dict, List, Set

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

SAMPLE = HERE / "sample"
SEED = 7
TOPICS = ("resp", "digest", "neuro", "circ", "urin", "skin", "blood")
CHAPTERS = {"train": 56, "dev": 14, "test": 7}  # test is written without mentions
KINDS = ["overview", "complaint", "signs", "laboratory", "imaging", "diagnosis", "treatment"]
HELD_OUT = 0.5  # share of names in the casts of dev and test that no other part has

# Number of names of each kind in a chapter, and number of invented names in all.
CAST = {"drug": 4, "microbe": 2, "eponym": 2, "site": 4, "organ": 4, "item": 4}
CAST |= {"test": 2, "therapy": 2, "equipment": 2, "department": 2}
INVENTED = {"drug": 100, "microbe": 60, "eponym": 60}
SYLLABLES = {
    "drug": "芮弗珂泽缇柏澜佐翰楚菲骊岑昔蔻埃",
    "other": "科萨伦汉塔恩姆格鲁迪莱蒙韦凯沃尼",
}
ENDINGS = {
    "drug": "西林 沙星 霉素 拉唑 洛韦 普利 沙坦 替丁 司琼 地平 洛芬 巴坦",
    "microbe": "病毒 病毒 杆菌 杆菌 球菌 螺旋体 支原体 弧菌",
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the sample corpus.")
    parser.add_argument("folder", nargs="?", type=Path, default=SAMPLE)
    folder = parser.parse_args().folder
    for part, sentences in generate(SEED).items():
        text = write_list(sentences, labelled=part != "test")
        # bytes: the same line ends on every system
        (folder / f"CMeEE-V2_{part}.json").write_bytes(text.encode("utf8"))


def generate(seed: int) -> Dict[str, List[Sentence]]:
    """The sentences of each part."""
    rng = Random(seed)
    grammar = read_grammar(HERE / "grammar.txt")
    names = make_names(rng, grammar)
    seen: Set[str] = set()
    parts: Dict[str, List[Sentence]] = {}
    for part, n_chapters in CHAPTERS.items():
        parts[part] = []
        for index in range(n_chapters):
            topic = TOPICS[index % len(TOPICS)]
            cast = make_cast(rng, names, part, topic)
            writer = Writer(rng, of_topic(grammar, topic), cast, seen)
            kinds = [*KINDS, pick(rng, ["signs", "treatment"]), "course"]
            if index % 4:  # three of four chapters have a sentence without a mention
                kinds[1 + below(rng, len(kinds) - 1)] = "plain"
            parts[part] += [writer.sentence(kind) for kind in kinds]
    return parts


def make_names(rng: Random, grammar: Names) -> Dict[str, Names]:
    """Names by part and slot: 15 % for dev alone, 15 % for test alone, "train" for all."""
    names: Dict[str, Names] = {"train": {}, "dev": {}, "test": {}}
    slots = [slot for slot in grammar if slot.partition("@")[0] in CAST]
    invented: List[str] = []
    for slot in [*INVENTED, *slots]:
        pool = shuffled(rng, grammar.get(slot, []))
        while len(pool) < INVENTED.get(slot, 0):
            name = invent(rng, slot)
            # no name is part of another one, else train could contain a held-out name
            if all(name not in other and other not in name for other in invented):
                invented.append(name)
                pool.append(name)
        held = round(0.15 * len(pool))
        names["dev"][slot], names["test"][slot] = pool[:held], pool[held : 2 * held]
        names["train"][slot] = pool[2 * held :]
    return names


def invent(rng: Random, slot: str) -> str:
    """A name. Drugs and microbes have typical endings."""
    if slot == "drug":
        stem = shuffled(rng, SYLLABLES["drug"])[:2]
        return "".join(stem) + pick(rng, ENDINGS["drug"].split())
    stem = shuffled(rng, SYLLABLES["other"])[: 2 + below(rng, 2)]
    return "".join(stem) + (pick(rng, ENDINGS["microbe"].split()) if slot == "microbe" else "")


def make_cast(rng: Random, names: Dict[str, Names], part: str, topic: str) -> Names:
    """The names of one chapter, by slot."""
    cast: Names = {}
    for slot, size in CAST.items():
        source = f"{slot}@{topic}" if f"{slot}@{topic}" in names["train"] else slot
        held = 0 if part == "train" else round(size * HELD_OUT)
        cast[slot] = shuffled(rng, names[part][source])[:held]
        cast[slot] += shuffled(rng, names["train"][source])[: size - held]
    return cast


if __name__ == "__main__":
    main()
