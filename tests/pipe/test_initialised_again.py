"""`nlp.initialize` gives a pipeline that has learned the weights of a new one."""

import pytest
import spacy
from thinc.api import fix_random_seed

from tests.encoder_kinds import (
    hugging_face_listener,
    inline_bilstm,
    inline_cnn,
    inline_hugging_face,
    make_pipeline,
    tok2vec_listener,
)
from tests.pipelines import make_examples, train

ENCODERS = [
    inline_cnn,
    inline_bilstm,
    tok2vec_listener,
    inline_hugging_face,
    hugging_face_listener,
]


def weights(nlp):
    return [proc.model.to_bytes() for _, proc in nlp.pipeline]


def begin(nlp):
    examples = make_examples(nlp.vocab)
    optimizer = nlp.initialize(lambda: examples)
    return optimizer, examples


@pytest.mark.parametrize("encoder", ENCODERS)
def test_a_trained_pipeline_begins_again_with_the_weights_of_a_new_one(encoder, request):
    nlp = make_pipeline(encoder, request)
    begin(nlp)
    new = weights(nlp)
    train(nlp, make_examples(nlp.vocab), updates=3)
    assert all(trained != before for trained, before in zip(weights(nlp), new))
    fix_random_seed(0)
    begin(nlp)
    assert weights(nlp) == new


@pytest.mark.parametrize("encoder", ENCODERS)
def test_a_loaded_pipeline_begins_again_with_the_weights_of_a_new_one(encoder, request):
    nlp = make_pipeline(encoder, request)
    begin(nlp)
    new = weights(nlp)
    train(nlp, make_examples(nlp.vocab), updates=3)
    loaded = spacy.blank("en", config=nlp.config).from_bytes(nlp.to_bytes())
    fix_random_seed(0)
    begin(loaded)
    assert weights(loaded) == new


@pytest.mark.parametrize("encoder", ENCODERS)
def test_two_trainings_of_one_pipeline_give_the_same_weights(encoder, request):
    nlp = make_pipeline(encoder, request)
    trained = []
    for _ in range(3):
        fix_random_seed(0)
        train(nlp, make_examples(nlp.vocab), updates=3)
        trained.append(weights(nlp))
    # the pipeline was made with another state of the random numbers
    assert trained[1] == trained[2]
