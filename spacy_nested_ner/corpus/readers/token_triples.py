"""Mentions as lists of first token, last token and label, as GLiNER and DyGIE++ write them."""

from typing import Any, List

from ..faults import tolerate
from .json_values import Place, show_value
from .tokens import TokenSpan


def read_triples(values: Any, tokens: range, place: Place) -> List[TokenSpan]:
    """The mentions of a sentence. Values after the third one, such as a score, are not read.

    tokens: The numbers of the tokens of the sentence.
    RETURNS: Spans, from 0 at the first token of the sentence.
    RAISES (UserError): The values are no list; a mention is no list of two numbers and a label,
        or is not in the sentence. Such a mention can be left out, see `tolerate`.
    """
    if not isinstance(values, list):
        raise place.error(f"{show_value(values)} is no list of mentions: correct it")
    spans = []
    for value in values:
        with tolerate("annotation"):
            spans.append(_read_triple(value, tokens, place))
    return spans


def _read_triple(value: Any, tokens: range, place: Place) -> TokenSpan:
    if not isinstance(value, list) or len(value) < 3 or not isinstance(value[2], str):
        raise place.error(
            f"the mention {show_value(value)} is no list of first token, last token and "
            "label: correct it"
        )
    first, last, label = value[:3]
    are_numbers = type(first) is int and type(last) is int
    if not are_numbers or not tokens.start <= first <= last < tokens.stop:
        raise place.error(
            f"the mention {show_value(value)} is not in its tokens, {tokens.start} to "
            f"{tokens.stop - 1}: correct the numbers"
        )
    return TokenSpan(first - tokens.start, last + 1 - tokens.start, label, str(place))
