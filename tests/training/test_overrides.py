import pytest

from spacy_nested_ner.training.overrides import parse_overrides
from spacy_nested_ner.user_error import UserError


def test_overrides_are_json_or_text():
    assert parse_overrides(["a.b=0.5", "a.c=x=y", "a.d=null"]) == {
        "a.b": 0.5,
        "a.c": "x=y",
        "a.d": None,
    }


def test_the_numbers_of_overrides_are_exact():
    settings = [f"a.b{n}={n / 100}" for n in range(100)]
    assert list(parse_overrides(settings).values()) == [n / 100 for n in range(100)]


def test_a_constant_that_is_no_json_is_text():
    assert parse_overrides(["a.b=NaN", "a.c=-Infinity"]) == {"a.b": "NaN", "a.c": "-Infinity"}


@pytest.mark.parametrize("wrong", ["a.b", "ab=1"])
def test_an_override_of_another_form_is_refused(wrong):
    with pytest.raises(UserError, match=r"SECTION\.KEY=VALUE"):
        parse_overrides([wrong])
