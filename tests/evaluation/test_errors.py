from collections import Counter

import pytest

from spacy_nested_ner.evaluation.documents import EvaluatedDoc, Mention
from spacy_nested_ner.evaluation.error_counts import count_errors
from spacy_nested_ner.evaluation.errors import Judged, judge
from spacy_nested_ner.evaluation.slices import find_labels
from tests.evaluation.random_docs import random_docs

# a token a letter of three characters: "aaa bbb ccc ddd eee fff"
TEXT = " ".join(letter * 3 for letter in "abcdef")
STARTS = [4 * i for i in range(6)]
ENDS = [start + 3 for start in STARTS]


def mention(first, behind, label):
    return Mention(STARTS[first], ENDS[behind - 1], label)


def make_doc(gold, predicted):
    gold, predicted = (
        tuple(sorted((mention(*m) for m in side), key=lambda m: (m.start, -m.end, m.label)))
        for side in (gold, predicted)
    )
    return EvaluatedDoc("d", TEXT, STARTS, ENDS, gold, predicted)


@pytest.mark.parametrize(
    ("gold", "predicted", "kind", "offsets"),
    [
        ((1, 3, "DNA"), (1, 3, "DNA"), "correct", (0, 0)),
        ((1, 3, "DNA"), (1, 3, "RNA"), "type", (0, 0)),
        ((1, 3, "DNA"), (0, 3, "DNA"), "boundary", (-1, 0)),
        ((1, 3, "DNA"), (2, 5, "DNA"), "boundary", (1, 2)),
        ((1, 3, "DNA"), (2, 5, "RNA"), "both", (1, 2)),
        ((0, 6, "DNA"), (3, 4, "RNA"), "both", (3, -2)),
    ],
)
def test_a_pair_is_judged_by_label_and_boundary(gold, predicted, kind, offsets):
    doc = make_doc([gold], [predicted])
    assert judge(doc) == [Judged(kind, mention(*gold), mention(*predicted), *offsets)]


def test_mentions_without_a_counterpart_are_missed_or_spurious():
    doc = make_doc([(0, 1, "DNA")], [(1, 2, "DNA")])
    assert judge(doc) == [
        Judged("missed", mention(0, 1, "DNA"), None, None, None),
        Judged("spurious", None, mention(1, 2, "DNA"), None, None),
    ]


def test_the_right_one_is_paired_before_one_that_overlaps_more():
    # the wide prediction comes first and overlaps the gold mention as a whole
    doc = make_doc([(1, 3, "DNA")], [(0, 6, "DNA"), (1, 3, "DNA")])
    assert [(j.kind, j.predicted) for j in judge(doc)] == [
        ("spurious", mention(0, 6, "DNA")),
        ("correct", mention(1, 3, "DNA")),
    ]


def test_the_same_span_goes_before_the_same_label():
    doc = make_doc([(1, 3, "DNA")], [(1, 3, "RNA"), (1, 4, "DNA")])
    assert [j.kind for j in judge(doc)] == ["spurious", "type"]


def test_the_largest_overlap_goes_first_then_the_smaller_rest():
    doc = make_doc([(0, 3, "DNA")], [(0, 1, "DNA"), (1, 3, "DNA"), (1, 5, "DNA")])
    judged = {j.predicted: j.kind for j in judge(doc)}
    assert judged == {
        mention(1, 5, "DNA"): "spurious",
        mention(1, 3, "DNA"): "boundary",
        mention(0, 1, "DNA"): "spurious",
    }


def test_two_labels_on_one_span_are_two_pairs():
    doc = make_doc([(0, 2, "DNA"), (0, 2, "cell")], [(0, 2, "DNA"), (0, 2, "RNA")])
    assert sorted((j.kind, j.gold.label, j.predicted.label) for j in judge(doc)) == [
        ("correct", "DNA", "DNA"),
        ("type", "cell", "RNA"),
    ]


