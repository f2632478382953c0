"""The callback of the shipped configs that takes another library for matrix products."""

import numpy
import pytest
import spacy
from spacy.util import registry
from thinc.api import Model, NumpyOps

from tests.pipelines import TINY_ENCODER, make_examples, make_nlp, spans_of, train

CONFIG = {
    "nlp": {"after_pipeline_creation": {"@callbacks": "spacy_nested_ner.numpy_gemm.v1"}},
    "components": {
        "nested_spancat": {
            "factory": "nested_spancat",
            "model": {
                "@architectures": "spacy_nested_ner.GlobalPointer.v1",
                "tok2vec": TINY_ENCODER,
            },
        }
    },
}


def uses_blis(nlp) -> set:
    return {node.ops.use_blis for _, pipe in nlp.components for node in pipe.model.walk()}


@pytest.fixture
def nlp():
    CONFIG["nlp"] |= {"lang": "en", "pipeline": ["nested_spancat"]}
    return spacy.util.load_model_from_config(CONFIG, auto_fill=True)


def test_all_models_of_the_pipeline_multiply_with_numpy(nlp):
    assert uses_blis(nlp) == {False}


def test_other_pipelines_of_the_process_stay_as_they_are(nlp):
    assert uses_blis(make_nlp()) == {True}
    assert Model("any", lambda model, X, is_train: X).ops.use_blis is True


def test_a_loaded_pipeline_multiplies_with_numpy_and_predicts_what_it_did(nlp, tmp_path):
    examples = make_examples(nlp.vocab)
    train(nlp, examples, updates=20)
    nlp.to_disk(tmp_path)
    loaded = spacy.load(tmp_path)
    assert uses_blis(loaded) == {False}
    text = examples[0].reference.text
    assert spans_of(loaded(text)) == spans_of(nlp(text)) != []


def test_products_are_those_of_blis_up_to_rounding(nlp):
    x = numpy.random.default_rng(0).normal(size=(7, 30)).astype("f")
    y = numpy.random.default_rng(1).normal(size=(11, 30)).astype("f")
    ops = nlp.get_pipe("nested_spancat").model.ops
    numpy.testing.assert_allclose(
        ops.gemm(x, y, trans2=True), NumpyOps().gemm(x, y, trans2=True), atol=1e-5
    )


def test_models_on_another_device_are_left_alone():
    class OtherOps(NumpyOps):
        pass

    nlp, other = make_nlp(), OtherOps()
    encoder = nlp.get_pipe("nested_spancat").model.get_ref("tok2vec")
    encoder.ops = other
    registry.callbacks.get("spacy_nested_ner.numpy_gemm.v1")()(nlp)
    assert encoder.ops is other
    assert nlp.get_pipe("nested_spancat").model.ops.use_blis is False


def test_several_processes_work(nlp):
    examples = make_examples(nlp.vocab)
    train(nlp, examples, updates=20)
    texts = [eg.reference.text for eg in examples] * 3
    together = [spans_of(doc) for doc in nlp.pipe(texts, n_process=2, batch_size=4)]
    assert together == [spans_of(nlp(text)) for text in texts]
