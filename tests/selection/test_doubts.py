"""The possible mentions of a document and their probabilities."""

import pytest
import spacy

from spacy_nested_ner.annotation.candidates import CandidatePipeline
from spacy_nested_ner.selection.doubts import FLOOR, find_doubts
from spacy_nested_ner.user_error import UserError
from tests.pipelines import make_examples, make_nlp


@pytest.fixture(scope="module")
def nlp():
    """Untrained, so it doubts every span."""
    nlp = make_nlp(thresholds=[["protein", 0.9]])
    nlp.initialize(lambda: make_examples(nlp.vocab))
    return nlp


def test_an_error_is_what_the_decision_of_the_pipeline_leaves(nlp):
    docs = [nlp.make_doc("the BRX-7 gene\n  promoter"), nlp.make_doc(""), nlp.make_doc("ZED")]
    first, empty, last = find_doubts(CandidatePipeline(nlp), docs)
    assert (first.n_tokens, empty.n_tokens, empty.doubts) == (len(docs[0]), 0, ())
    assert any(doubt.mention == "gene promoter" for doubt in first.doubts)
    assert {doubt.mention for doubt in last.doubts} == {"zed"}
    for doubt in (*first.doubts, *last.doubts):
        is_predicted = doubt.probability > (0.9 if doubt.label == "protein" else 0.5)
        wrong = 1 - doubt.probability if is_predicted else doubt.probability
        assert doubt.error == pytest.approx(wrong)
        assert doubt.probability > FLOOR


def test_doubts_do_not_depend_on_the_batch(nlp, monkeypatch):
    texts = ["the BRX-7 gene promoter", "ZED", "T cells of the ZED complex"]
    pipeline = CandidatePipeline(nlp)
    together = list(find_doubts(pipeline, map(nlp.make_doc, texts)))
    monkeypatch.setattr("spacy_nested_ner.pipe.token_batches._TOKENS_AT_A_TIME", 1)
    alone = list(find_doubts(pipeline, map(nlp.make_doc, texts)))
    for one, other in zip(together, alone, strict=True):
        assert [d[:2] for d in one.doubts] == [d[:2] for d in other.doubts]
        for a, b in zip(one.doubts, other.doubts):
            assert a[2:] == pytest.approx(b[2:], abs=1e-5)


def test_the_pipe_is_as_before(nlp):
    list(find_doubts(CandidatePipeline(nlp), [nlp.make_doc("ZED")]))
    assert nlp.get_pipe("nested_spancat").observer is None


def test_spancat_doubts_what_it_predicts():
    nlp = spacy.blank("en")
    nlp.add_pipe("spancat", config={"threshold": 0.01})
    nlp.initialize(lambda: make_examples(nlp.vocab))
    (found,) = find_doubts(CandidatePipeline(nlp), [nlp.make_doc("the BRX-7 gene")])
    assert found.doubts
    assert all(doubt.error == pytest.approx(1 - doubt.probability) for doubt in found.doubts)


def test_rules_have_no_doubts():
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("span_ruler", config={"spans_key": "sc"})
    ruler.add_patterns([{"label": "part", "pattern": "pump"}])
    with pytest.raises(UserError, match="part"):
        list(find_doubts(CandidatePipeline(nlp), [nlp.make_doc("the pump")]))
