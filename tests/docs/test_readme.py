"""What the README shows runs."""

import re
from pathlib import Path

import pytest
import spacy
from spacy.util import registry
from thinc.api import Config

from tests.pipelines import TINY_ENCODER, make_examples, make_nlp, train

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf8")


def blocks(language: str):
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.M | re.S)


@pytest.mark.parametrize("code", blocks("python"), ids=["use", "train"])
def test_python_runs(code, monkeypatch, capsys):
    stand_in = make_nlp(threshold=0.0)  # finds something in any text
    train(stand_in, make_examples(stand_in.vocab))
    load = spacy.load

    def load_stand_in(name, *args, **kwargs):
        return stand_in if name == "en_nested_genia" else load(name, *args, **kwargs)

    monkeypatch.setattr(spacy, "load", load_stand_in)
    names = {}
    exec(compile(code, "README.md", "exec"), names)
    printed = capsys.readouterr().out
    if "print(" in code:
        assert printed.strip() not in ("", "[]")
    if "html" in names:
        assert names["html"].count("<span") > 1


WHOLE, ENCODER, DROP_IN = blocks("ini")


@pytest.mark.parametrize("text", [WHOLE, DROP_IN], ids=["nested_spancat", "spancat"])
def test_config_blocks_name_every_setting_and_make_a_pipe(text):
    components = Config().from_str(text)["components"]
    assert len(components) == 1
    for name, settings in components.items():
        settings["model"].setdefault("tok2vec", TINY_ENCODER)
        nlp = spacy.blank("en")
        nlp.add_pipe(settings.pop("factory"), config=settings)
        filled = nlp.config["components"][name]
        assert set(filled["model"]) == set(settings["model"])
        if name == "nested_spancat":
            assert set(filled) - {"factory", "scorer"} == set(settings)


def test_the_encoder_block_names_every_setting_and_makes_an_encoder():
    block = ENCODER.replace("components.nested_spancat.model.", "")
    tok2vec = Config().from_str(block)["tok2vec"]
    nlp = spacy.blank("en")
    pipe = nlp.add_pipe("nested_spancat", config={"model": {"tok2vec": tok2vec}})
    assert nlp.config["components"]["nested_spancat"]["model"]["tok2vec"] == tok2vec
    examples = make_examples(nlp.vocab)
    nlp.initialize(lambda: examples)
    vectors = pipe.model.get_ref("tok2vec").predict([eg.x for eg in examples])
    assert {len(row) for rows in vectors for row in rows} == {96}


def test_named_losses_are_registered():
    named = set(re.findall(r"`(\w+\.v\d+)`", README)) - {"spacy_nested_ner.GlobalPointer.v1"}
    assert {"EMC.v1", "EIoUEMC.v1", "BinaryCrossEntropy.v1"} <= named
    for name in named:
        assert registry.losses.get(name)


def test_linked_files_exist():
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]
    assert len(links) >= 3
    for link in links:
        assert (Path(__file__).parents[2] / link).exists(), link
