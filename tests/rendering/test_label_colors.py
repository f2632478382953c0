from itertools import combinations
from math import dist

import pytest
from spacy.displacy.render import DEFAULT_LABEL_COLORS

from spacy_nested_ner.rendering.colors import label_color, label_colors, luminance
from spacy_nested_ner.rendering.corpus_colors import GENIA, ICEM

MANY = [f"Object{i % 7}/Part{i}" for i in range(155)]


def read(color):
    return [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]


def test_labels_that_displacy_knows_have_its_colours_whatever_their_case():
    assert label_color("ORG") == label_color("org") == "#7aecec"  # spaCy's
    assert label_color("protein") == "#f7a8b8"  # of GENIA


def test_the_same_name_gets_the_same_colour():
    assert label_color("no such label") == "#e7acba"
    assert label_color("\ud800") != label_color("\ud801")


@pytest.mark.parametrize("label", MANY)
def test_labels_are_readable_on_every_colour(label):
    """At least 7:1, the contrast that WCAG 2.1 asks for at level AAA."""
    on, text = luminance(*read(label_color(label))), luminance(*read("#111111"))
    assert (on + 0.05) / (text + 0.05) >= 7


def test_many_labels_have_many_colours():
    colors = {label_color(label) for label in MANY}
    assert len(colors) >= len(set(MANY)) - 15


SETS = {
    "paths": MANY[:20],
    "numbers": [f"label {i}" for i in range(20)],
    "icem": list(ICEM)[:20],
    "ontonotes": list(DEFAULT_LABEL_COLORS)[:20],
}


@pytest.mark.parametrize("labels", SETS.values(), ids=SETS)
def test_the_colours_of_up_to_20_labels_are_told_apart(labels):
    """By ΔE of CIE 1976: 2.3 is just noticeable."""
    colors = label_colors(labels)
    assert set(colors) == set(labels)
    assert min(dist(lab(a), lab(b)) for a, b in combinations(colors.values(), 2)) >= 9
    for color in colors.values():
        assert (luminance(*read(color)) + 0.05) / (luminance(*read("#111111")) + 0.05) >= 7


def test_labels_keep_their_known_colours():
    assert label_colors(GENIA) == dict(sorted(GENIA.items()))


def lab(color):
    """CIE L*a*b* of an sRGB colour, D65."""
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in read(color))
    xyz = (
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505,
        0.2126 * r + 0.7152 * g + 0.0722 * b,
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089,
    )
    x, y, z = (t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)
