"""IOB, BIO and BILOU: from the tags of one layer to its mentions.

All tags of a file together show its scheme:
- With ends of mentions (E- or L-), as in BILOU, BIOES and BMES: every mention has a begin and
  an end with the same label, or is a single token (S-, U- or W-). Anything else is an error.
- Without ends, as in IOB1, IOB2 and BIOS: B- and S- begin a mention. An I- also begins one if
  the tag before has another label. This is the rule of IOB1; IOB2 never needs it. A file that
  mixes both follows the same rule, with a warning: published corpora have such errors.
"""

import re
from functools import lru_cache
from typing import Iterator, List, NamedTuple, Optional

from ...user_error import UserError
from ..sources import SourceFile
from .tokens import TokenSpan

TAG = re.compile(r"(?:(O)|([BIMELSUW])-(\S(?:.*\S)?))")
PREFIXES = {"M": "I", "L": "E", "U": "S", "W": "S"}  # letters of BILOU and BMES, in BIOES


class Tag(NamedTuple):
    """prefix: O, or a letter of BIOES. label: empty for O."""

    prefix: str
    label: str


OUTSIDE = Tag("O", "")


class Sentence(NamedTuple):
    """rows[i]: the token and the other columns in line lines[i] of the file."""

    document: Optional[str]
    lines: List[int]
    rows: List[List[str]]


def decode_layer(
    file: SourceFile, sentence: Sentence, layer: int, *, has_ends: bool
) -> Iterator[TokenSpan]:
    """Yield the mentions of one layer of a sentence.

    layer: A column of tags.
    has_ends: Whether the scheme marks the ends of mentions.
    RAISES (UserError): A mention without an end, or an end without a begin.
    """
    start: Optional[int] = None
    label = ""
    for i in range(len(sentence.rows) + 1):
        is_last = i == len(sentence.rows)
        tag = OUTSIDE if is_last else parse_tag(sentence.rows[i][layer])
        assert tag is not None, "a layer has tags only"
        continues = start is not None and tag.prefix in "IE" and tag.label == label
        if start is not None and not continues:
            if has_ends:
                raise UserError(
                    f"{file.name}, line {sentence.lines[start]}: the {label} that begins here "
                    f"has no end before line {sentence.lines[i - 1] + 1}: end it with E- or L-."
                )
            yield _span(file, sentence, start, i, label)
            start = None
        if tag == OUTSIDE:
            continue
        if not continues:
            if has_ends and tag.prefix in "IE":
                raise UserError(
                    f"{file.name}, line {sentence.lines[i]}: '{sentence.rows[i][layer]}' "
                    "continues no mention of its label: begin it with B-, or make it O."
                )
            start, label = i, tag.label
        if tag.prefix in "ES":
            assert start is not None, "begun above"
            yield _span(file, sentence, start, i + 1, label)
            start = None


@lru_cache(maxsize=4096)  # a file has few tags and many tokens
def parse_tag(value: str) -> Optional[Tag]:
    """The tag in a column, None if the value is no tag."""
    match = TAG.fullmatch(value)
    if not match:
        return None
    return OUTSIDE if match[1] else Tag(PREFIXES.get(match[2], match[2]), match[3])


def _span(file: SourceFile, sentence: Sentence, start: int, end: int, label: str) -> TokenSpan:
    where = f"{file.path_in_source}, line {sentence.lines[start]}"
    return TokenSpan(start, end, label, where)
