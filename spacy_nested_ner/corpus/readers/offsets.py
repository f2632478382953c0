"""What the offsets of annotations count: tools disagree about a few characters.

- a byte order mark, which is not in the text, counts in brat;
- a CRLF counts as one character for tools that read the text in text mode, and an LF as two
  where the text went through git after the annotation;
- a character beyond U+FFFF, such as an emoji, is two units of UTF-16, as JavaScript counts.

The texts of the annotations decide. In "a\\r\\nrat", with CRLF as one character, `rat` goes
from 2 to 5, and the places of these offsets are [0, 1, 3, 4, 5].
"""

from itertools import product
from typing import Iterator, List, NamedTuple, Sequence, Tuple

Pieces = Sequence[Tuple[int, int]]  # half-open
# places[offset]: the character of the text that an offset means
Places = Sequence[int]


class Annotation(NamedTuple):
    """pieces: offsets of the pieces, half-open. text: their text, with blanks between them."""

    pieces: Pieces
    text: str


def find_places(
    text: str, annotations: Sequence[Annotation], *, has_mark: bool = False
) -> Places:
    """Find the way of counting that fits most annotations.

    has_mark: Whether a byte order mark was before the text.
    RETURNS: The characters if they fit all annotations, or no other way fits more.
    """
    best: Places = range(len(text))
    n_best = _count_fitting(text, annotations, best)
    if n_best < len(annotations):
        for places in _other_ways(text, has_mark):
            n = _count_fitting(text, annotations, places)
            if n > n_best:
                best, n_best = places, n
    return best


def move(pieces: Pieces, places: Places) -> Pieces:
    """The characters of the text that offsets mean. Offsets outside the text do not move."""
    n = len(places)
    return [
        (places[start], places[end - 1] + 1) if 0 <= start < end <= n else (start, end)
        for start, end in pieces
    ]


def is_same_text(covered: str, given: str) -> bool:
    """Whether two texts are equal, apart from blanks at their edges and the kind and number of
    blanks between words. Formats with one annotation per line write a line break as a blank."""
    return covered.split() == given.split()


def join_pieces(text: str, pieces: Pieces) -> str:
    return " ".join(text[start:end] for start, end in pieces)


def _count_fitting(text: str, annotations: Sequence[Annotation], places: Places) -> int:
    n = 0
    for pieces, given in annotations:
        is_inside = all(0 <= start < end <= len(places) for start, end in pieces)
        n += is_inside and is_same_text(join_pieces(text, move(pieces, places)), given)
    return n


def _other_ways(text: str, has_mark: bool) -> Iterator[Places]:
    has_crlf, has_lf = "\r\n" in text, "\n" in text
    has_pairs = any(ord(character) > 0xFFFF for character in text)
    line_ends = (0, *([-1] if has_crlf else []), *([1] if has_lf and not has_crlf else []))
    for extra, utf16, mark in product(line_ends, (False, has_pairs), (False, has_mark)):
        places: List[int] = [-1] if mark else []
        for i, character in enumerate(text):
            n = 2 if utf16 and ord(character) > 0xFFFF else 1
            if character == "\n" and (extra > 0 or text[i - 1 : i] == "\r"):
                n += extra
            places += [i] * n
        yield places
