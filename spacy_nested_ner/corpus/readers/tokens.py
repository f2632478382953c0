"""Make records for formats that give tokens, with mentions by numbers of tokens.

    make_token_record("a:0", ["Kiel", "Canal", "opens"], [TokenSpan(0, 2, "LOC", "line 1")])

has the text "Kiel Canal opens" and the mention (0, 10, "LOC").
"""

import re
from typing import List, NamedTuple, Optional, Sequence, Tuple

from ..records import Discontinuous, Lost, Part, Record
from .characters import CharacterSpan, make_record

# a character of a script written without blanks: ideographs and their parts, kana, bopomofo,
# and full-width punctuation, letters and digits; not Hangul, which is written with blanks
UNSPACED = re.compile(
    "[\u2e80-\u312f\u3190-\u31ff\u3220-\u325f\u3280-\u9fff\uf900-\ufaff\ufe30-\ufe4f"
    "\uff01-\uff9f\uffe0-\uffee\U0001aff0-\U0001b16f\U00020000-\U0003ffff]"
)


class TokenSpan(NamedTuple):
    """A span of tokens, half-open, with a label. where: file and line or record, for
    reports."""

    start: int
    end: int
    label: str
    where: str


class TokenPieces(NamedTuple):
    """A mention of several pieces, half-open in tokens."""

    pieces: Sequence[Tuple[int, int]]
    label: str
    where: str


def make_token_record(
    id: str,
    tokens: Sequence[str],
    spans: Sequence[TokenSpan],
    *,
    document: Optional[str] = None,
    part: Optional[Part] = None,
    lost: Sequence[Lost] = (),
    discontinuous: Sequence[TokenPieces] = (),
) -> Record:
    """Make the record of a sentence that is given as tokens.

    tokens: None of them is empty. Blanks in a token are kept.
    Other arguments, and errors: see `make_record`.
    """
    text, offsets = join_tokens(tokens)
    characters: List[CharacterSpan] = []
    for start, end, label, where in spans:
        assert 0 <= start < end <= len(tokens), "readers refuse such a span, they know its line"
        characters.append(CharacterSpan(offsets[start][0], offsets[end - 1][1], label, where))
    return make_record(
        id,
        text,
        characters,
        document=document,
        part=part,
        lost=lost,
        discontinuous=[
            Discontinuous(
                tuple((offsets[start][0], offsets[end - 1][1]) for start, end in pieces),
                label,
                where,
            )
            for pieces, label, where in discontinuous
        ],
    )


def join_tokens(tokens: Sequence[str]) -> Tuple[str, List[Tuple[int, int]]]:
    """Join tokens without recorded spacing. There is one blank between two tokens, but none
    between two characters of a script written without blanks.

    RETURNS: The text, and start and end of each token in it, in characters.
    """
    pieces: List[str] = []
    offsets: List[Tuple[int, int]] = []
    end = 0
    before = ""
    for token in tokens:
        assert token, "readers refuse an empty token, they know its line"
        if before and not (UNSPACED.match(before[-1]) and UNSPACED.match(token[0])):
            pieces.append(" ")
            end += 1
        pieces.append(token)
        offsets.append((end, end + len(token)))
        end += len(token)
        before = token
    return "".join(pieces), offsets
