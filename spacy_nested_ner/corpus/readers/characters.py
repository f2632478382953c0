"""Make records for formats whose mentions have offsets in characters.

make_record("a", "Kiel Canal", [CharacterSpan(0, 4, "LOC", "a.ann, line 1")])
"""

import re
from typing import List, NamedTuple, Optional, Sequence, Set

from ...user_error import UserError
from ..records import Lost, Mention, Part, Record


class CharacterSpan(NamedTuple):
    """A span of characters, half-open, with a label.

    where: file and line, for messages.
    text: the text of the span as the source gives it, None if it does not.
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

    spans: A span with the characters and label of an earlier one is lost as "repeated", a span
        with an empty label as "unlabelled".
    document: None for the id of the record.
    lost: Annotations that the reader could not turn into spans.
    RAISES (UserError): A span is empty, reversed, blank or outside the text, or its text is not
        the one that the source gives.
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
    """RAISES (UserError): See `make_record`."""
    start, end, label, where, given = span
    if not 0 <= start < end <= len(text):
        raise UserError(
            f"{where}: {label} from character {start} to {end} (end not included) is empty or "
            f"outside the text of {len(text)} characters: correct the offsets."
        )
    covered = text[start:end]
    if not covered.strip():
        raise UserError(
            f"{where}: {label} from character {start} to {end} covers only blanks: correct the "
            "offsets."
        )
    if given is not None and not is_same_text(covered, given):
        raise UserError(
            f"{where}: {label} from character {start} to {end} covers {covered!r}, not "
            f"{given!r}: correct the offsets, or give the text to which they belong."
        )


def is_same_text(covered: str, given: str) -> bool:
    """Whether two texts are equal, apart from the kind and number of blanks between words.
    Formats with one annotation per line write a line break as a blank."""
    return covered == given or re.sub(r"\s+", " ", covered) == re.sub(r"\s+", " ", given)
