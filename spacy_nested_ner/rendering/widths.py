"""Estimate how wide a text is at least, whatever the font."""

from unicodedata import category, east_asian_width

# em; the narrowest of the usual fonts (Helvetica, Arial, Segoe UI, Roboto) and a little less
NARROW, SHORT, USUAL, CAPITAL, WIDE, FULL = 0.2, 0.25, 0.45, 0.55, 0.7, 0.97
WIDTHS = {
    **dict.fromkeys("ijl|.,:;!'`", NARROW),
    **dict.fromkeys('ftrI()[]{}-/\\ "*', SHORT),
    **dict.fromkeys("ABCDEGHKNOPQRSUVXY&", CAPITAL),
    **dict.fromkeys("mwMW@%", WIDE),
}


def least_width(text: str) -> float:
    """In em of the text."""
    return sum(WIDTHS.get(character) or _width(character) for character in text)


def _width(character: str) -> float:
    if character.isascii():
        return USUAL if character.isprintable() else 0.0
    if category(character) in ("Mn", "Me", "Cf"):
        return 0.0
    return (
        FULL if east_asian_width(character) in "WF" else NARROW if character.isspace() else 0.4
    )
