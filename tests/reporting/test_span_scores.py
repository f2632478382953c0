import random

import pytest

from spacy_nested_ner.reporting.span_scores import calibrate_from_scores
from tests.reporting.pages import DOCS, make_doc


def make_random_docs():
    generator = random.Random(3)
    docs = []
    for number in range(40):
        text = " ".join(f"w{i}" for i in range(12))
        gold = {
            (i, i + 1, generator.choice("ab")) for i in range(12) if generator.random() < 0.5
        }
        found = {
            (i, i + 1, generator.choice("abc")): generator.choice([0.1, 0.2, 0.55, 0.6, 1.0])
            for i in range(12)
        }
        docs.append(
            make_doc(text, list(gold), [(*s, p) for s, p in found.items()], str(number))
        )
    return docs


def test_reliability_is_that_of_a_slow_count_in_ten_bins():
    docs = make_random_docs()
    bins = {}
    for doc in docs:
        gold = {mention[:3] for mention in doc.gold}
        for mention in doc.predicted:
            # the bins are (0, .1], (.1, .2] and so on
            number = next(i for i in range(10) if round(mention.score * 10, 6) <= i + 1)
            bins.setdefault(number, []).append((mention.score, mention[:3] in gold))
    overall = calibrate_from_scores(docs).overall
    total = sum(map(len, bins.values()))
    error = 0.0
    for i, number in enumerate(sorted(bins)):
        scores, right = zip(*bins[number])
        mean, share = sum(scores) / len(scores), sum(right) / len(right)
        assert overall.curve.size[i] == len(scores)
        assert overall.curve.x[i] == pytest.approx(mean)
        assert overall.curve.y[i] == pytest.approx(share)
        error += len(scores) / total * abs(mean - share)
    assert overall.error == pytest.approx(error)


def test_precision_and_recall_are_those_of_each_threshold():
    docs = make_random_docs()
    curves = {curve.name: curve for curve in calibrate_from_scores(docs).precision_recall}
    assert set(curves) == {"a", "b"}  # no c is gold
    for label, curve in curves.items():
        gold = {(doc.id, *m[:3]) for doc in docs for m in doc.gold if m.label == label}
        points = []
        for threshold in (1.0, 0.6, 0.55, 0.2, 0.1):
            found = {
                (doc.id, *m[:3])
                for doc in docs
                for m in doc.predicted
                if m.label == label and m.score >= threshold
            }
            points.append((len(found & gold) / len(gold), len(found & gold) / len(found)))
        recall, precision = zip(*points)
        assert curve.x == pytest.approx(recall)
        assert curve.y == pytest.approx(precision)
        assert curve.mark == pytest.approx(points[-1])


def test_the_most_frequent_label_comes_first():
    assert [one.curve.name for one in calibrate_from_scores(DOCS).by_label] == [
        *("part", "fault", "action")
    ]


def test_without_probabilities_there_is_nothing_to_calibrate():
    docs = [make_doc("pump leaks", [(0, 1, "part")], [(0, 1, "part")])]
    assert calibrate_from_scores(docs) is None
