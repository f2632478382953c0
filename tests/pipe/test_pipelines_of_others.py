"""The pipe in a pipeline with other pipes."""

import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
import spacy
from spacy.tokens import Doc, Span
from spacy.util import load_model_from_config
from thinc.api import Model

from spacy_nested_ner.model.architectures import build_global_pointer
from tests import encoder_kinds
from tests.encoder_kinds import inline_transformer, make_pipeline, transformer_listener
from tests.pipelines import SENTENCES, TINY_ENCODER, make_examples, make_nlp, spans_of, train
from tests.transformer import transformer_config

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
    train(nlp, examples, updates=40)
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


@pytest.fixture(scope="module")
def shared():
    """A trained pipeline with an encoder that its pipe listens to."""
    nlp = spacy.blank("en")
    nlp.add_pipe("tok2vec", config={"model": TINY_ENCODER})
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": 32, "upstream": "*"}
    nlp.add_pipe("nested_spancat", config={"model": {**MODEL, "tok2vec": listener}})
    train(nlp, make_examples(nlp.vocab), updates=40)
    return nlp


def copy_of(nlp):
    return load_model_from_config(nlp.config).from_bytes(nlp.to_bytes())


def predict(nlp):
    docs = list(nlp.pipe(Doc(nlp.vocab, words=text.split()) for text, _ in SENTENCES))
    return [(spans_of(doc), doc.spans["sc"].attrs["scores"].tolist()) for doc in docs]


def test_training_goes_on_with_a_frozen_encoder(shared):
    nlp = copy_of(shared)
    expected = [spans for spans, _ in predict(nlp)]
    assert [set(spans) for spans in expected] == [set(spans) for _, spans in SENTENCES]
    encoder, pipe = (nlp.get_pipe(name).model.to_bytes() for name in nlp.pipe_names)
    optimizer = nlp.resume_training()
    optimizer.learn_rate = 0.0005
    frozen = {"exclude": ["tok2vec"], "annotates": ["tok2vec"]}
    for _ in range(10):
        losses = nlp.update(make_examples(nlp.vocab), sgd=optimizer, **frozen)
    assert losses["nested_spancat"] > 0
    assert nlp.get_pipe("tok2vec").model.to_bytes() == encoder
    assert nlp.get_pipe("nested_spancat").model.to_bytes() != pipe
    assert [spans for spans, _ in predict(nlp)] == expected


def test_a_frozen_pipe_annotates_for_the_pipes_after_it_and_does_not_change(
    shared, monkeypatch
):
    nlp = copy_of(shared)
    add(nlp, "a")
    with nlp.select_pipes(enable=["spans_a"]):
        nlp.initialize(lambda: make_gold(nlp, "a"))
    expected = predict(nlp)
    examples = make_gold(nlp, "a")
    optimizer = nlp.create_optimizer()
    first = ["tok2vec", "nested_spancat"]
    pipe, seen = nlp.get_pipe("spans_a"), []
    update = pipe.update

    def record(examples, **options):
        seen.extend(spans_of(eg.predicted) for eg in examples)
        return update(examples, **options)

    monkeypatch.setattr(pipe, "update", record)
    losses = nlp.update(examples, sgd=optimizer, exclude=first, annotates=first)
    assert {"spans_a", "nested_spancat"} & set(losses) == {"spans_a"}
    assert seen == [spans for spans, _ in expected]
    assert predict(nlp) == expected


def test_a_listener_that_is_replaced_predicts_the_same_without_the_encoder(shared):
    nlp = copy_of(shared)
    expected = predict(nlp)
    nlp.replace_listeners("tok2vec", "nested_spancat", ["model.tok2vec"])
    nlp.remove_pipe("tok2vec")
    assert predict(nlp) == expected
    assert predict(copy_of(nlp)) == expected


@pytest.mark.parametrize("language", ["de", "zh"])
def test_a_pipe_works_in_a_pipeline_of_another_language(shared, language):
    source = copy_of(shared)
    source.replace_listeners("tok2vec", "nested_spancat", ["model.tok2vec"])
    nlp = spacy.blank(language)
    nlp.add_pipe("nested_spancat", source=source)
    assert predict(nlp) == predict(shared)
    assert predict(copy_of(nlp)) == predict(shared)


def test_processes_and_threads_predict_what_one_does(shared):
    nlp = copy_of(shared)
    texts = [text for text, _ in SENTENCES] * 2
    expected = [spans_of(doc) for doc in nlp.pipe(texts)]
    with ThreadPoolExecutor(3) as pool:
        runs = [pool.submit(lambda: list(nlp.pipe(texts, batch_size=2))) for _ in range(3)]
    for run in runs:
        assert [spans_of(doc) for doc in run.result()] == expected
    docs = list(nlp.pipe(texts, n_process=2, batch_size=3))
    assert [spans_of(doc) for doc in docs] == expected


def reads_three_tokens(width: int) -> Model:
    """A layer with the name and the faults of the one of spacy-transformers: the first three
    tokens of a document have vectors, the others zeros."""

    def forward(model, docs, is_train):
        vectors = [model.ops.alloc2f(len(doc), width) for doc in docs]
        for X in vectors:
            X[:3] = 1.0
        return vectors, lambda d_vectors: []

    return Model("trfs2arrays", forward, dims={"nO": width})


def test_tokens_that_a_transformer_did_not_read_are_counted_once():
    nlp = make_nlp()
    examples = make_examples(nlp.vocab)
    pipe = nlp.get_pipe("nested_spancat")
    pipe.model = build_global_pointer(reads_three_tokens(32))
    nlp.initialize(lambda: examples)
    words = ["ZED", "binds", "BRX"]
    whole, cut = (Doc(nlp.vocab, words=words + more) for more in ([], ["\n", "of", "BRX"]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nlp(whole)
    with pytest.warns(UserWarning, match=r"1 of 2 documents .* 2 of their tokens"):
        list(nlp.pipe([whole, cut]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nlp(cut)


def test_zeros_of_other_encoders_are_no_lost_tokens():
    nlp = make_nlp()
    examples = make_examples(nlp.vocab)
    tok2vec = reads_three_tokens(32)
    tok2vec.name = "static_vectors"
    nlp.get_pipe("nested_spancat").model = build_global_pointer(tok2vec)
    nlp.initialize(lambda: examples)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nlp(Doc(nlp.vocab, words=["ZED", "binds", "BRX", "of", "BRX"]))


@pytest.mark.parametrize("encoder", [inline_transformer, transformer_listener])
def test_tokens_that_spacy_transformers_cuts_off_are_counted(encoder, request, monkeypatch):
    limit = {"use_fast": True, "model_max_length": 64}  # word pieces
    monkeypatch.setattr(
        encoder_kinds,
        "transformer_config",
        lambda name: {**transformer_config(name), "tokenizer_config": limit},
    )
    nlp = make_pipeline(encoder, request)
    examples = make_examples(nlp.vocab)
    nlp.initialize(lambda: examples)
    words = ["ZED", "binds", "BRX"] * 30
    with pytest.warns(UserWarning, match="1 of 1 documents"):
        nlp(Doc(nlp.vocab, words=words))
