"""Records of formats that give a text and the characters of its mentions.

make_record("a", "Kiel Canal", [CharacterSpan(0, 4, "LOC", "a.ann, line 1")])
"""

import re
from typing import List, NamedTuple, Optional, Sequence, Set

from ...user_error import UserError
from ..records import Lost, Mention, Part, Record


class CharacterSpan(NamedTuple):
    """A labelled run of characters, half-open. where: file and line, for messages.

    text: what the source says that it covers, None where it does not say.
    """

    start: int
    end: int
    label: str
    where: str
    text: Optional[str] = None


def make_record(
    id: str,
    text: str,
    spans: Sequence[CharacterSpan],
    *,
    document: Optional[str] = None,
    part: Optional[Part] = None,
    lost: Sequence[Lost] = (),
) -> Record:
    """Make the record of a text, which may be empty.

    spans: A span with the label of an earlier one on the same characters is lost as "repeated",
        one with an empty label as "unlabelled".
    document: The record's own id if None.
    lost: What the reader itself could not make a span of.
    RAISES (UserError): A span that is empty, reversed or blank, leads out of the text or does
        not cover the text that its source says.
    """
    mentions: Set[Mention] = set()
    more: List[Lost] = []
    for span in spans:
        check_span(span, text)
        mention = Mention(span.start, span.end, span.label)
        if mention in mentions or not span.label:
            reason = "repeated" if span.label else "unlabelled"
            more.append(Lost(reason, span.where, text[span.start : span.end]))
        else:
            mentions.add(mention)
    ordered = tuple(sorted(mentions, key=lambda m: (m.start, -m.end, m.label)))
    return Record(id, document or id, text, ordered, part=part, lost=(*lost, *more))


def check_span(span: CharacterSpan, text: str) -> None:
    """RAISES (UserError): As `make_record`."""
    start, end, label, where, said = span
    if not 0 <= start < end <= len(text):
        raise UserError(
            f"{where}: {label} on the characters {start} to {end}, the end not included, is no "
            f"piece of a text of {len(text)} characters: correct the offsets."
        )
    covered = text[start:end]
    if not covered.strip():
        raise UserError(
            f"{where}: {label} on the characters {start} to {end} covers nothing but blanks: "
            "correct the offsets."
        )
    if said is not None and not is_same_text(covered, said):
        raise UserError(
            f"{where}: {label} on the characters {start} to {end} covers {covered!r}, not "
            f"{said!r}: correct the offsets, or give the text that they were made for."
        )


def is_same_text(covered: str, said: str) -> bool:
    """Whether two texts are equal but for the kind and number of blanks between two words:
    formats of one line an annotation write a line break as a blank."""
    return covered == said or re.sub(r"\s+", " ", covered) == re.sub(r"\s+", " ", said)
