"""The colours of labels. They are light enough for black text."""

import colorsys
from functools import cache, lru_cache
from math import dist, inf
from typing import Dict, Iterable, List, Optional, Sequence, Tuple
from zlib import crc32

from spacy.displacy.render import SpanRenderer

from .corpus_colors import PALETTES

# lowest contrast with black text; WCAG 2.1 asks for 7 at level AAA, and labels are not quite
# black
CONTRAST = 8.0
# least distance of the colours of one picture, in Oklab times 100: of a known colour to others,
# and of a computed one
KNOWN_DISTANCE, DISTANCE = 3.5, 6.0


def label_color(label: str) -> str:
    """The colour of a label in upper or lower case: that of our corpora, else that of spaCy or
    an installed package in displaCy, else one computed from the name. A computed colour is
    always the same, and rarely equal for two labels.

    RETURNS: A CSS colour.
    """
    known = _known_color(label)
    return known if known is not None else _make_color(label)


def _known_color(label: str) -> Optional[str]:
    return _known_colors().get(label.upper())


def label_colors(labels: Iterable[str]) -> Dict[str, str]:
    """The colours of labels that stand beside each other.

    Each label has its `label_color`, unless one before it has almost the same: then it has the
    colour that differs most from those given out. Corpora give derived labels a paler shade of
    one colour; that is enough of a difference.

    RETURNS: {label: CSS colour}, sorted by label.
    """
    chosen: Dict[str, str] = {}
    given: List[Tuple[float, float, float]] = []
    for label in sorted(set(labels), key=lambda label: (_known_color(label) is None, label)):
        color = label_color(label)
        enough = DISTANCE if _known_color(label) is None else KNOWN_DISTANCE
        if _least_difference(color, given) < enough:
            color = max(_candidates(), key=lambda one: _least_difference(one, given))
        chosen[label] = color
        given.append(_lab(color))
    return dict(sorted(chosen.items()))


def _least_difference(color: str, given: List[Tuple[float, float, float]]) -> float:
    lab = _lab(color)
    return min((dist(lab, other) for other in given), default=inf)


@lru_cache(maxsize=4096)
def _lab(color: str) -> Tuple[float, float, float]:
    """Oklab, times 100: equal distances look equally different.
    https://bottosson.github.io/posts/oklab/"""
    channels = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    long, middle, short = (
        (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3),
        (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3),
        (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3),
    )
    return (
        100 * (0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short),
        100 * (1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short),
        100 * (0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short),
    )


@cache
def _candidates() -> List[str]:
    """Light colours of all hues, some greyer and some paler."""
    found = []
    for lightness, saturation in ((0.72, 0.95), (0.76, 0.45), (0.84, 0.95), (0.88, 0.5)):
        for hue in range(0, 360, 12):
            channels = colorsys.hls_to_rgb(hue / 360, lightness, saturation)
            if (luminance(*channels) + 0.05) / 0.05 >= CONTRAST:
                found.append(_write(channels))
    return found


def luminance(red: float, green: float, blue: float) -> float:
    """Relative luminance of an sRGB colour, channels from 0 to 1, as WCAG 2.1 defines it."""
    linear = (
        c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)
    )
    return sum(c * weight for c, weight in zip(linear, (0.2126, 0.7152, 0.0722)))


@cache
def _known_colors() -> Dict[str, str]:
    """Colours by label in capitals: spaCy's, those of the entry points spacy_displacy_colors,
    and ours."""
    colors = dict(SpanRenderer().colors)
    for palette in PALETTES:
        colors.update((label.upper(), color) for label, color in palette.items())
    return colors


@lru_cache(maxsize=4096)
def _make_color(label: str) -> str:
    # surrogatepass: a str may have surrogates, UTF-8 may not
    number = crc32(label.encode("utf8", errors="surrogatepass"))
    hue = number % 360 / 360
    saturation = (0.55, 0.7, 0.9)[number // 360 % 3]
    lightness = (0.74, 0.79, 0.84)[number // 1080 % 3]
    while True:
        channels = colorsys.hls_to_rgb(hue, lightness, saturation)
        if (luminance(*channels) + 0.05) / 0.05 >= CONTRAST:
            return _write(channels)
        lightness += 0.01


def _write(channels: Sequence[float]) -> str:
    return "#" + "".join(f"{round(255 * c):02x}" for c in channels)
