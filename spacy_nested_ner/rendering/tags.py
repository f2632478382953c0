"""The text on a bar: its label, cut to the width of its mention, its score, and a sign."""

import re
from typing import Mapping, Tuple

from .slots import Bar
from .widths import least_width

# characters; a longer label is cut at its front, and the tooltip shows all of it
LONGEST_TAG = 24
# characters; the start of a longer label is cut, not its end, where a bar has no room for it
LONG_TAG = 12
# size of the letters of a label, in em of the text, as in style.css, and the blank around them
TAG_SIZE = 0.7
TAG_PADDING = 0.5
# the widest of the usual fonts, as a multiple of the least width
WIDER = 1.35
# em of a label; in less room initials stand for a long label
FEW_LETTERS = 3.0
INITIAL = re.compile(r"[A-Z](?=[^A-Z]|$)|(?<![^\W_])[^\W_]|\d+$")
# sign and meaning of each kind: not everyone sees colours
KINDS: Mapping[str, Tuple[str, str]] = {
    "correct": ("", "correct"),
    "boundary": ("↔", "boundary off"),
    "type": ("≠", "wrong label"),
    "both": ("↔≠", "boundary off and wrong label"),
    "missed": ("−", "missed"),
    "spurious": ("+", "spurious"),
}


def write_tag(bar: Bar, show_scores: bool, room: float) -> Tuple[str, bool]:
    """The text on a bar, and whether the browser cuts it at its front where it does not fit.

    room: Width of the mention in em, or a little less. A score is left out where only a part of
        the label has room.
    """
    label = shorten_front(bar.label, LONGEST_TAG)
    score = f"{bar.score:.2f}" if show_scores and bar.score is not None else ""
    sign = KINDS[bar.kind][0] if bar.kind else ""
    short = " ".join(part for part in (sign, label) if part)
    if len(label) > LONG_TAG and _need(short) > room:
        if room < TAG_SIZE * (FEW_LETTERS + TAG_PADDING):
            return " ".join(part for part in (sign, initials(bar.label)) if part), False
        # the sign stays: it is at the end, where nothing is cut
        return " ".join(part for part in (label, sign) if part), True
    whole = " ".join(part for part in (short, score) if part)
    return whole if _need(whole) <= room else short, False


def _need(tag: str) -> float:
    """Width of a label in em of the text, whatever the font."""
    return TAG_SIZE * (WIDER * least_width(tag) + TAG_PADDING)


def shorten_front(label: str, longest: int) -> str:
    """A label without its front, which says less: at the / of a path if possible."""
    if len(label) <= longest:
        return label
    end = label[-(longest - 1) :]
    place = end.find("/")
    return "…" + (end if place < 0 else end[place:])


def initials(label: str) -> str:
    """Letters that stand for a label: the capitals of CamelCase, or the first letter of each
    word, of the last part of a path."""
    name = label.rpartition("/")[2] or label
    found = "".join(INITIAL.findall(name))
    return found if len(found) > 1 else name[:3]
