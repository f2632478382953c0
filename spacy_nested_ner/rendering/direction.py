"""Find the direction of each character of a text, by Unicode's algorithm (UAX 9)."""

import re
from itertools import groupby
from typing import Dict, List, Optional, Tuple
from unicodedata import bidirectional

LTR, RTL, NUMBER = 0, 1, 2
DIRECTIONS = {"L": LTR, "R": RTL, "EN": NUMBER, "AN": NUMBER}
PARAGRAPH = re.compile(r"[^\n\r\x1c-\x1e\x85\u2029]+")
# ranges with all characters of class R, AL or AN
MAYBE = re.compile(
    "[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufeff\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
OPENING = "([{（［｛「【⟨〈《"
CLOSING = ")]}）］｝」】⟩〉》"
PAIRS = dict(zip(CLOSING, OPENING))
STRONG = {"L": "L", "R": "R", "AN": "R", "EN": "R"}


def find_directions(text: str) -> Optional[bytearray]:
    """The direction of each character: `LTR`, `RTL`, or `NUMBER`. A number in text that runs
    from right to left is `NUMBER`: its digits run from left to right. None if all characters
    run from left to right.

    Implements the rules W1 to W7, N0, N1 and N2. Each line is a paragraph with the direction of
    its first letter. Characters that only set directions are ignored.
    """
    if not MAYBE.search(text):
        return None
    directions = bytearray(len(text))
    for paragraph in PARAGRAPH.finditer(text):
        if MAYBE.search(paragraph[0]):
            directions[paragraph.start() : paragraph.end()] = _resolve(paragraph[0])
    return directions


def _resolve(text: str) -> bytes:
    classes = [bidirectional(c) or "L" for c in text]
    first = next((c for c in classes if c in ("L", "R", "AL")), "L")
    base = "L" if first == "L" else "R"
    _resolve_weak(classes, base)
    _resolve_brackets(text, classes, base)
    _resolve_neutral(classes, base)
    if base == "R":
        _join_numbers(classes)
    return bytes(DIRECTIONS[c] for c in classes)


def _resolve_weak(classes: List[str], base: str) -> None:
    """Resolve digits and the characters between and beside them, W1 to W7."""
    n = len(classes)
    before, strong = base, base
    for i in range(n):
        if classes[i] == "NSM":
            classes[i] = before
        before = classes[i]
        if classes[i] in ("L", "R", "AL"):
            strong = classes[i]
        elif classes[i] == "EN" and strong == "AL":
            classes[i] = "AN"
    classes[:] = ["R" if c == "AL" else c for c in classes]
    for i in range(1, n - 1):
        around = classes[i - 1]
        if around == classes[i + 1] and (
            (classes[i] in ("ES", "CS") and around == "EN")
            or (classes[i] == "CS" and around == "AN")
        ):
            classes[i] = around
    for order in (range(n), range(n - 1, -1, -1)):
        before = ""
        for i in order:
            if classes[i] == "ET" and before == "EN":
                classes[i] = "EN"
            before = classes[i]
    strong = base
    for i in range(n):
        if classes[i] in ("L", "R"):
            strong = classes[i]
        elif classes[i] == "EN" and strong == "L":
            classes[i] = "L"
        elif classes[i] not in STRONG:
            classes[i] = "ON"


def _resolve_brackets(text: str, classes: List[str], base: str) -> None:
    """Give both brackets of a pair the same direction, N0."""
    stack: List[Tuple[str, int]] = []
    pairs: Dict[int, int] = {}
    for i, character in enumerate(text):
        if classes[i] != "ON":
            continue
        if character in OPENING:
            stack.append((character, i))
        elif character in PAIRS:
            for depth in range(len(stack) - 1, -1, -1):
                if stack[depth][0] == PAIRS[character]:
                    pairs[stack[depth][1]] = i
                    del stack[depth:]
                    break
    for begin, end in sorted(pairs.items()):
        inside = {STRONG[c] for c in classes[begin + 1 : end] if c in STRONG}
        if not inside:
            continue
        way = base
        if base not in inside:
            before = (STRONG[c] for c in reversed(classes[:begin]) if c in STRONG)
            way = next(before, base)
        classes[begin] = classes[end] = way


def _resolve_neutral(classes: List[str], base: str) -> None:
    """Give characters between two letters of the same direction that direction, and others the
    direction of the paragraph: N1, N2."""
    i, before = 0, base
    while i < len(classes):
        end = i
        while end < len(classes) and classes[end] == "ON":
            end += 1
        if end > i:
            after = STRONG[classes[end]] if end < len(classes) else base
            classes[i:end] = [before if before == after else base] * (end - i)
        if end < len(classes):
            before = STRONG[classes[end]]
        i = end + 1


def _join_numbers(classes: List[str]) -> None:
    """In a paragraph from right to left, give numbers and the left-to-right letters beside them
    one level, so that they are reversed together: I1, I2."""
    start = 0
    for is_right, same in groupby(classes, key=lambda c: c == "R"):
        n = len(list(same))
        if not is_right and "L" in classes[start : start + n]:
            classes[start : start + n] = ["L"] * n
        start += n
