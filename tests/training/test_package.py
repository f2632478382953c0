import re

import pytest
import spacy

from spacy_nested_ner import package
from spacy_nested_ner.files.manifest import set_id
from spacy_nested_ner.training.package import Card, add_scores, fill_in
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


def test_the_scores_of_another_training_are_refused():
    """Name and version are those of the config, so all its trainings share them."""
    meta = dict(META)
    set_id(meta, "mine")
    evaluated = {key: META[key] for key in ("lang", "name", "version")}
    with pytest.raises(UserError, match="another training of en_nested_x"):
        add_scores(meta, {"pipeline": {**evaluated, "id": "other"}})
    # without its scores, an evaluation of this pipeline comes as far as them
    for id in ("mine", None):
        with pytest.raises(UserError, match="incomplete"):
            add_scores(meta, {"pipeline": {**evaluated, "id": id}})


def test_a_pipeline_that_was_never_trained_leaves_no_package(tmp_path):
    nlp = spacy.blank("en", meta={"name": "nested_x", "version": "1.0.0"})
    nlp.add_pipe("nested_spancat")
    nlp.to_disk(tmp_path / "pipeline")
    with pytest.raises(UserError, match=r"'nested_spancat' .* has no weights: train it"):
        package(tmp_path / "pipeline", tmp_path / "out")
    assert not (tmp_path / "out").exists()
