import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span, SpanGroup
from spacy.training import Example
from spacy.vocab import Vocab

from spacy_nested_ner.evaluation.documents import (
    Mention,
    pair_examples,
    predict_corpus,
    predict_examples,
)
from spacy_nested_ner.files.docbin import read_docs
from spacy_nested_ner.files.pipelines import find_spans_key
from spacy_nested_ner.user_error import UserError
from tests.pipelines import SENTENCES, make_examples, make_nlp, train


def make_pair(words=("IL-2", "gene", "here")):
    vocab = Vocab()
    return Example(Doc(vocab, words=list(words)), Doc(vocab, words=list(words)))


def read(path, nlp):
    return read_docs(path, nlp.vocab, user_data=True)


def spans(doc, *places):
    return [Span(doc, start, end, label=label) for start, end, label in places]


def test_mentions_are_sorted_by_start_then_longer_first_then_label():
    eg = make_pair()
    places = [(1, 2, "DNA"), (0, 1, "protein"), (0, 2, "DNA"), (0, 1, "DNA")]
    eg.reference.spans["sc"] = spans(eg.reference, *places)
    (doc,) = pair_examples([eg], "sc")
    assert doc.gold == (
        Mention(0, 9, "DNA"),
        Mention(0, 4, "DNA"),
        Mention(0, 4, "protein"),
        Mention(5, 9, "DNA"),
    )
    assert doc.token_starts == [0, 5, 10]
    assert doc.token_ends == [4, 9, 14]


def test_a_missing_group_of_predictions_is_an_empty_one_and_of_gold_leaves_out():
    eg = make_pair()
    eg.reference.spans["sc"] = []
    eg.reference.spans["other"] = []
    eg.predicted.spans["sc"] = spans(eg.predicted, (0, 1, "DNA"))
    (doc,) = pair_examples([eg], "sc")
    assert doc.gold == ()
    assert doc.predicted == (Mention(0, 4, "DNA"),)
    assert pair_examples([eg], "other")[0].predicted == ()
    with pytest.warns(UserWarning, match="1 of 2"):
        assert len(pair_examples([eg, make_pair()], "sc")) == 1


def test_a_repeated_mention_counts_once_with_its_highest_score():
    eg = make_pair()
    places = [(0, 1, "DNA"), (1, 2, "DNA"), (0, 1, "DNA"), (0, 1, "DNA")]
    eg.reference.spans["sc"] = spans(eg.reference, *places)
    eg.predicted.spans["sc"] = SpanGroup(
        eg.predicted,
        spans=spans(eg.predicted, *places),
        attrs={"scores": [0.25, 0.5, 0.75, 0.125]},
    )
    (doc,) = pair_examples([eg], "sc")
    assert doc.gold == (Mention(0, 4, "DNA"), Mention(5, 9, "DNA"))
    assert doc.predicted == (Mention(0, 4, "DNA", 0.75), Mention(5, 9, "DNA", 0.5))


def test_a_span_without_a_token_is_no_mention():
    eg = make_pair()
    for doc in (eg.reference, eg.predicted):
        doc.spans["sc"] = spans(doc, (1, 1, "DNA"), (1, 2, "DNA"))
    (doc,) = pair_examples([eg], "sc")
    assert doc.gold == doc.predicted == (Mention(5, 9, "DNA"),)


def test_gold_groups_give_no_scores():
    eg = make_pair()
    group = SpanGroup(
        eg.reference, spans=spans(eg.reference, (0, 1, "DNA")), attrs={"scores": [0.5]}
    )
    eg.reference.spans["sc"] = group
    assert pair_examples([eg], "sc")[0].gold == (Mention(0, 4, "DNA", None),)


def test_a_document_is_named_by_its_user_data_or_else_its_number():
    examples = [make_pair(), make_pair()]
    for eg in examples:
        eg.reference.spans["sc"] = []
    examples[0].reference.user_data.update(id="a:7", document="a")
    first, second = pair_examples(examples, "sc")
    assert (first.id, first.document) == ("a:7", "a")
    assert (second.id, second.document) == ("1", None)


