"""The colour of a label. It is light enough for black text."""

import colorsys
from functools import cache, lru_cache
from typing import Dict
from zlib import crc32

from spacy.displacy.render import SpanRenderer

from .corpus_colors import PALETTES

# lowest contrast with black text; WCAG 2.1 asks for 7 at level AAA, and labels are not quite
# black
CONTRAST = 8.0


def label_color(label: str) -> str:
    """The colour of a label in upper or lower case: that of our corpora, else that of spaCy or
    an installed package in displaCy, else one computed from the name. A computed colour is
    always the same, and rarely equal for two labels.

    RETURNS: A CSS colour.
    """
    known = _known_colors().get(label.upper())
    return known if known is not None else _make_color(label)


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
            return "#" + "".join(f"{round(255 * c):02x}" for c in channels)
        lightness += 0.01
