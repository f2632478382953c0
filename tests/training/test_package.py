import re

import pytest

from spacy_nested_ner.training.package import Card, fill_in
from spacy_nested_ner.user_error import UserError

META = {
    "lang": "en",
    "name": "nested_x",
    "version": "0.1.0+full",
    "author": "Ada",
    "notes": "n",
}


@pytest.mark.parametrize("name", ["nested_pumps", "en_nested_pumps"])
def test_a_card_replaces_the_values_that_it_has(name):
    found = fill_in(META, Card(name=name, version="1.2.0", license="MIT"))
    assert found == {**META, "name": "nested_pumps", "version": "1.2.0", "license": "mit"}
    assert fill_in(META, Card()) == META


@pytest.mark.parametrize(
    "name", ["pumps-2", "my pumps", "two__pumps", "_pumps", "pumps_", "en_", "泵"]
)
def test_a_name_that_cannot_be_loaded_is_refused(name):
    with pytest.raises(UserError, match=f"'{name}'"):
        fill_in(META, Card(name=name))


@pytest.mark.parametrize("version", ["last", "1.2-", "1.0+a b"])
def test_a_version_that_pip_does_not_read_is_refused(version):
    with pytest.raises(UserError, match=rf"^'{re.escape(version)}'"):
        fill_in(META, Card(version=version))
