"""Who learns at the scaled rate: all of the pipe but a transformer, which was pretrained."""

import pytest

from spacy_nested_ner.encoders.pretrained import transformer_nodes
from tests.encoder_kinds import ENCODERS, make_pipeline
from tests.pipelines import make_examples


@pytest.mark.parametrize("encoder", ENCODERS)
def test_learn_rate_scale_is_for_the_whole_pipe_but_a_transformer(encoder, request):
    nlp = make_pipeline(encoder, request)
    examples = make_examples(nlp.vocab)
    nlp.initialize(lambda: examples)
    pipe = nlp.get_pipe("nested_spancat")
    pipe.learn_rate_scale = 5.0
    nlp.update(examples, sgd=False)
    scales = {}

    def optimizer(key, weights, gradient, *, lr_scale=1.0):
        scales[key[0]] = lr_scale
        return weights, gradient

    pipe.finish_update(optimizer)
    pretrained = {
        part.id
        for transformer in transformer_nodes(pipe.model)
        for node in transformer.walk()
        for part in (node, *node.shims)
    }
    assert bool(pretrained & scales.keys()) == ("inline_transformer" in encoder.__name__)
    assert pipe.model.get_ref("head").shims[0].id in scales
    assert scales == {part: 1.0 if part in pretrained else 5.0 for part in scales}
