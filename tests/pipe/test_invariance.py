"""What a document is predicted does not depend on the documents around it."""

import numpy
import pytest
from spacy.tokens import Doc

from spacy_nested_ner.model import span_logits
from spacy_nested_ner.pipe import token_batches
from tests.encoder_kinds import ENCODERS, make_pipeline
from tests.pipelines import SENTENCES, make_examples, spans_of, train

# long and short, so that batches are padded, and an empty one
TEXTS = [text.split() for text, _ in SENTENCES]
TEXTS += [TEXTS[0] * 9, TEXTS[1] * 4, [], TEXTS[4] * 2, TEXTS[1] + TEXTS[3]]


@pytest.fixture(scope="module", params=ENCODERS, ids=lambda encoder: encoder.__name__)
def nlp(request):
    nlp = make_pipeline(request.param, request)
    train(nlp, make_examples(nlp.vocab), updates=15)
    # as far from any score as can be, so that rounding does not decide
    pipe = nlp.get_pipe("nested_spancat")
    pipe.threshold = 0.0
    scores = numpy.sort(numpy.concatenate([p for _, p in predict(nlp, range(len(TEXTS)), 1)]))
    middle = scores[len(scores) // 2 :]
    gap = numpy.diff(middle).argmax()
    pipe.threshold = float(middle[gap : gap + 2].mean())
    return nlp


def predict(nlp, order, batch_size):
    """Spans and scores of the texts, asked for in this order."""
    docs = (Doc(nlp.vocab, words=TEXTS[i]) for i in order)
    predicted = dict(zip(order, nlp.pipe(docs, batch_size=batch_size)))
    spans = [predicted[i] for i in sorted(order)]
    return [(spans_of(doc), doc.spans["sc"].attrs["scores"]) for doc in spans]


def assert_same(found, expected):
    assert [spans for spans, _ in found] == [spans for spans, _ in expected]
    for (_, scores), (_, others) in zip(found, expected, strict=True):
        numpy.testing.assert_allclose(scores, others, atol=1e-5)


@pytest.mark.parametrize(
    "batch_size", [3, *(pytest.param(size, marks=pytest.mark.slow) for size in (2, 100))]
)
def test_batch_size_and_order_do_not_matter(nlp, batch_size):
    order = list(range(len(TEXTS)))
    expected = predict(nlp, order, 1)
    assert sum(len(spans) for spans, _ in expected) > 10
    assert_same(predict(nlp, order, batch_size), expected)
    assert_same(predict(nlp, order[::-1], batch_size), expected)
    assert_same(predict(nlp, [3, 8, 0, 6, 9, 2, 5, 1, 7, 4], batch_size), expected)


@pytest.mark.slow
@pytest.mark.parametrize("tokens", [1, 20, 50])
@pytest.mark.parametrize("numbers", [1, 5000])
def test_how_much_is_computed_at_a_time_does_not_matter(nlp, monkeypatch, tokens, numbers):
    order = list(range(len(TEXTS)))
    expected = predict(nlp, order, 100)
    monkeypatch.setattr(token_batches, "_TOKENS_AT_A_TIME", tokens)
    monkeypatch.setattr(span_logits, "_NUMBERS_AT_A_TIME", numbers)
    assert_same(predict(nlp, order, 100), expected)
