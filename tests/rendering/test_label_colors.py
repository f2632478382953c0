import pytest

from spacy_nested_ner.rendering.colors import label_color, luminance

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
