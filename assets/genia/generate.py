"""Write the sample corpus: invented sentences in the XML format of GENIA 3.02.

    python -m assets.genia.generate [FILE]

grammar.txt produces the sentences, and `invent` the names. Each article has a cast: the
proteins, cell lines, DNA elements … of its sentences. Some names are held out: the articles
that the split `document` puts into dev take half of their cast from names that no other part
has, and so do the articles of test. The same seed gives the same bytes.
"""

import argparse
import re
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Dict, List, Set
from xml.sax.saxutils import escape

from assets.marked_text import Names, below, pick, read_grammar, shuffled

HERE = Path(__file__).parent

SAMPLE = HERE / "sample" / "genia-sample.xml"
SEED = 5
ARTICLES = 70  # split `document`: 56 for train, 7 for dev, 7 for test
HELD_OUT = 0.5  # share of names in the casts of dev and test that no other part has

# Number of names of each kind in an article, and number of invented names in all.
CAST = {"protein": 4, "element": 2, "line": 2, "compound": 2, "virus": 2}
CAST |= {"adjective": 2, "noun": 2}  # real words from the grammar; all others are invented
INVENTED = {"protein": 110, "element": 44, "line": 44, "compound": 36, "virus": 16}
SYLLABLES = "bro dal fen gor hul jav kel lom mur nep quo rud sib tov vel wex yor zan"

