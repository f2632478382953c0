"""The scorer as a model of spaCy's own spancat."""

import pytest
import spacy
from spacy.tokens import Doc
from thinc.api import fix_random_seed

from tests.pipelines import SENTENCES, TINY_ENCODER, make_examples, spans_of, train


def make_spancat(suggester, **model):
    fix_random_seed(0)
    nlp = spacy.blank("en")
    scorer = {
        "@architectures": "spacy_nested_ner.GlobalPointerSpancat.v1",
        "tok2vec": TINY_ENCODER,
    }
    config = {"model": {**scorer, **model}, "suggester": suggester, "spans_key": "sc"}
    nlp.add_pipe("spancat", config=config)
    return nlp


NGRAMS = {"@misc": "spacy.ngram_range_suggester.v1", "min_size": 1, "max_size": 4}


@pytest.mark.slow
@pytest.mark.parametrize("efficient", [False, True])
def test_stock_spancat_learns_with_our_scorer(efficient):
    nlp = make_spancat(NGRAMS, efficient=efficient)
    train(nlp, make_examples(nlp.vocab), updates=100)
    for text, gold in SENTENCES:
        doc = nlp(Doc(nlp.vocab, words=text.split()))
        assert sorted(spans_of(doc)) == sorted(gold)
        assert len(doc.spans["sc"].attrs.get("scores", [])) == len(gold)


def test_any_suggester_will_do_preset_spans_too():
    nlp = make_spancat({"@misc": "spacy.preset_spans_suggester.v1", "spans_key": "candidates"})
    examples = make_examples(nlp.vocab)
    for eg in examples:
        eg.predicted.spans["candidates"] = [eg.predicted[: min(2, len(eg.predicted))]]
    train(nlp, examples, updates=10)
    doc = Doc(nlp.vocab, words=["ZED", "gene"])
    doc.spans["candidates"] = [doc[0:2]]
    nlp.get_pipe("spancat").cfg["threshold"] = 0.0
    assert spans_of(nlp(doc)) == [(0, 2, label) for label in nlp.get_pipe("spancat").labels]


def test_bytes_fill_a_spancat_that_was_never_initialised():
    nlp = make_spancat(NGRAMS)
    train(nlp, make_examples(nlp.vocab), updates=30)
    loaded = make_spancat(NGRAMS).from_bytes(nlp.to_bytes())
    for text, _ in SENTENCES:
        a, b = (n(Doc(n.vocab, words=text.split())) for n in (nlp, loaded))
        assert spans_of(a) == spans_of(b)
