"""Licences are identifiers of the Hugging Face Hub."""

import pytest

from spacy_nested_ner.corpus.recipe import CUSTOM_LICENCE, SAMPLE_LICENCE
from spacy_nested_ner.corpus.recipes import RECIPES
from spacy_nested_ner.training.licences import IDENTIFIERS, check_licence, identify_licence
from spacy_nested_ner.user_error import UserError

EXPECTED = {
    "maintie": "mit",
    "germeval": "cc-by-4.0",
    # annotations and texts have different terms
    **dict.fromkeys(["genia", "danplus", "bionlp13cg"], "other"),
    **dict.fromkeys(["cmeee", "icem"], "other"),
    "custom": "unknown",
}


@pytest.mark.parametrize("name", RECIPES)
def test_the_licence_of_a_recipe_is_an_identifier(name):
    assert identify_licence(RECIPES[name].licence) == EXPECTED[name]
    assert EXPECTED[name] in IDENTIFIERS


def test_licences_of_files_that_no_recipe_knows():
    assert identify_licence(SAMPLE_LICENCE) == "mit"
    assert identify_licence(CUSTOM_LICENCE) == "unknown"
    assert identify_licence("") == ""


@pytest.mark.parametrize("given", ["CC BY-SA 4.0", "cc-by-sa-4.0", " CC-BY-SA-4.0"])
def test_case_and_blanks_do_not_count(given):
    assert check_licence(given) == identify_licence(given) == "cc-by-sa-4.0"


@pytest.mark.parametrize("given", ["CC BY 9", "", "MIT, and more"])
def test_a_text_is_no_licence_of_a_package(given):
    with pytest.raises(UserError, match=f"'{given}'"):
        check_licence(given)
