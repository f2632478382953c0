"""Training goes on from a trained pipeline: every config, every way of spaCy."""

import pytest
import spacy
from spacy.util import load_config, load_model_from_config

from tests.conftest import ROOT
from tests.pipelines import SENTENCES, make_examples, spans_of


@pytest.fixture(params=["spancat", "tok2vec"])
def nlp(request):
    """The pipeline of a shipped config with a smaller scorer and encoder widths as they are."""
    return load_model_from_config(load_config(ROOT / "configs" / f"{request.param}.cfg"))


def examples_of(nlp):
    return make_examples(nlp.vocab, SENTENCES[:2])


def test_every_config_makes_an_optimizer_without_the_rest_of_the_config():
    for path in sorted((ROOT / "configs").glob("*.cfg")):
        nlp = spacy.blank("en")
        nlp.config["training"] = load_config(path, interpolate=False)["training"]
        assert nlp.create_optimizer().learn_rate >= 0.0
        assert nlp.resume_training().learn_rate >= 0.0


def test_no_config_refers_to_a_component_by_its_name():
    for path in sorted((ROOT / "configs").glob("*.cfg")):
        assert "${components." not in path.read_text(encoding="utf8")


def test_a_config_initialises_updates_without_an_optimizer_and_takes_a_new_name(nlp, tmp_path):
    examples = examples_of(nlp)
    nlp.initialize(lambda: examples)
    assert all(value > 0 for value in nlp.update(examples).values())
    (old,) = nlp.pipe_names
    nlp.rename_pipe(old, "mentions")
    nlp.to_disk(tmp_path / "renamed")
    loaded = spacy.load(tmp_path / "renamed")
    assert loaded.pipe_names == ["mentions"]
    text = examples[0].reference.text
    assert spans_of(loaded(text)) == spans_of(nlp(text))
    loaded.resume_training()
    assert loaded.update(examples_of(loaded))["mentions"] > 0
