"""Counts and scores of every slice against slow counting, one mention at a time."""

import pytest

from spacy_nested_ner.evaluation.bootstrap import find_units
from spacy_nested_ner.evaluation.documents import EvaluatedDoc, Mention
from spacy_nested_ner.evaluation.evaluate import evaluate_docs
from spacy_nested_ner.evaluation.slices import count_slices, divide_labels, find_labels
from tests.evaluation.random_docs import random_docs

SLICES = {
    "structure": ["flat", "nested", "inner", "outer", "same_label", "crossing", "same_span"],
    "depth": ["1", "2", "3", "4+"],
    "width": ["1", "2", "3", "4", "5-6", "7-9", "10+"],
    "frequency": ["head", "mid", "tail"],
}


def span(m):
    return m.start, m.end


def is_inside(m, other):
    return other.start <= m.start and m.end <= other.end and span(m) != span(other)


def is_crossing(m, other):
    return (
        m.start < other.start < m.end < other.end or other.start < m.start < other.end < m.end
    )


def depth(m, side):
    return 1 + max((depth(other, side) for other in side if is_inside(m, other)), default=0)


def structure(m, side):
    inner = any(is_inside(m, other) for other in side)
    outer = any(is_inside(other, m) for other in side)
    return {
        "flat": not inner and not outer,
        "nested": inner or outer,
        "inner": inner,
        "outer": outer,
        "same_label": any(
            (is_inside(m, o) or is_inside(o, m)) and o.label == m.label for o in side
        ),
        "crossing": any(is_crossing(m, other) for other in side),
        "same_span": sum(span(other) == span(m) for other in side) > 1,
    }


def width(m, doc):
    tokens = zip(doc.token_starts, doc.token_ends)
    return max(1, sum(start < m.end and m.start < end for start, end in tokens))


def belongs(m, side, doc, facet, name, thirds):
    if facet == "label":
        return m.label == name
    if facet == "structure":
        return structure(m, side)[name]
    if facet == "depth":
        return depth(m, side) >= 4 if name == "4+" else depth(m, side) == int(name)
    if facet == "width":
        first, _, last = name.rstrip("+").partition("-")
        limit = 10**6 if name.endswith("+") else int(last or first)
        return int(first) <= width(m, doc) <= limit
    return thirds[m.label] == name


def count_by_hand(docs, facet, name, thirds):
    gold = found = predicted = right = 0
    for doc in docs:
        for m in doc.gold:
            if belongs(m, doc.gold, doc, facet, name, thirds):
                gold += 1
                found += m in doc.predicted
        for m in doc.predicted:
            if belongs(m, doc.predicted, doc, facet, name, thirds):
                predicted += 1
                right += m in doc.gold
    return gold, found, predicted, right


def numbers(scores):
    return tuple(scores[key] for key in ("gold", "found", "predicted", "right"))


@pytest.fixture(scope="module")
def docs():
    return random_docs(150)


@pytest.fixture(scope="module")
def scores(docs):
    return evaluate_docs(docs, n_resamples=0)["scores"]


@pytest.mark.parametrize("facet", ["label", *SLICES])
def test_slices_equal_counting_by_hand(docs, scores, facet):
    gold_labels = [m.label for doc in docs for m in doc.gold]
    counts = {label: gold_labels.count(label) for label in set(gold_labels)}
    names = SLICES.get(facet) or find_labels(docs)
    assert list(scores[facet]) == names
    by_hand = {name: count_by_hand(docs, facet, name, divide_labels(counts)) for name in names}
    assert {name: numbers(scores[facet][name]) for name in names} == by_hand
    # numbers that cannot stand for each other; what is found is right where both sides agree
    # on the slice of a mention
    n_distinct = 4 if facet in ("structure", "depth") else 3
    assert sum(len({*counts}) >= n_distinct for counts in by_hand.values()) >= len(names) / 2


def test_boundaries_are_sets_of_spans(docs, scores):
    gold = predicted = both = 0
    for doc in docs:
        one, other = {span(m) for m in doc.gold}, {span(m) for m in doc.predicted}
        gold, predicted, both = gold + len(one), predicted + len(other), both + len(one & other)
    assert numbers(scores["all"]["boundary"]) == (gold, both, predicted, both)
    assert gold < scores["all"]["micro"]["gold"]


@pytest.mark.parametrize("facet", ["label", "depth", "width", "frequency"])
def test_every_mention_is_in_one_slice_of_a_facet(scores, facet):
    summed = [sum(column) for column in zip(*map(numbers, scores[facet].values()))]
    assert summed == list(numbers(scores["all"]["micro"]))


def test_precision_is_of_predicted_slices_recall_of_gold_slices():
    # gold: one in another; predicted: the inner one alone, flat, and right
    doc = EvaluatedDoc(
        "d",
        "aa bb cc",
        [0, 3, 6],
        [2, 5, 8],
        gold=(Mention(0, 8, "DNA"), Mention(3, 5, "DNA")),
        predicted=(Mention(3, 5, "DNA"),),
    )
    structure = evaluate_docs([doc], n_resamples=0)["scores"]["structure"]
    assert numbers(structure["inner"]) == (1, 1, 0, 0)
    assert numbers(structure["flat"]) == (0, 0, 1, 1)
    assert structure["inner"]["r"]["value"] == 1.0
    assert structure["inner"]["p"]["value"] is None
    assert structure["inner"]["f"]["value"] == 0.0
    assert structure["flat"]["f"]["value"] is None


def test_counts_fall_into_the_rows_of_their_documents():
    docs = random_docs(40, documents=5)
    units = find_units(docs)
    labels = find_labels(docs)
    counted = count_slices(
        docs, units.rows, labels=labels, frequency=dict.fromkeys(labels, "mid")
    )
    micro = counted.counts[:, counted.names.index(("all", "micro"))]
    for unit in range(units.size):
        of_unit = [doc for doc, row in zip(docs, units.rows) if row == unit]
        assert micro[unit, 0] == sum(len(doc.gold) for doc in of_unit)
        assert micro[unit, 2] == sum(len(doc.predicted) for doc in of_unit)


@pytest.mark.parametrize(
    ("counts", "thirds"),
    [
        # the 40 of 90 begin in the first third, the 30 at 40, the 20 at 70
        ({"a": 40, "b": 30, "c": 20}, {"a": "head", "b": "mid", "c": "tail"}),
        ({"c": 20, "a": 40, "b": 30}, {"a": "head", "b": "mid", "c": "tail"}),
        # a label with as many mentions stands where the other does
        ({"a": 5, "b": 5, "c": 1}, {"a": "head", "b": "head", "c": "tail"}),
        # 3 of 9 are the whole first third
        ({"a": 3, "b": 2, "c": 2, "d": 2}, {"a": "head", "b": "mid", "c": "mid", "d": "mid"}),
        ({"a": 7, "never": 0}, {"a": "head", "never": "tail"}),
    ],
)
def test_labels_are_divided_by_thirds_of_all_mentions(counts, thirds):
    assert divide_labels(counts) == thirds


def test_labels_are_divided_by_their_counts_in_training_if_given():
    docs = random_docs(30)
    train_counts = {"RNA": 50, "virus": 30, "cell": 25}
    found = evaluate_docs(docs, n_resamples=0, train_counts=train_counts)["frequency"]
    assert (found["head"], found["mid"]) == (["RNA"], ["virus"])
    assert found["tail"] == ["cell", "DNA", "protein"]
    assert (found["counted_in"], found["counts"]) == ("training", train_counts)
