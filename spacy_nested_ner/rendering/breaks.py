"""Find where a text may be broken: where a line may end, and which characters stay together.

It implements a small part of Unicode's line breaking (UAX 14) and grapheme clusters (UAX 29).
That is enough for mentions; the browser breaks the text between them.
"""

import re
from typing import List
from unicodedata import category, combining

# characters; a longer part without blanks is broken at any character
LONGEST_ATOM = 32
NEWLINE = re.compile(r"\r?\n")
# without the no-break spaces
BLANKS = frozenset(
    "\t\r\v\f \x1c\x1d\x1e\x1f\x85\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008"
    "\u2009\u200a\u200b\u2028\u2029\u205f\u3000"
)
# Han and kana, written without blanks: a line may end between any two characters
IDEOGRAPHS = "\u2e80-\u2fff\u3001-\u312f\u3190-\u4dbf\u4e00-\ua4cf\uf900-\ufaff\ufe30-\ufe4f"
HAN = re.compile(f"[{IDEOGRAPHS}\uff01-\uffef\U0001aff0-\U0001b16f\U00020000-\U0003ffff]")
# also written without blanks, but lines end between words, and only a dictionary can find these
WORDS_UNKNOWN = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\uaa60-\uaa7f]"
)
# browsers end lines behind these signs, whatever follows
BREAKS_BEHIND = frozenset("-?!/|}\u00ad\u200b\u2010\u2013\u2014\u2026")
# and before these, behind Han and kana
BREAKS_BEFORE = frozenset("#&*@\\·•§")
SMALL_KANA = frozenset("ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ")
NEVER_FIRST = frozenset(("Pe", "Pf", "Po", "Pd", "Lm"))
NEVER_LAST = frozenset(("Ps", "Pi"))


def may_break(text: str, i: int) -> bool:
    """Whether a line may end before character i, in any browser: one of them may never end it
    there. Blanks stay at the end of their line, and a newline is a part of its own."""
    if i <= 0 or i >= len(text):
        return True
    before, after = text[i - 1], text[i]
    if before == "\n" or NEWLINE.match(text, i):
        return not (before == "\r" and after == "\n")
    if after in BLANKS:
        return False
    if before in BLANKS:
        return True
    if is_glued(text, i) or after in SMALL_KANA:
        return False
    if before in BREAKS_BEHIND or after == "\u2014":
        return True
    if HAN.match(before) and after in BREAKS_BEFORE:
        return True
    if category(after) in NEVER_FIRST or category(before) in NEVER_LAST:
        return False
    return bool(HAN.match(before) or HAN.match(after) or WORDS_UNKNOWN.match(after))


def is_glued(text: str, i: int) -> bool:
    """Whether character i belongs to the one before it, like an accent or a part of an
    emoji."""
    if i <= 0 or i >= len(text):
        return False
    before, after = text[i - 1], text[i]
    if before == "\r" and after == "\n":
        return True
    if after < "\u0300":
        return False
    kind = category(after)
    if kind in ("Mn", "Me", "Mc") or after == "\u200d":
        return before != "\n"
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return True
    if before == "\u200d":
        return kind == "So"
    if _is_regional(after) and _is_regional(before):
        n = 0
        while n < i and _is_regional(text[i - 1 - n]):
            n += 1
        return n % 2 == 1  # two letters make a flag
    if combining(before) == 9:  # a virama joins two consonants
        return kind == "Lo"
    # Hangul in parts: the vowels and final consonants of a syllable
    return "\u1160" <= after <= "\u11ff" and "\u1100" <= before <= "\ud7ff"


def find_atoms(text: str, start: int, end: int) -> List[int]:
    """The characters at which a part of a text may be broken: [start, ..., end]."""
    bounds = [start]
    for i in range(start + 1, end):
        if may_break(text, i) or (
            i - bounds[-1] >= LONGEST_ATOM and not is_glued(text, i) and text[i] not in BLANKS
        ):
            bounds.append(i)
    return [*bounds, end]


def _is_regional(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
