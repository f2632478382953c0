"""Arguments of the public functions: the kinds of a corpus, and the ranges of numbers."""

import pytest
import spacy
from spacy.tokens import DocBin

from spacy_nested_ner import calibrate, compare, evaluate, export, report, suggest, visualize
from spacy_nested_ner.user_error import UserError, check_range
from tests.pipelines import make_examples, make_nlp, train


@pytest.fixture(scope="module")
def nlp():
    nlp = make_nlp()
    train(nlp, make_examples(nlp.vocab), updates=12)
    return nlp


@pytest.fixture
def gold():
    return [eg.reference for eg in make_examples(spacy.blank("en").vocab)]


def test_a_docbin_is_a_corpus_like_its_docs(nlp, gold):
    bins = DocBin(docs=gold, store_user_data=True)
    results = [evaluate(nlp, corpus, n_resamples=0).to_dict() for corpus in (bins, gold)]
    assert results[0]["scores"] == results[1]["scores"]
    assert results[0]["scores"]


@pytest.mark.parametrize(
    ("call", "numbers"),
    [
        (evaluate, {"n_resamples": -1}),
        (evaluate, {"seed": -1}),
        (compare, {"n_documents": -1}),
        (report, {"n_documents": -1}),
        (calibrate, {"min_precision": 1.5}),
        (calibrate, {"min_gold": 0}),
        (calibrate, {"standard_errors": -0.5}),
        (calibrate, {"folds": 0}),
    ],
)
def test_a_number_out_of_its_range_is_named_and_nothing_is_written(
    nlp, gold, tmp_path, call, numbers
):
    ((name, value),) = numbers.items()
    out = {compare: [nlp, gold], report: [gold, tmp_path / "page.html"]}
    out |= {calibrate: [gold, tmp_path / "out"], evaluate: [gold]}
    with pytest.raises(UserError, match=f"{name}.* is {value}: give "):
        call(nlp, *out[call], **numbers)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "call",
    [
        lambda nlp, texts, out: export(nlp, out, format="jsonl", texts=texts),
        lambda nlp, texts, out: suggest(nlp, texts, out, format="jsonl"),
        lambda nlp, texts, out: visualize(nlp, texts, output=out),
        lambda nlp, texts, out: visualize(nlp, iter(texts), output=out),
    ],
)
def test_half_of_a_surrogate_pair_in_a_text_is_one_sentence(nlp, tmp_path, call):
    with pytest.raises(UserError, match=r"^Text 1 \(from 0\) has half of a surrogate pair"):
        call(nlp, ["a pump", "a \ud800 pump"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_range_includes_its_ends_and_excludes_all_else(value):
    check_range("share", 0.0, at_least=0, at_most=1)
    check_range("share", 1.0, at_least=0, at_most=1)
    with pytest.raises(UserError, match="share"):
        check_range("share", value, at_least=0, at_most=1)