def test_predictions_on_another_text_are_refused():
    vocab = Vocab()
    eg = Example(Doc(vocab, words=["il-2"]), Doc(vocab, words=["IL-2"]))
    eg.reference.user_data["id"] = "a:7"
    with pytest.raises(UserError, match="'a:7'"):
        pair_examples([eg], "sc")


@pytest.fixture(scope="module")
def nlp():
    nlp = make_nlp()
    train(nlp, make_examples(nlp.vocab), updates=80)
    return nlp


@pytest.fixture
def corpus(nlp, tmp_path):
    docs = [eg.reference for eg in make_examples(nlp.vocab)]
    docs[1].user_data["id"] = "a:1"
    DocBin(docs=docs, store_user_data=True).to_disk(tmp_path / "gold.spacy")
    return tmp_path / "gold.spacy"


def test_a_corpus_is_predicted_from_its_texts(nlp, corpus):
    docs = predict_corpus(nlp, read(corpus, nlp), None)
    assert [doc.id for doc in docs] == ["0", "a:1", "2", "3", "4"]
    assert [doc.text.rstrip() for doc in docs] == [text for text, _ in SENTENCES]
    assert docs[0].gold
    for doc in docs:  # the pipeline knows these by heart
        assert tuple(m[:3] for m in doc.predicted) == tuple(m[:3] for m in doc.gold)
        assert all(0.5 < m.score <= 1.0 for m in doc.predicted)


def test_the_tokens_of_the_gold_docs_are_not_given_to_the_pipeline(nlp, tmp_path):
    gold = Doc(nlp.vocab, words=["the", "B", "RX-7 gene"], spaces=[True, False, False])
    gold.spans["sc"] = spans(gold, (1, 3, "DNA"))
    DocBin(docs=[gold]).to_disk(tmp_path / "gold.spacy")
    (eg,) = predict_examples(nlp, read(tmp_path / "gold.spacy", nlp), "sc")
    assert [token.text for token in eg.predicted] == ["the", "BRX-7", "gene"]
    assert [token.text for token in eg.reference] == ["the", "B", "RX-7 gene"]


def test_any_pipe_that_writes_spans_can_be_evaluated(corpus):
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("span_ruler", config={"spans_key": "sc"})
    ruler.add_patterns([{"label": "protein", "pattern": "ZED"}])
    docs = predict_corpus(nlp, read(corpus, nlp))
    assert docs[4].predicted == (Mention(0, 3, "protein"),)


def test_a_document_with_unknown_spaces_keeps_its_words(nlp, tmp_path):
    gold = Doc(nlp.vocab, words=["BRX-7", "gene"])
    gold.spans["sc"] = spans(gold, (0, 1, "protein"))
    gold.has_unknown_spaces = True
    DocBin(docs=[gold]).to_disk(tmp_path / "gold.spacy")
    (doc,) = predict_corpus(nlp, read(tmp_path / "gold.spacy", nlp), "sc")
    assert doc.gold == (Mention(0, 5, "protein"),)


def test_a_key_that_no_pipe_writes_is_an_error(nlp, tmp_path):
    docs = [eg.reference for eg in make_examples(nlp.vocab, spans_key="gold")]
    DocBin(docs=docs).to_disk(tmp_path / "gold.spacy")
    with pytest.raises(UserError, match=r"writes to doc\.spans\['gold'\]; .* are 'sc'"):
        predict_corpus(nlp, read(tmp_path / "gold.spacy", nlp), "gold")


def test_a_key_without_gold_mentions_is_an_error(nlp, corpus):
    with pytest.raises(UserError, match=r"'x'.* 'sc'"):
        predict_corpus(nlp, read(corpus, nlp), "x")


def test_the_key_is_required_if_the_pipes_name_two_or_none():
    nlp = spacy.blank("en")
    with pytest.raises(UserError, match=r"\(empty\) .* none: .* spans_key"):
        find_spans_key(nlp)
    nlp.add_pipe("span_ruler", config={"spans_key": "a"})
    assert find_spans_key(nlp) == "a"
    nlp.add_pipe("span_ruler", name="other", config={"spans_key": "b"})
    with pytest.raises(UserError, match=r"'a', 'b': .* spans_key"):
        find_spans_key(nlp)
