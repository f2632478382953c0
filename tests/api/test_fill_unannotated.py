"""A pipeline annotates what people did not."""

import pytest
from spacy.tokens import Span

from spacy_nested_ner import fill_unannotated
from spacy_nested_ner.user_error import UserError
from tests.pipelines import SENTENCES, make_examples, make_nlp, spans_of, train


@pytest.fixture(scope="module")
def nlp():
    nlp = make_nlp()
    train(nlp, make_examples(nlp.vocab), updates=60)
    for text, spans in SENTENCES:
        assert set(spans_of(nlp(text))) == set(spans)
    return nlp


@pytest.fixture
def doc(nlp):
    """Gold of the first sentence: protein alone."""
    doc = make_examples(nlp.vocab)[0].reference
    doc.spans["sc"] = [span for span in doc.spans["sc"] if span.label_ == "protein"]
    return doc


PROTEIN = {(1, 2, "protein"), (6, 8, "protein"), (9, 10, "protein")}
DNA = {(1, 4, "DNA"), (1, 3, "DNA")}


def filled(nlp, doc, **options):
    (same,) = fill_unannotated(nlp, [doc], **options)
    assert same is doc
    return set(spans_of(doc))


def test_complete_gold_stays(nlp, doc):
    assert filled(nlp, doc) == PROTEIN
    doc.spans["sc"] = []
    assert filled(nlp, doc) == set()


def test_a_label_that_was_not_annotated_is_predicted(nlp, doc):
    doc.spans["sc_unannotated"] = [Span(doc, 0, len(doc), "DNA")]
    assert filled(nlp, doc) == PROTEIN | DNA
    assert list(doc.spans["sc_unannotated"]) == []


def test_only_spans_that_share_a_token_with_a_region_are_added(nlp, doc):
    doc.spans["sc_unannotated"] = [Span(doc, 3, 4)]
    assert filled(nlp, doc) == PROTEIN | {(1, 4, "DNA")}


def test_rejected_spans_are_not_added(nlp, doc):
    doc.spans["sc_unannotated"] = [Span(doc, 0, len(doc))]
    doc.spans["sc_rejected"] = [Span(doc, 1, 3, "DNA")]
    assert filled(nlp, doc) == PROTEIN | {(1, 4, "DNA")}


def test_a_region_for_a_label_of_another_pipeline_stays(nlp, doc):
    doc.spans["sc_unannotated"] = [Span(doc, 0, len(doc), name) for name in ("DNA", "drug")]
    assert filled(nlp, doc) == PROTEIN | DNA
    assert [span.label_ for span in doc.spans["sc_unannotated"]] == ["drug"]


def test_a_document_without_the_key_is_predicted(nlp, doc):
    del doc.spans["sc"]
    assert filled(nlp, doc) == PROTEIN | DNA


def test_a_key_that_no_pipe_writes_is_named(nlp, doc):
    with pytest.raises(UserError, match="'medical'"):
        filled(nlp, doc, spans_key="medical")
