"""What a letter is: a character with the combining marks after it, for tokens and n-grams.

Hindi vowels, pointed Hebrew and accents that stand alone are combining marks.
"""

import re
from functools import cache
from typing import List
from unicodedata import category

# the parts of Unicode that have combining marks, half-open
WITH_MARKS = ((0x300, 0x20000), (0xE0100, 0xE0200))


@cache
def find_marks() -> str:
    """All combining marks (Unicode categories Mn, Mc, Me) as ranges of a character class."""
    marks = [i for part in WITH_MARKS for i in range(*part) if category(chr(i))[0] == "M"]
    begins = [i for i, before in zip(marks, [-1, *marks]) if before != i - 1]
    ends = [i for i, after in zip(marks, [*marks[1:], -1]) if after != i + 1]
    return "".join(f"{chr(begin)}-{chr(end)}" for begin, end in zip(begins, ends))


def split_letters(word: str) -> List[str]:
    """The letters of a word: without marks, its characters."""
    if word.isascii():
        return list(word)
    return re.findall(rf".[{find_marks()}]*", word, re.DOTALL)
