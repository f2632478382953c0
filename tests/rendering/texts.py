"""Invented texts with mentions at random."""

from random import Random
from typing import List

from spacy_nested_ner.rendering import Bar

SYLLABLES = ["ka", "re", "mu", "-", "to", "lin", "q53", "é"]
HAN = "水泵轴承磨损密封圈泄漏更换电机振动异常"
LABELS = ["x", "DNA", "protein", "Gene_or_gene_product", "a label of words"]


def latin_text(rng: Random, n_words: int) -> str:
    """Words with hyphens, brackets and stops, blanks, tabs and empty lines between them."""
    words = []
    for _ in range(n_words):
        word = "".join(rng.choices(SYLLABLES, k=rng.randint(1, 4)))
        before = rng.choice(["", "", "", "("])
        after = rng.choice(["", "", ",", ")", "."])
        words += [before, word, after, rng.choice([" "] * 9 + ["  ", "\t", "\n", "\n\n"])]
    return "".join(words)


def han_text(rng: Random, n_characters: int) -> str:
    """Chinese characters without blanks, with stops and some words of another script."""
    behind = [""] * 9 + ["，", "。", "（", "）", " XK-2 ", "\n"]
    return "".join(rng.choice(HAN) + rng.choice(behind) for _ in range(n_characters))


def random_bars(rng: Random, text: str, n: int, *, words: float = 0.6) -> List[Bar]:
    """No two of them are equal.

    words: the share of those that begin and end at blanks; others may do so anywhere.
    """
    found = set()
    for _ in range(n):
        start = rng.randrange(len(text))
        end = min(len(text), start + rng.choice([1, 3, 8, 20, 60]))
        if rng.random() < words:
            while start > 0 and not text[start - 1].isspace():
                start -= 1
            while end < len(text) and not text[end].isspace():
                end += 1
        found.add(Bar(start, end, rng.choice(LABELS)))
    return rng.sample(sorted(found), len(found))
