"""Align the mentions of a text with its tokens.

A model predicts spans of tokens. It cannot predict a mention that begins or ends inside a
token, or on a whitespace token, which has no vector in a transformer. Such a mention is
misaligned, and a policy decides about it. Take the mention `XYZ` in the token `anti-XYZs`:
"drop" leaves it out, "expand" extends it to `anti-XYZs`, and "contract" keeps the tokens wholly
inside it, here none.
"""

from typing import Any, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from spacy.tokens import Doc, Span

from ...user_error import UserError, shorten
from ..records import Mention

ALIGN = ("drop", "expand", "contract")
# A wrong language or tokenizer leaves out most mentions. The published corpora with a recipe
# have less than 0.1 %.
MAX_DROPPED = 0.1


class Placed(NamedTuple):
    """A mention with its tokens.

    touched: the tokens that it covers, wholly or in part; empty for one between two tokens.
    is_aligned: whether it begins and ends where these tokens do, and not on whitespace.
    span: the span that the policy makes of it, None if the policy drops it.
    """

    mention: Mention
    touched: Span
    is_aligned: bool
    span: Optional[Span]


def place_mentions(doc: Doc, mentions: Sequence[Mention], align: str) -> List[Placed]:
    """Find the tokens of each mention of a text.

    doc: The tokens of the text.
    align: Policy for misaligned mentions, one of `ALIGN`: "drop" leaves them out, "expand"
        takes all tokens that they touch, "contract" those wholly inside. The last two trim
        whitespace tokens, and leave out a mention without a token.
    """
    assert align in ALIGN
    placed = []
    for mention in mentions:
        touched = touched_tokens(doc, mention)
        if is_aligned(touched, mention):
            placed.append(Placed(mention, touched, True, touched))
        else:
            span = None if align == "drop" else _move(touched, mention, align)
            placed.append(Placed(mention, touched, False, span))
    return placed


def distinct_spans(placed: Sequence[Placed]) -> List[Span]:
    """The spans of the mentions, in the order of mentions. If mentions have moved to the same
    span and label, it is there once."""
    spans = {(s.start, -s.end, s.label_): s for _, _, _, s in placed if s is not None}
    return [spans[key] for key in sorted(spans)]


def check_alignment(align: str, max_misaligned: Optional[float]) -> None:
    """RAISES (UserError): `align` is unknown, or `max_misaligned` is not from 0 to 1."""
    if align not in ALIGN:
        raise UserError(f"Unknown alignment '{align}': choose one of {', '.join(ALIGN)}.")
    if max_misaligned is not None and not 0 <= max_misaligned <= 1:
        raise UserError(
            f"The largest share of misaligned mentions is {max_misaligned}: give a number from "
            "0 to 1, for example 0.01 for one percent."
        )


def choose_max_misaligned(align: str, max_misaligned: Optional[float]) -> float:
    """The largest accepted share of misaligned mentions. None is MAX_DROPPED if they are left
    out, and any share if they are moved."""
    if max_misaligned is not None:
        return max_misaligned
    return MAX_DROPPED if align == "drop" else 1.0


def refuse_misaligned(parts: Mapping[str, Mapping[str, Any]], max_misaligned: float) -> None:
    """Refuse a corpus with too many misaligned mentions.

    parts: The parts in the report, from `PartCounts.report`.
    max_misaligned: Largest accepted share of all mentions.
    RAISES (UserError): The share is larger.
    """
    count = sum(part["misaligned"]["count"] for part in parts.values())
    n_spans = sum(part["spans"] for part in parts.values())
    if count <= max_misaligned * n_spans:
        return
    examples = [e for part in parts.values() for e in part["misaligned"]["examples"]]
    shown = ", ".join(
        f"'{shorten(e['text'], 50)}' in '{shorten(e['token'], 50)}' ({e['id']})"
        for e in examples[:3]
    )
    raise UserError(
        f"{count:,} of {n_spans:,} mentions ({count / n_spans:.2%}, more than "
        f"{max_misaligned:.2%}) begin or end inside a token or on whitespace, for example "
        f"{shown}: choose another language or tokenizer, correct the annotations, or accept a "
        "larger share with max-misaligned, 1 for any."
    )


def touched_tokens(doc: Doc, mention: Mention) -> Span:
    """The tokens that a mention covers, wholly or in part, as a span with its label."""
    tokens = doc.char_span(mention.start, mention.end, mention.label, alignment_mode="expand")
    assert tokens is not None, f"{mention} lies outside the text"
    return tokens


def is_aligned(tokens: Span, mention: Mention) -> bool:
    """Whether a mention begins and ends where its tokens do, and not on a blank token."""
    fits = (tokens.start_char, tokens.end_char) == (mention.start, mention.end)
    return fits and not (tokens[0].is_space or tokens[-1].is_space)


def _move(touched: Span, mention: Mention, align: str) -> Optional[Span]:
    start, end = touched.start, touched.end
    if align == "contract" and start < end:
        start += touched.start_char < mention.start
        end -= touched.end_char > mention.end
    start, end = _trim(touched.doc, start, end)
    return Span(touched.doc, start, end, touched.label) if start < end else None


def _trim(doc: Doc, start: int, end: int) -> Tuple[int, int]:
    """Remove whitespace tokens at both ends."""
    while start < end and doc[start].is_space:
        start += 1
    while start < end and doc[end - 1].is_space:
        end -= 1
    return start, end
