"""The differences between a saved pipeline and its manifest."""

import pytest

from spacy_nested_ner.files.manifest import find_differences


@pytest.mark.parametrize(
    ("now", "named"),
    [
        ({"max_depth": 2, "ents": None}, "max_depth was null and is 2"),
        ({"max_deptj": None, "ents": None}, "max_depth was null and is not set and 1 more"),
        ({"ents": None}, "max_depth was null and is not set"),
        ("no settings", "config.cfg"),
    ],
)
def test_every_difference_of_settings_has_words(now, named):
    (found,) = find_differences(
        {"config.cfg": {"max_depth": None, "ents": None}}, {"config.cfg": now}
    )
    assert named in found
    assert not list(find_differences({"a": "1", "b": "2"}, {"b": "2", "c": "3"}))
