"""The text on a bar."""

import pytest

from spacy_nested_ner.rendering.slots import Bar
from spacy_nested_ner.rendering.tags import shorten_front, write_tag

NARROW, WIDE = 1.5, 100.0  # em


@pytest.mark.parametrize(
    ("label", "tag"),
    [
        ("State/UndesirableState/FailedState", "…/FailedState"),
        ("A/LiquidFlowGeneratingObject", "…idFlowGeneratingObject"),
        ("protein", "protein"),
    ],
)
def test_a_long_label_is_cut_in_front(label, tag):
    assert shorten_front(label, 23) == tag


@pytest.mark.parametrize(
    ("label", "letters"),
    [
        ("PhysicalObject/GuidingObject/MechanicalEnergyGuidingObject", "MEGO"),
        ("PhysicalObject/HoldingObject/FoundationObject", "FO"),
        ("part_of_a_machine", "poam"),
        ("pneumoconiosis", "pne"),
    ],
)
def test_initials_stand_for_a_long_label_on_a_narrow_bar(label, letters):
    assert write_tag(Bar(0, 1, label), False, NARROW) == (letters, False)


def test_a_score_is_shown_where_it_has_room():
    bar = Bar(0, 1, "part", 0.756)
    assert write_tag(bar, True, WIDE) == ("part 0.76", False)
    assert write_tag(bar, True, NARROW) == ("part", False)
    assert write_tag(bar, False, WIDE) == ("part", False)


@pytest.mark.parametrize(
    ("room", "tag"), [(WIDE, "≠ UndesirableState"), (3.0, "UndesirableState ≠")]
)
def test_the_sign_stands_where_nothing_is_cut(room, tag):
    assert write_tag(Bar(0, 1, "UndesirableState", kind="type"), False, room)[0] == tag
