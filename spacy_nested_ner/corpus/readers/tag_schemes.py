"""IOB, BIO and BILOU: from the tags of one layer to its mentions.

All tags of a file together show its scheme:
- With ends of mentions (E- or L-), as in BILOU, BIOES and BMES: every mention has a begin and
  an end with the same label, or is a single token (S-, U- or W-). Anything else is an error.
- Without ends, as in IOB1, IOB2 and BIOS: B- and S- begin a mention. An I- also begins one if
  the tag before has another label. This is the rule of IOB1; IOB2 never needs it. A file that
  mixes both follows the same rule, with a warning: published corpora have such errors.

A token may have several tags, one for each mention around it: `I-ORG|B-GPE`. `stack` divides
them into layers.
"""

import re
from functools import lru_cache
from itertools import chain, count
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from ...user_error import UserError
from ..sources import SourceFile
from .tokens import TokenSpan

TAG = re.compile(r"(?:(O)|([BIMELSUW])-(\S(?:.*\S)?))")
SEPARATORS = re.compile(r"[|,;+ ]")
# a second tag in a cell
ANOTHER = re.compile(r"[^\w-](?:[BIMELSUW]-\w|O\Z)")
PREFIXES = {"M": "I", "L": "E", "U": "S", "W": "S"}  # letters of BILOU and BMES, in BIOES


class Tag(NamedTuple):
    """prefix: O, or a letter of BIOES. label: empty for O."""

    prefix: str
    label: str


OUTSIDE = Tag("O", "")


class Sentence(NamedTuple):
    """rows[i]: the token and the other columns in line lines[i] of the file.

    lacks_line: Whether a line of the sentence could not be read.
    """

    document: Optional[str]
    lines: List[int]
    rows: List[List[str]]
    lacks_line: bool = False


def decode_layer(
    file: SourceFile, sentence: Sentence, tags: Sequence[Tag], *, has_ends: bool
) -> Iterator[TokenSpan]:
    """Yield the mentions of one layer of a sentence.

    tags: The tag of each token.
    has_ends: Whether the scheme marks the ends of mentions.
    RAISES (UserError): A mention without an end, or an end without a begin.
    """
    start: Optional[int] = None
    label = ""
    for i, tag in enumerate([*tags, OUTSIDE]):
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
                    f"{file.name}, line {sentence.lines[i]}: '{tag.prefix}-{tag.label}' "
                    "continues no mention of its label: begin it with B-, or make it O."
                )
            start, label = i, tag.label
        if tag.prefix in "ES":
            assert start is not None, "begun above"
            yield _span(file, sentence, start, i + 1, label)
            start = None


def stack(cells: Sequence[Sequence[Tag]]) -> List[List[Tag]]:
    """Divide the tags of tokens into layers with one tag for each token.

    cells: The tags of each token.
    RETURNS: The layers, at least one. A tag that continues a mention is in the layer of the
        mention. Any other tag has its place in the cell, or else the first free one.
    """
    layers: List[List[Tag]] = [[]]
    for i, tags in enumerate(cells):
        row: Dict[int, Tag] = {}
        beginnings = []
        for position, tag in enumerate(tags):
            free = [
                k for k, layer in enumerate(layers) if k not in row and _continues(tag, layer)
            ]
            if free:
                row[position if position in free else free[0]] = tag
            elif tag != OUTSIDE:
                beginnings.append((position, tag))
        for position, tag in beginnings:
            row[next(k for k in chain([position], count()) if k not in row)] = tag
        layers += [[OUTSIDE] * i for _ in range(len(layers), max(row, default=0) + 1)]
        for k, layer_tags in enumerate(layers):
            layer_tags.append(row.get(k, OUTSIDE))
    return layers


def _continues(tag: Tag, layer: Sequence[Tag]) -> bool:
    is_open = bool(layer) and layer[-1].prefix in "BI" and layer[-1].label == tag.label
    return is_open and tag.prefix in "IE"


@lru_cache(maxsize=4096)  # a file has few tags and many tokens
def parse_tags(value: str) -> Optional[Tuple[Tag, ...]]:
    """The tags in a cell, usually one, None if the value is no tag."""
    pieces = [value]
    if ANOTHER.search(value):
        pieces = SEPARATORS.split(value)
    tags = [_parse_tag(piece) for piece in pieces]
    return None if None in tags else tuple(tag for tag in tags if tag is not None)


def _parse_tag(value: str) -> Optional[Tag]:
    match = TAG.fullmatch(value)
    if not match or ANOTHER.search(value):
        return None
    return OUTSIDE if match[1] else Tag(PREFIXES.get(match[2], match[2]), match[3])


def _span(file: SourceFile, sentence: Sentence, start: int, end: int, label: str) -> TokenSpan:
    where = f"{file.path_in_source}, line {sentence.lines[start]}"
    return TokenSpan(start, end, label, where)