HEADER = """<?xml version="1.0" encoding="UTF-8"?>
<set corpus="sample">
<!-- Invented text, written by generate.py under the MIT licence. No sentence is GENIA's. -->
"""
ARTICLE = """
<article>
<articleinfo>
<bibliomisc>SAMPLE:{number:08}</bibliomisc>
</articleinfo>
<title>
{title}
</title>
<abstract>
{abstract}
</abstract>
</article>
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the sample corpus.")
    parser.add_argument("file", nargs="?", type=Path, default=SAMPLE)
    # bytes: the same line ends on every system
    parser.parse_args().file.write_bytes(generate(SEED).encode("utf8"))


def generate(seed: int) -> str:
    """The whole corpus as one XML text."""
    rng = Random(seed)
    grammar = read_grammar(HERE / "grammar.txt")
    names = make_names(rng, grammar)
    seen: Set[str] = set()
    articles = []
    for index in range(ARTICLES):
        writer = Writer(rng, grammar, make_cast(rng, names, part_of(index)), seen)
        kinds = ["background", "method"] + ["result"] * (3 + index % 3) + ["conclusion"]
        if index % 4:  # three of four articles have a sentence without a mention
            kinds.insert(int(rng.random() * len(kinds)), "plain")
        title = writer.sentence("title")
        abstract = "\n".join(writer.sentence(kind) for kind in kinds)
        articles.append(ARTICLE.format(number=index + 1, title=title, abstract=abstract))
    return HEADER + "".join(articles) + "\n</set>\n"


def make_names(rng: Random, grammar: Names) -> Dict[str, Names]:
    """Names by part and kind: 15 % for dev alone, 15 % for test alone, "train" for all."""
    names: Dict[str, Names] = {"train": {}, "dev": {}, "test": {}}
    invented: List[str] = []
    for kind in CAST:
        pool = shuffled(rng, grammar.get(kind, []))
        while len(pool) < INVENTED.get(kind, 0):
            name = invent(rng, kind)
            # no name is part of another one, else train could contain a held-out name
            low = name.lower()
            if all(low not in other and other not in low for other in invented):
                invented.append(low)
                pool.append(name)
        held = round(0.15 * len(pool))
        names["dev"][kind], names["test"][kind] = pool[:held], pool[held : 2 * held]
        names["train"][kind] = pool[2 * held :]
    return names


def invent(rng: Random, kind: str) -> str:
    """A name. A code such as "TQX-4" can be of any kind; the ending of a word shows its
    kind."""
    letters = [pick(rng, "QXZ"), pick(rng, "BDGKLMNR"), pick(rng, "FPTVW")]
    code = "".join(shuffled(rng, letters)) + pick(rng, ["-", ""]) + str(1 + below(rng, 29))
    word = pick(rng, SYLLABLES.split()) + pick(rng, SYLLABLES.split())
    if kind == "protein":
        return pick(rng, [code, word + pick(rng, ["in", "ase", "kin", "in-alpha", "in-beta"])])
    if kind == "compound":
        return pick(rng, [code, word + pick(rng, ["ine", "ol", "in"])])
    if kind == "line":
        return pick(rng, [code, code, word.capitalize()])
    if kind == "element":
        return pick(rng, [code, f"{pick(rng, [code, word])} {pick(rng, ['box', 'motif'])}"])
    return f"{word.capitalize()} {pick(rng, ['virus', 'virus type 1'])}"


def make_cast(rng: Random, names: Dict[str, Names], part: str) -> Names:
    """The names of one article, by kind."""
    cast: Names = {}
    for kind, size in CAST.items():
        held = 0 if part == "train" else round(size * HELD_OUT)
        cast[kind] = shuffled(rng, names[part][kind])[:held]
        cast[kind] += shuffled(rng, names["train"][kind])[: size - held]
    return cast


def part_of(index: int) -> str:
    """The part that the split `document` gives to article `index`."""
    tenth = ARTICLES // 10
    if index < ARTICLES - 2 * tenth:
        return "train"
    return "dev" if index < ARTICLES - tenth else "test"


class Writer:
    """Writes the sentences of one article. No sentence is among those `seen` before."""

    def __init__(self, rng: Random, grammar: Names, cast: Names, seen: Set[str]) -> None:
        self.rng, self.grammar, self.cast, self.seen = rng, grammar, cast, seen

    def sentence(self, kind: str) -> str:
        # cycles: a sentence repeats a name only after all other names of the kind
        self.names = {slot: cycle(shuffled(self.rng, self.cast[slot])) for slot in self.cast}
        text = to_xml(self.expand("{" + kind + "}"))
        if text in self.seen:
            return self.sentence(kind)
        self.seen.add(text)
        return f"<sentence>{text}</sentence>"

    def expand(self, template: str) -> str:
        return re.sub(r"\{(\w+)\}", lambda slot: self.fill(slot[1]), template)

    def fill(self, slot: str) -> str:
        if slot in self.names:
            return next(self.names[slot])
        return self.expand(pick(self.rng, self.grammar[slot]))


def to_xml(marked: str) -> str:
    """Turn marked text into the content of a <sentence>."""
    text = escape(marked, {'"': "&quot;"})
    while "[" in text:  # innermost first
        text = re.sub(r"\[([^\[\]|]+)\|([^\[\]]*)\]", to_cons, text)
    tags = r"(?:<[^>]*>)*"
    vowel = r"[aeiou]|[FLMNRX][A-Z]"  # spoken: "an LQF-2 cDNA", "a QLF-2 cDNA"
    text = re.sub(rf"(?<=[aA])~(?= {tags}(?:{vowel}))", "n", text).replace("~", "")
    return re.sub(rf"^({tags})(\w)", lambda m: m[1] + m[2].upper(), text)


def to_cons(match: re.Match) -> str:
    """The <cons> of one `[class|text]`. In GENIA `lex` is the lemma, here it is the text."""
    kind, inner = match.groups()
    lex = re.sub(r"<[^>]*>", "", inner).replace(" ", "_")
    if kind == "*":
        return f'<cons lex="{lex}*">{inner}</cons>'
    if kind == "+":
        return f'<cons lex="*{lex}">{inner}</cons>'
    if not kind.startswith("AND "):
        return f'<cons lex="{lex}" sem="G#{kind}">{inner}</cons>'
    pieces, (head,) = re.findall(r'"([^"]*)\*"', inner), re.findall(r'"\*([^"]*)"', inner)
    members = " ".join(f"{piece}_{head}" for piece in pieces)
    sem = " ".join("G#" + kind[4:] for _ in pieces)
    return f'<cons lex="(AND {members})" sem="(AND {sem})">{inner}</cons>'


if __name__ == "__main__":
    main()
