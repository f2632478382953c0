"""Offsets in units of UTF-16, as JavaScript counts: an emoji is two units."""

from itertools import accumulate
from typing import List


def count_utf16(text: str) -> List[int]:
    """units[i]: how many units are before character i; the last one is their total."""
    return [0, *accumulate(2 if ord(character) > 0xFFFF else 1 for character in text)]