def test_a_boundary_inside_a_token_counts_as_that_of_the_token():
    doc = EvaluatedDoc(
        "d", TEXT, STARTS, ENDS, (Mention(4, 11, "DNA"),), (Mention(5, 13, "DNA"),)
    )
    assert judge(doc) == [Judged("boundary", doc.gold[0], doc.predicted[0], 0, 1)]


def judge_slowly(doc):
    """The same rules, by trying all pairs again for every pair that is made."""

    def overlap(one, other):
        return min(one.end, other.end) - max(one.start, other.start)

    def stage(one, other):
        if one[:3] == other[:3]:
            return 0, "correct"
        if one[:2] == other[:2]:
            return 1, "type"
        return (2, "boundary") if one.label == other.label else (3, "both")

    gold, predicted, kinds = list(doc.gold), list(doc.predicted), Counter()
    while True:
        pairs = [
            (
                stage(one, other)[0],
                -overlap(one, other),
                max(one.end, other.end) - min(one.start, other.start),
                (one.start, -one.end, one.label),
                (other.start, -other.end, other.label),
                one,
                other,
            )
            for one in gold
            for other in predicted
            if overlap(one, other) > 0
        ]
        if not pairs:
            break
        *_, one, other = min(pairs)
        gold.remove(one)
        predicted.remove(other)
        kinds[stage(one, other)[1], one[:3], other[:3]] += 1
    kinds.update(("missed", one[:3], None) for one in gold)
    kinds.update(("spurious", None, other[:3]) for other in predicted)
    return kinds


def test_judging_equals_trying_all_pairs():
    docs = random_docs(200, seed=1)
    kinds = Counter()
    for doc in docs:
        judged = judge(doc)
        found = Counter(
            (j.kind, j.gold and j.gold[:3], j.predicted and j.predicted[:3]) for j in judged
        )
        assert found == judge_slowly(doc)
        assert [j.gold for j in judged if j.gold] == list(doc.gold)
        kinds.update(j.kind for j in judged)
    assert min(kinds.values()) > 5
    assert len({*kinds.values()}) == len(kinds) == 6


def test_errors_are_counted_by_kind_and_label():
    docs = random_docs(60, seed=1)
    labels = find_labels(docs)
    errors = count_errors(docs, labels)
    judged = [j for doc in docs for j in judge(doc)]
    assert errors["kinds"] == Counter(j.kind for j in judged)
    n_rna_missed = sum(j.kind == "missed" and j.gold.label == "RNA" for j in judged)
    assert errors["by_label"]["RNA"]["missed"] == n_rna_missed > 0
    offsets = {(o["start"], o["end"]): o["count"] for o in errors["boundary"]}
    assert offsets == Counter((j.start_off, j.end_off) for j in judged if j.kind == "boundary")
    counts = [o["count"] for o in errors["boundary"]]
    assert counts == sorted(counts, reverse=True)


def test_the_confusion_matrix_has_every_mention_once():
    docs = random_docs(60, seed=1)
    labels = find_labels(docs)
    confusion = count_errors(docs, labels)["confusion"]
    counts = confusion["counts"]
    for i, label in enumerate(labels):
        assert sum(counts[i]) == sum(m.label == label for doc in docs for m in doc.gold)
        column = sum(row[i] for row in counts)
        assert column == sum(m.label == label for doc in docs for m in doc.predicted)
    kinds = count_errors(docs, labels)["kinds"]
    assert sum(row[-1] for row in counts) == kinds["missed"]
    assert sum(counts[-1]) == kinds["spurious"]
    assert sum(counts[i][i] for i in range(len(labels))) == kinds["correct"] + kinds["boundary"]
    one, other = labels.index("DNA"), labels.index("protein")
    judged = [j for doc in docs for j in judge(doc) if j.gold and j.predicted]
    pairs = Counter((j.gold.label, j.predicted.label) for j in judged)
    assert counts[one][other] == pairs["DNA", "protein"]
    assert counts[other][one] == pairs["protein", "DNA"] != pairs["DNA", "protein"]
