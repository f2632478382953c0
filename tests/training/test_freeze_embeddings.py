"""The callback that leaves the word embeddings of a transformer out of training."""

import numpy
import pytest
from thinc.api import Adam

from spacy_nested_ner.encoders.pretrained import find_transformers
from spacy_nested_ner.training.freeze_embeddings import make_freeze_word_embeddings
from tests.encoder_kinds import PRETRAINED, make_pipeline
from tests.pipelines import make_examples, make_nlp


@pytest.mark.parametrize("encoder", PRETRAINED)
def test_training_moves_all_weights_but_the_word_embeddings(encoder, request):
    nlp = make_pipeline(encoder, request)
    examples = make_examples(nlp.vocab)
    nlp.initialize(lambda: examples)
    make_freeze_word_embeddings()(nlp)
    before, sgd = weights(nlp), Adam(0.001)
    # a transformer that others listen to gets the gradients of an update in the next one
    for _ in range(2):
        nlp.update(examples, sgd=sgd)
    moved = {
        name
        for name, weight in weights(nlp).items()
        if not numpy.array_equal(weight, before[name])
    }
    words = "embeddings.word_embeddings.weight"
    # the pooling layer of BERT has no part in token vectors
    unused = {name for name in before if name.startswith("pooler.")}
    assert set(before) - moved == {words, *unused}


def test_a_pipeline_without_a_pretrained_encoder_is_refused():
    with pytest.raises(ValueError, match=r"\['nested_spancat'\]"):
        make_freeze_word_embeddings()(make_nlp())


def weights(nlp):
    """Those of the transformer, by name."""
    [encoder] = find_transformers(nlp)
    return {name: weight.detach().numpy().copy() for name, weight in encoder.named_parameters()}
