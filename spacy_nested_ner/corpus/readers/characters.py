"""Make records for formats whose mentions have offsets in characters.

make_record("a", "Kiel Canal", [CharacterSpan(0, 4, "LOC", "a.ann, line 1")])
"""

from typing import Iterator, List, NamedTuple, Optional, Sequence, Set, Tuple

from ...user_error import UserError
from ..faults import tolerate
from ..records import Discontinuous, Lost, Mention, Part, Record
from .offsets import Annotation, find_places, is_same_text, join_pieces, move


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


def make_span(
    start: object, end: object, label: object, where: str, text: object = None
) -> CharacterSpan:
    """Make a span of values from JSON.

    label, text: May be None.
    RAISES (UserError): An offset is no whole number, or the label or the text is no text.
    """
    if type(start) is not int or type(end) is not int:
        raise UserError(
            f"{where}: a span from {start!r} to {end!r}: give start and end as whole numbers, "
            "in characters."
        )
    if not isinstance(label, (str, type(None))) or not isinstance(text, (str, type(None))):
        wrong = f"text {text!r}" if isinstance(label, (str, type(None))) else f"label {label!r}"
        raise UserError(
            f"{where}: the span from {start} to {end} has the {wrong}, which is no text: "
            "correct it."
        )
    return CharacterSpan(start, end, label or "", where, text)


def make_record(
    id: str,
    text: str,
    spans: Sequence[CharacterSpan],
    *,
    document: Optional[str] = None,
    part: Optional[Part] = None,
    lost: Sequence[Lost] = (),
    discontinuous: Sequence[Discontinuous] = (),
    annotator: Optional[str] = None,
) -> Record:
    """Make the record of a text, which may be empty. Mentions and labels lose blanks at their
    edges.

    spans: If their texts do not fit, another way of counting may, see `find_places`. A span
        with the characters and label of an earlier one is lost as "repeated", a span with an
        empty or blank label as "unlabelled".
    document: None for the id of the record.
    lost: Annotations that the reader could not turn into spans.
    discontinuous: Annotations of several pieces, which the reader has checked.
    RAISES (UserError): A span is empty, reversed, blank or outside the text, or its text is not
        the one that the source gives. Such a span can be left out, see `tolerate`.
    """
    mentions: Set[Mention] = set()
    more: List[Lost] = []
    n_trimmed = 0
    for span in _to_characters(spans, text):
        with tolerate("annotation"):
            check_span(span, text)
            start, end = trim(span.start, span.end, text)
            label = span.label.strip()
            mention = Mention(start, end, label)
            if mention in mentions or not label:
                reason = "repeated" if label else "unlabelled"
                more.append(Lost(reason, span.where, text[start:end]))
            else:
                mentions.add(mention)
                n_trimmed += (start, end, label) != (span.start, span.end, span.label)
    whole: List[Discontinuous] = []
    for item in discontinuous:
        label = item.label.strip()
        if label:
            whole.append(item._replace(label=label))
            n_trimmed += label != item.label
        else:
            more.append(Lost("unlabelled", item.where, join_pieces(text, item.pieces)))
    ordered = tuple(sorted(mentions, key=lambda m: (m.start, -m.end, m.label)))
    return Record(
        id,
        document or id,
        text,
        ordered,
        part=part,
        lost=(*lost, *more),
        discontinuous=tuple(whole),
        trimmed=n_trimmed,
        annotator=annotator,
    )


def _to_characters(spans: Sequence[CharacterSpan], text: str) -> Iterator[CharacterSpan]:
    """The spans with offsets in characters, whatever the source counts."""
    annotations = [Annotation([(s.start, s.end)], s.text) for s in spans if s.text is not None]
    places = find_places(text, annotations)
    for span in spans:
        ((start, end),) = move([(span.start, span.end)], places)
        yield span._replace(start=start, end=end)


def trim(start: int, end: int, text: str) -> Tuple[int, int]:
    """Characters without the blanks at their edges."""
    covered = text[start:end]
    return start + len(covered) - len(covered.lstrip()), start + len(covered.rstrip())


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
