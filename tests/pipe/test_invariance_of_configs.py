"""Every shipped config: a document's spans do not depend on the documents of its batch.

test_invariance.py has the short form, for every kind of encoder.
"""

import random
from concurrent.futures import ThreadPoolExecutor

import numpy
import pytest
from spacy.tokens import Doc
from spacy.util import load_config, load_model_from_config
from thinc.api import fix_random_seed

from tests.conftest import ROOT
from tests.pipelines import SENTENCES, make_examples, spans_of

pytestmark = pytest.mark.slow
N_THREADS = 8

CONFIGS = sorted(path.stem for path in (ROOT / "configs").glob("*.cfg"))
WORDS = sorted({word for text, _ in SENTENCES for word in text.split()})
# short documents, an empty one, and one of 5,000 tokens
LENGTHS = [*range(1, 40), 0, 5000, *range(3, 60, 7)]


def make_texts():
    choose = random.Random(0).choices
    return [choose(WORDS, k=n) for n in LENGTHS]


TEXTS = make_texts()


@pytest.fixture(scope="module", params=CONFIGS)
def nlp(request):
    """Trained for some updates, with the threshold where no score is near."""
    config = load_config(ROOT / "configs" / f"{request.param}.cfg", interpolate=True)
    if request.param == "transformer":
        model = config["components"]["nested_spancat"]["model"]
        # bfloat16 rounds
        model["tok2vec"]["embed"]["embed"].update(
            name=request.getfixturevalue("tiny_transformer"), precision="float32"
        )
    fix_random_seed(0)
    nlp = load_model_from_config(config, auto_fill=True)
    examples = make_examples(nlp.vocab)
    nlp.initialize(lambda: examples)
    optimizer = nlp.get_pipe(nlp.pipe_names[-1]).create_optimizer()
    optimizer.learn_rate = 0.005
    for _ in range(10):
        nlp.update(examples, sgd=optimizer)
    pipe = nlp.get_pipe(nlp.pipe_names[-1])
    set_threshold(pipe, 0.0)
    scores = numpy.sort(
        numpy.concatenate([scores for _, scores in predict(nlp, TEXTS, 1) if len(scores)])
    )
    # some scores lie above it, and no score lies near it
    middle = scores[len(scores) // 2 : -20]
    gap = numpy.diff(middle).argmax()
    set_threshold(pipe, float(middle[gap : gap + 2].mean()))
    return nlp


def set_threshold(pipe, value):
    if hasattr(pipe, "threshold"):
        pipe.threshold = value
    else:  # spaCy's spancat
        pipe.cfg["threshold"] = value


def predict(nlp, texts, batch_size):
    docs = nlp.pipe((Doc(nlp.vocab, words=text) for text in texts), batch_size=batch_size)
    return [(spans_of(doc), scores_of(doc)) for doc in docs]


def scores_of(doc):
    # spaCy's spancat gives an empty document none
    return numpy.asarray(doc.spans["sc"].attrs.get("scores", []), dtype="f")


@pytest.mark.parametrize("batch_size", [7, 64, 1000])
def test_batch_size_and_order_do_not_matter(nlp, batch_size):
    expected = predict(nlp, TEXTS, 1)
    assert sum(len(spans) for spans, _ in expected) > 10
    order = random.Random(batch_size).sample(range(len(TEXTS)), len(TEXTS))
    found = predict(nlp, [TEXTS[i] for i in order], batch_size)
    for i, (spans, scores) in zip(order, found, strict=True):
        assert spans == expected[i][0]
        numpy.testing.assert_allclose(scores, expected[i][1], rtol=1e-4, atol=1e-5)


def test_threads_that_share_a_fresh_pipeline_predict_what_one_thread_does(nlp):
    texts = [text for text in TEXTS if len(text) < 100]
    expected = predict(nlp, texts, 1)
    saved = nlp.to_bytes()
    for _ in range(3):
        fresh = load_model_from_config(nlp.config).from_bytes(saved)
        # spancat's is in its bytes, ours is a setting
        if hasattr(pipe := fresh.get_pipe(fresh.pipe_names[-1]), "threshold"):
            pipe.threshold = nlp.get_pipe(nlp.pipe_names[-1]).threshold
        with ThreadPoolExecutor(N_THREADS) as pool:
            runs = [pool.submit(predict, fresh, texts, 1 + i) for i in range(N_THREADS)]
        for run in runs:
            for (spans, scores), (others, other_scores) in zip(run.result(), expected):
                assert spans == others
                numpy.testing.assert_allclose(scores, other_scores, rtol=1e-4, atol=1e-5)
