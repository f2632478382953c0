"""What the page says of logits is what counts of them say."""

import numpy
import pytest

from spacy_nested_ner.calibration.count_logits import LogitCounter
from spacy_nested_ner.calibration.reliability import precision_recall, reliability
from spacy_nested_ner.reporting.logits import calibrate_from_logits
from tests.pipelines import make_examples, make_nlp, train


@pytest.fixture(scope="module")
def counted():
    nlp = make_nlp(threshold=0.05)
    examples = make_examples(nlp.vocab)
    train(nlp, examples, updates=2)
    pipe = nlp.get_pipe("nested_spancat")
    counter = LogitCounter(pipe, [eg.reference for eg in examples])
    with counter.counting():
        pipe.predict([eg.predicted for eg in examples])
    return pipe, examples, counter.result()


def test_labels_come_the_most_frequent_first_with_their_own_numbers(counted):
    _, examples, counts = counted
    calibration = calibrate_from_logits(counts)
    names = [one.curve.name for one in calibration.by_label]
    n_gold = dict.fromkeys(counts.labels, 0)
    for eg in examples:
        for span in eg.reference.spans["sc"]:
            n_gold[span.label_] += 1
    assert names == sorted(n_gold, key=lambda label: (-n_gold[label], label))
    assert names != list(counts.labels)
    for one in (calibration.overall, *calibration.by_label):
        label = None if one is calibration.overall else one.curve.name
        found = reliability(counts, label=label)
        assert one.curve.x == pytest.approx(found.probability.tolist())
        assert one.curve.y == pytest.approx(found.gold_share.tolist())
        assert one.curve.size == found.size.tolist()
        assert one.error == pytest.approx(found.error)


def test_the_dot_is_what_the_threshold_finds_and_lies_on_the_curve(counted):
    pipe, examples, counts = counted
    for eg in examples:
        pipe(eg.predicted)
    curves = precision_recall(counts)
    differ = []
    for curve in calibrate_from_logits(counts).precision_recall:
        gold, found = (
            {
                (i, span.start, span.end)
                for i, doc in enumerate(docs)
                for span in doc.spans["sc"]
                if span.label_ == curve.name
            }
            for docs in ([eg.reference for eg in examples], [eg.predicted for eg in examples])
        )
        recall, precision = len(gold & found) / len(gold), len(gold & found) / len(found)
        differ.append(abs(recall - precision))
        assert curve.mark == pytest.approx((recall, precision))
        assert curve.x == pytest.approx(curves[curve.name].recall.tolist())
        distance = numpy.hypot(numpy.array(curve.x) - recall, numpy.array(curve.y) - precision)
        assert distance.min() < 0.1
    assert max(differ) > 0.2
