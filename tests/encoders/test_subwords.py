"""Words are made of their character n-grams, wherever and however often they stand."""

import numpy
import pytest
import spacy
from spacy.ml.models import MultiHashEmbed
from spacy.strings import get_string_id
from thinc.api import ConfigValidationError, Model, fix_random_seed
from thinc.types import Ragged

from spacy_nested_ner.encoders.subwords import (
    build_subword_embed,
    build_subword_vectors,
    ngram_hashes,
)

WIDTH = 6


@pytest.fixture
def nlp():
    return spacy.blank("en")


@pytest.fixture
def vectors():
    fix_random_seed(0)
    model = build_subword_vectors(WIDTH, rows=500, min_n=3, max_n=5)
    model.initialize()
    return model


def test_a_word_has_the_ngrams_of_its_characters_between_marks():
    expected = ["<IL", "IL2", "L2>", "<IL2", "IL2>"]
    assert ngram_hashes("IL2", 3, 4).tolist() == [get_string_id(x) for x in expected]


def test_a_word_shorter_than_the_ngrams_is_one_itself():
    assert ngram_hashes("e\u0301a", 3, 3).tolist() == [
        get_string_id("<e\u0301a"),
        get_string_id("e\u0301a>"),
    ]
    assert ngram_hashes("a", 4, 5).tolist() == [get_string_id("<a>")]


def test_a_token_is_the_mean_of_its_ngrams(nlp, vectors):
    docs = [nlp("IL2 binds"), nlp(""), nlp("binds IL2 twice , IL2")]
    tokens = vectors.predict(docs)
    table = vectors.layers[0]
    expected = [
        table.predict(ngram_hashes(token.text, 3, 5)).mean(0) for doc in docs for token in doc
    ]
    assert tokens.lengths.tolist() == [2, 0, 5]
    numpy.testing.assert_allclose(tokens.dataXd, numpy.array(expected), rtol=1e-5)


def test_batching_and_order_do_not_change_a_word(nlp, vectors):
    one = vectors.predict([nlp("alpha beta")]).dataXd
    other = vectors.predict([nlp("beta gamma beta alpha")]).dataXd
    numpy.testing.assert_array_equal(one[[1, 1, 0]], other[[0, 2, 3]])


def test_gradient_is_that_of_finite_differences(nlp, vectors):
    docs = [nlp("IL2 binds IL2"), nlp("IL4")]
    table = vectors.layers[0]
    E = table.get_param("E").copy()
    tokens, backprop = vectors.begin_update(docs)
    direction = numpy.random.default_rng(0).normal(size=tokens.dataXd.shape).astype("f")
    d_tokens = Ragged(direction, tokens.lengths)
    backprop(d_tokens)
    gradient = table.get_grad("E")
    for row, column in numpy.argwhere(gradient)[::11]:
        values = []
        for step in (0.5, -0.5):
            moved = E.copy()
            moved[row, column] += step
            table.set_param("E", moved)
            values.append(float((vectors.predict(docs).dataXd * direction).sum()))
        assert gradient[row, column] == pytest.approx(values[0] - values[1], abs=1e-3)


def test_no_document_is_no_token(vectors):
    assert vectors.predict([]).dataXd.shape == (0, WIDTH)


def embed_layer() -> Model:
    features = MultiHashEmbed(WIDTH, ["NORM"], [50], include_static_vectors=False)
    return build_subword_embed(features, width=WIDTH, rows=500)


def test_ngrams_tell_words_apart_that_the_other_features_do_not(nlp):
    fix_random_seed(0)
    doc = nlp("IL2 il2")
    for token in doc:
        token.norm_ = "same"
    model = embed_layer()
    model.initialize([doc])
    [vectors] = model.predict([doc])
    assert vectors.shape == (2, WIDTH)
    assert not numpy.allclose(*vectors)


def test_a_saved_layer_gives_the_same_vectors(nlp):
    doc = nlp("IL2 binds")
    model = embed_layer()
    model.initialize([doc])
    loaded = embed_layer().from_bytes(model.to_bytes())
    numpy.testing.assert_array_equal(loaded.predict([doc])[0], model.predict([doc])[0])


@pytest.mark.parametrize("sizes", [(0, 3), (4, 3)])
def test_sizes_that_give_no_ngram_are_refused(sizes):
    with pytest.raises(ConfigValidationError, match=f"min_n={sizes[0]}, max_n={sizes[1]}"):
        build_subword_embed(embed_layer(), width=4, min_n=sizes[0], max_n=sizes[1])
