"""Who learns at the scaled rate: all of the pipe but a pretrained encoder."""

import pytest
from spacy import registry
from thinc.api import Model, RAdam

from spacy_nested_ner.encoders.pretrained import find_pretrained
from spacy_nested_ner.user_error import UserError
from tests.encoder_kinds import (
    ENCODERS,
    hugging_face,
    inline_hugging_face,
    inline_transformer,
    make_pipeline,
)
from tests.pipelines import make_examples, make_nlp


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
        scales[key] = lr_scale
        return weights, gradient

    pipe.finish_update(optimizer)
    is_pretrained = find_pretrained(pipe.model)
    pretrained = {key for key in scales if is_pretrained(key)}
    inline = encoder in (inline_hugging_face, inline_transformer)
    assert bool(pretrained) == inline
    assert pipe.model.get_ref("head").shims[0].id in {part for part, _ in scales}
    assert scales == {key: 1.0 if key in pretrained else 5.0 for key in scales}


class Wrapper(Model):
    """As that of spacy-transformers."""

    transformer = None


def test_a_node_and_a_scorer_with_one_id_have_their_own_rates(request):
    """Thinc counts nodes and shims separately."""
    nlp = make_pipeline(inline_hugging_face, request)
    examples = make_examples(nlp.vocab)
    nlp.initialize(lambda: examples)
    pipe = nlp.get_pipe("nested_spancat")
    wrapper = Wrapper("wrapper", lambda model, X, is_train: (X, lambda dY: dY))
    scorer = pipe.model.get_ref("head").shims[0]
    scorer.id = wrapper.id
    pipe.model.layers.append(wrapper)
    is_pretrained = find_pretrained(pipe.model)
    names = [name for name, _ in scorer._model.named_parameters()]
    assert names
    assert not any(is_pretrained((scorer.id, name)) for name in names)


def test_a_scale_that_radam_would_ignore_is_refused():
    nlp = make_nlp(learn_rate_scale=5.0)
    examples = make_examples(nlp.vocab)
    nlp.initialize(lambda: examples)
    with pytest.raises(UserError, match=r"learn_rate_scale=5\.0"):
        nlp.update(examples, sgd=RAdam(0.01))


def test_weights_of_a_mix_of_layers_learn_at_the_scaled_rate(request):
    model = registry.resolve({"m": {**hugging_face(request), "layers": "mix"}})["m"]
    model.initialize()
    is_pretrained = find_pretrained(model)
    names = [name for name, _ in model.shims[0]._model.named_parameters()]
    scaled = [name for name in names if not is_pretrained((model.shims[0].id, name))]
    assert scaled == ["mix"]
    assert len(names) > 10
