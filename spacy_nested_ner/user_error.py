"""The error for mistakes of the user, and the form of every message."""

import re
from typing import Optional

LONGEST_LINE = 1000  # characters
# A terminal obeys control characters: ESC begins a command, U+202E turns the direction of a
# line. Half of a surrogate pair stands for a byte of a file name that is not UTF-8; it has no
# encoding.
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


class UserError(ValueError):
    """An input, an option or an argument is wrong.

    The message is one sentence: what is wrong, which value or which file and line, and what to
    do. The commands print it without a traceback and exit with code 1. Values in it come from
    files, so the message is made printable, and long lines lose their middle.
    """

    def __init__(self, message: str) -> None:
        lines = printable(message).split("\n")
        super().__init__("\n".join(shorten(line, LONGEST_LINE) for line in lines))


def check_range(
    name: str, value: float, *, at_least: float, at_most: Optional[float] = None
) -> None:
    """RAISES (UserError): A number is out of its range, ends included, or not a number."""
    if at_most is None:
        if not value >= at_least:
            raise UserError(f"{name} is {value}: give {at_least:g} or more.")
    elif not at_least <= value <= at_most:
        raise UserError(f"{name} is {value}: give a number from {at_least:g} to {at_most:g}.")


def printable(text: str) -> str:
    """A text with escapes such as \\x1b in place of characters that a terminal obeys or cannot
    show. Line feeds and tabs stay."""
    return UNPRINTABLE.sub(_escape, text)


def shorten(text: str, longest: int) -> str:
    """A text of at most `longest` characters, without its middle if it is longer: a message
    says at its end what to do."""
    if len(text) <= longest:
        return text
    half = (longest - 1) // 2
    return f"{text[:half]}…{text[len(text) - half :]}"


def _escape(match: "re.Match[str]") -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:  # the byte of a file name, see PEP 383
        code -= 0xDC00
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"
