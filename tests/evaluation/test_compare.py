from dataclasses import replace

import numpy
import pytest

from spacy_nested_ner.evaluation.bootstrap import resample
from spacy_nested_ner.evaluation.compare import compare_docs, find_changes
from spacy_nested_ner.evaluation.documents import EvaluatedDoc, Mention
from spacy_nested_ner.evaluation.evaluate import evaluate_docs
from tests.evaluation.random_docs import random_docs


def with_predictions(docs, predicted):
    return [replace(doc, predicted=p) for doc, p in zip(docs, predicted)]


def worsen(docs):
    """Lose the first mention of every third document."""
    return with_predictions(docs, [doc.predicted[i % 3 == 0 :] for i, doc in enumerate(docs)])


def test_a_pipeline_is_no_better_than_itself():
    docs = random_docs(30)
    found = compare_docs(docs, docs, n_resamples=50)
    micro = found["scores"]["all"]["micro"]["f"]
    assert micro["a"] == micro["b"] > 0
    assert (micro["difference"], micro["low"], micro["high"]) == (0.0, 0.0, 0.0)
    assert micro["not_better"] == 1.0
    assert found["documents"] == []


def test_differences_equal_scoring_both_on_every_sample():
    a = random_docs(25)
    b = worsen(a)
    found = compare_docs(a, b, n_resamples=60, seed=5)
    drawn = resample(numpy.eye(25), n_resamples=60, seed=5).astype(int).tolist()
    scores = [
        [
            evaluate_docs([doc for doc, n in zip(docs, times) for _ in range(n)], n_resamples=0)
            for docs in (a, b)
        ]
        for times in drawn
    ]
    differences = {
        "micro": [
            y["scores"]["all"]["micro"]["f"]["value"]
            - x["scores"]["all"]["micro"]["f"]["value"]
            for x, y in scores
        ],
        "precision": [
            y["scores"]["all"]["micro"]["p"]["value"]
            - x["scores"]["all"]["micro"]["p"]["value"]
            for x, y in scores
        ],
        "macro": [y["macro"]["f"]["value"] - x["macro"]["f"]["value"] for x, y in scores],
    }
    of_micro = found["scores"]["all"]["micro"]
    ours = {"micro": of_micro["f"], "precision": of_micro["p"], "macro": found["macro"]["f"]}
    for name, by_hand in differences.items():
        ends = numpy.percentile(by_hand, [2.5, 97.5])
        assert (ours[name]["low"], ours[name]["high"]) == pytest.approx(tuple(ends))
        share = sum(difference <= 0 for difference in by_hand) / len(by_hand)
        assert ours[name]["not_better"] == pytest.approx(share)
    assert 0 < ours["precision"]["not_better"] < 1
    whole = [evaluate_docs(docs, n_resamples=0)["macro"]["f"]["value"] for docs in (a, b)]
    assert (ours["macro"]["a"], ours["macro"]["b"]) == pytest.approx(tuple(whole))
    assert ours["macro"]["difference"] == pytest.approx(whole[1] - whole[0])


def test_what_is_difficult_in_a_document_is_no_difference():
    # A finds nothing in some documents and much in others, B one mention more in each
    mentions = tuple(Mention(2 * i, 2 * i + 1, "DNA") for i in range(10))
    a = [
        EvaluatedDoc("d", "x " * 10, [], [], mentions, mentions[: 8 if i % 3 else 0])
        for i in range(30)
    ]
    b = with_predictions(a, [mentions[: len(doc.predicted) + 1] for doc in a])
    recall = compare_docs(a, b, n_resamples=200)["scores"]["all"]["micro"]["r"]
    assert (recall["low"], recall["high"]) == pytest.approx((0.1, 0.1))
    assert recall["not_better"] == 0.0
    alone = evaluate_docs(a, n_resamples=200)["scores"]["all"]["micro"]["r"]
    assert alone["high"] - alone["low"] > 0.2


def test_a_label_that_only_one_predicts_has_a_slice():
    docs = random_docs(10, labels=["DNA"])
    others = with_predictions(docs, [(Mention(0, 1, "new"),) for _ in docs])
    of_label = compare_docs(docs, others, n_resamples=20)["scores"]["label"]
    assert list(of_label) == ["DNA", "new"]
    assert of_label["new"]["f"]["difference"] is None
    assert of_label["new"]["f"]["low"] is None
    assert of_label["new"]["p"]["b"] == 0.0


def test_changed_documents_list_their_changes_the_worst_first():
    gold = [(Mention(0, 2, "DNA"), Mention(3, 5, "RNA"))] * 4
    one = [(gold[0][0], Mention(0, 5, "DNA")), (), gold[0], gold[0]]
    other = [(gold[0][1],), gold[0], (Mention(0, 1, "DNA"),), gold[0]]
    docs = [
        EvaluatedDoc(f"d{i}", "aa bb", [0, 3], [2, 5], mentions, (), number=i + 4)
        for i, mentions in enumerate(gold)
    ]
    worse, middle, better = find_changes(
        with_predictions(docs, one), with_predictions(docs, other)
    )
    assert (worse["id"], worse["number"], worse["change"]) == ("d2", 6, -3)
    assert worse["lost"] == [(0, 2, "DNA"), (3, 5, "RNA")]
    assert worse["added"] == [(0, 1, "DNA")]
    assert (middle["id"], middle["change"]) == ("d0", 1)
    assert (middle["found"], middle["lost"]) == ([(3, 5, "RNA")], [(0, 2, "DNA")])
    assert (middle["removed"], middle["added"]) == ([(0, 5, "DNA")], [])
    assert (better["id"], better["change"]) == ("d1", 2)


def test_another_score_of_a_mention_is_no_change():
    docs = random_docs(5)
    scored = [tuple(Mention(*m[:3], 0.75) for m in doc.predicted) for doc in docs]
    assert find_changes(docs, with_predictions(docs, scored)) == []


def test_labels_are_divided_by_the_frequencies_that_were_given():
    docs = random_docs(20)
    counts = {"RNA": 50, "virus": 30, "cell": 25}
    scores = compare_docs(docs, worsen(docs), n_resamples=0, train_counts=counts)["scores"]
    assert scores["frequency"]["head"] == scores["label"]["RNA"]
