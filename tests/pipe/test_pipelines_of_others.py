"""The pipe in a pipeline with other pipes."""

import warnings

import pytest
import spacy
from spacy.training import Example
from spacy.training.initialize import init_nlp
from spacy.tokens import Doc, DocBin, Span

from tests.pipelines import SENTENCES, TINY_ENCODER, make_examples, make_nlp, spans_of, train

MODEL = {"@architectures": "spacy_nested_ner.GlobalPointer.v1", "tok2vec": TINY_ENCODER}


def make_gold(nlp, *keys):
    """Examples with the same spans under several keys, and entities and parts of speech."""
    examples = make_examples(nlp.vocab)
    for eg in examples:
        gold = eg.reference
        for key in keys:
            gold.spans[key] = list(gold.spans["sc"])
        gold.ents = [Span(gold, 0, 1, "X")]
        for token in gold:
            token.tag_ = "N"
    return examples


def add(nlp, *keys):
    for key in keys:
        nlp.add_pipe(
            "nested_spancat", name=f"spans_{key}", config={"model": MODEL, "spans_key": key}
        )


def weights_of(nlp):
    return {k: v for k, v in nlp.config["training"]["score_weights"].items() if v}


@pytest.mark.parametrize(
    "keys", [("sc",), ("a",), ("a", "b"), ("sc", "a"), ("a", "sc"), ("a", "b", "sc")]
)
def test_each_key_has_the_same_weight_in_any_order(keys):
    nlp = spacy.blank("en")
    add(nlp, *keys)
    for _ in ("first", "again"):
        nlp.initialize(lambda: make_gold(nlp, *keys))
        assert set(weights_of(nlp)) == {f"spans_{key}_f" for key in keys}
        assert len(set(weights_of(nlp).values())) == 1


def test_a_key_weighs_as_much_as_another_pipe(tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("ner", config={"model": {"tok2vec": TINY_ENCODER}})
    add(nlp, "a", "b")
    nlp.add_pipe("tagger", config={"model": {"tok2vec": TINY_ENCODER}})
    nlp.initialize(lambda: make_gold(nlp, "a", "b"))
    assert weights_of(nlp) == dict.fromkeys(
        ("ents_f", "spans_a_f", "spans_b_f", "tag_acc"), 0.25
    )
    nlp.to_disk(tmp_path)
    # a key that comes later
    nlp = spacy.load(tmp_path)
    add(nlp, "c")
    with nlp.select_pipes(enable=["spans_c"]):
        nlp.initialize(lambda: make_gold(nlp, "a", "b", "c"))
    assert len(weights_of(nlp)) == 5
    assert set(weights_of(nlp).values()) == {0.2}


def test_there_is_no_score_of_a_key_that_no_pipe_has(tmp_path):
    nlp = spacy.blank("en")
    add(nlp, "a")
    nlp.initialize(lambda: make_gold(nlp, "a"))
    for _ in ("initialised", "loaded"):
        weights = nlp.config["training"]["score_weights"]
        assert not [name for name in weights if name.startswith("spans_sc")]
        nlp.to_disk(tmp_path)
        nlp.from_disk(tmp_path)


def test_the_default_key_keeps_its_weight_for_the_spancat_of_spacy():
    nlp = spacy.blank("en")
    nlp.add_pipe("spancat", config={"model": {"tok2vec": TINY_ENCODER}})
    add(nlp, "a")
    nlp.initialize(lambda: make_gold(nlp, "a"))
    assert weights_of(nlp) == {"spans_sc_f": 0.5, "spans_a_f": 0.5}


def test_weights_of_the_user_stay_for_all_pipes():
    nlp = spacy.blank("en")
    add(nlp, "a")
    nlp.config["training"]["score_weights"].update({"spans_a_r": 1.0, "spans_sc_f": None})
    nlp.initialize(lambda: make_gold(nlp, "a"))
    assert weights_of(nlp) == {"spans_a_r": 1.0}


def warnings_of(function):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        function()
    return [str(warning.message) for warning in found if "spans_key" in str(warning.message)]


def test_two_pipes_on_one_key_are_named_when_they_are_made_and_when_they_are_loaded(tmp_path):
    nlp = make_nlp()
    config = {"model": MODEL}
    (message,) = warnings_of(lambda: nlp.add_pipe("nested_spancat", "second", config=config))
    assert "second" in message
    assert "nested_spancat" in message
    assert not warnings_of(lambda: nlp.initialize(lambda: make_examples(nlp.vocab)))
    nlp.to_disk(tmp_path)
    assert len(warnings_of(lambda: spacy.load(tmp_path))) == 1


def test_a_spancat_on_the_key_is_named_when_training_begins():
    nlp = make_nlp()
    nlp.add_pipe("spancat", config={"model": {"tok2vec": TINY_ENCODER}})
    (message,) = warnings_of(lambda: nlp.initialize(lambda: make_examples(nlp.vocab)))
    assert "spancat" in message


def test_pipes_with_keys_of_their_own_give_no_warning():
    nlp = spacy.blank("en")
    assert not warnings_of(lambda: add(nlp, "sc", "a"))
    assert not warnings_of(lambda: nlp.initialize(lambda: make_gold(nlp, "a")))


def test_a_sourced_pipe_on_the_key_is_named_once_when_it_predicts():
    nlp, other = make_nlp(), make_nlp()
    examples = make_examples(nlp.vocab)
    train(nlp, examples)
    gold = [(text, [(0, 1, "X")]) for text, _ in SENTENCES]
    train(other, make_examples(other.vocab, gold))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nlp.add_pipe("nested_spancat", "other", source=other)
    docs = [Doc(nlp.vocab, words=text.split()) for text, _ in SENTENCES[:2]]
    (message,) = warnings_of(lambda: list(nlp.pipe(docs)))
    assert "other replaces" in message
    # its own spans are replaced without a word
    assert not warnings_of(lambda: list(other.pipe(other.pipe(["ZED", "ZED binds"]))))
