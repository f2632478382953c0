"""Matching and scores equal a slow reference that compares mentions one by one."""

import math
from itertools import product
from random import Random

import numpy
import pytest

from spacy_nested_ner.scoring.matching import (
    FOUND,
    GOLD,
    PREDICTED,
    RIGHT,
    macro_f,
    match,
    match_boundaries,
    score,
    value_or_none,
)

LABELS = ["DNA", "RNA", "cell", "protein"]


def random_side(rng, n):
    """Up to n distinct spans of a few characters, so that the two sides often agree."""
    spans = set()
    for _ in range(n):
        start = rng.randrange(0, 5)
        spans.add(
            (start, start + rng.randrange(1, 4), rng.choice(LABELS[: rng.randrange(1, 5)]))
        )
    return list(spans)


def random_docs(seed, n_docs=40):
    """More predicted than gold spans, some sides and some documents empty."""
    rng = Random(seed)
    docs = []
    for _ in range(n_docs):
        docs.append(
            (random_side(rng, rng.choice([0, 1, 4])), random_side(rng, rng.choice([0, 6])))
        )
    return docs


DOCS = random_docs(0)


def slow_counts(docs, keep_gold=lambda *_: True, keep_predicted=lambda *_: True):
    """Four counts; a side is filtered by (number of the document, span)."""
    n = [0] * 4
    for number, (gold, predicted) in enumerate(docs):
        for span in gold:
            if keep_gold(number, span):
                n[0] += 1
                n[1] += any(span == other for other in predicted)
        for span in predicted:
            if keep_predicted(number, span):
                n[2] += 1
                n[3] += any(span == other for other in gold)
    return n


def slow_f(gold, found, predicted, right):
    if gold == 0:
        return math.nan
    if right == 0 or found == 0:
        return 0.0
    p, r = right / predicted, found / gold
    return 2 * p * r / (p + r)


def test_the_four_counts_have_different_values_here():
    """Else a test below could not tell two of them apart."""
    gold, found, predicted, right = slow_counts(DOCS)
    assert 0 < found == right < gold < predicted
    both = [(i, span) for i, (gold, _) in enumerate(DOCS) for span in gold]
    assert len({span for _, span in both}) < len(both), "one span in several documents"
    assert any(not gold and predicted for gold, predicted in DOCS)
    assert any(gold and not predicted for gold, predicted in DOCS)
    assert any(not gold and not predicted for gold, predicted in DOCS)


def test_the_last_axis_is_gold_found_predicted_right():
    docs = [([(0, 1, "a"), (1, 2, "a"), (2, 3, "a")], [(0, 1, "a"), (5, 6, "a")])]
    total = match(docs).total()
    assert (total[GOLD], total[FOUND], total[PREDICTED], total[RIGHT]) == (3, 1, 2, 1)
    assert total.tolist() == [3, 1, 2, 1]


@pytest.mark.parametrize("seed", range(5))
def test_totals_are_those_of_the_reference(seed):
    docs = random_docs(seed)
    assert match(docs).total().tolist() == slow_counts(docs)


@pytest.mark.parametrize("seed", range(5))
def test_counts_of_each_label_are_those_of_the_reference(seed):
    docs = random_docs(seed)
    matched = match(docs)
    assert matched.labels == sorted({s[2] for pair in docs for side in pair for s in side})
    for label, counts in zip(matched.labels, matched.by_label().tolist()):
        of_label = lambda _, span, label=label: span[2] == label  # noqa: E731
        assert counts == slow_counts(docs, of_label, of_label)


def test_mentions_keep_their_order_and_know_their_document():
    matched = match(DOCS)
    for side, mentions in enumerate((matched.gold, matched.predicted)):
        expected = [(i, span) for i, pair in enumerate(DOCS) for span in pair[side]]
        assert mentions.doc.tolist() == [i for i, _ in expected]
        assert [matched.labels[i] for i in mentions.label] == [span[2] for _, span in expected]
        widths = (mentions.end - mentions.start).tolist()
        assert widths == [span[1] - span[0] for _, span in expected]
    for flags, mentions, other in (
        (matched.found, matched.gold, 1),
        (matched.right, matched.predicted, 0),
    ):
        sides = [span for pair in DOCS for span in pair[1 - other]]
        expected = [span in DOCS[i][other] for i, span in zip(mentions.doc, sides)]
        assert flags.tolist() == expected


def test_documents_do_not_share_a_character_in_the_row_and_keep_distances():
    """`nesting` compares starts and ends of all documents at once."""
    matched = match(DOCS)
    reach = 0
    for number, pair in enumerate(DOCS):
        places = []
        for side, mentions in enumerate((matched.gold, matched.predicted)):
            mine = mentions.doc == number
            columns = mentions.start[mine].tolist(), mentions.end[mine].tolist()
            places += [(span, *place) for span, *place in zip(pair[side], *columns)]
        shifts = {
            place - at for span, start, end in places for place, at in zip((start, end), span)
        }
        assert len(shifts) <= 1
        assert all(start >= reach for _, start, _ in places)
        reach = max([reach, *(end for *_, end in places)])


def test_the_same_span_in_another_document_is_no_match():
    docs = [([(0, 2, "a")], []), ([], [(0, 2, "a")])]
    assert match(docs).total().tolist() == [1, 0, 1, 0]


def test_start_end_and_label_have_to_be_the_same():
    for other in ((1, 4, "a"), (0, 3, "a"), (0, 4, "b")):
        assert match([([(0, 4, "a")], [other])]).total().tolist() == [1, 0, 1, 0]
    assert match([([(0, 4, "a")], [(0, 4, "a")])]).total().tolist() == [1, 1, 1, 1]


def test_boundaries_are_compared_without_labels_each_once():
    gold = [(0, 4, "a"), (0, 4, "b"), (5, 6, "a")]
    predicted = [(0, 4, "c"), (5, 7, "a"), (5, 7, "b"), (8, 9, "a")]
    matched = match_boundaries([(gold, predicted)])
    assert matched.labels == [""]
    assert matched.total().tolist() == [2, 1, 3, 1]
    without = [
        tuple([(*place, "") for place in {s[:2] for s in side}] for side in p) for p in DOCS
    ]
    assert match_boundaries(DOCS).total().tolist() == slow_counts(without)
    assert match_boundaries(DOCS).total().tolist() != slow_counts(DOCS)


def test_masks_choose_gold_and_predicted_mentions_apart():
    matched = match(DOCS)
    wide = (matched.gold.end - matched.gold.start) > 1
    early = matched.predicted.doc < 15
    expected = slow_counts(DOCS, lambda _, s: s[1] - s[0] > 1, lambda i, _: i < 15)
    assert matched.where(wide, early).tolist() == expected
    assert len(set(expected)) == 4
    nothing = numpy.zeros_like
    assert matched.where(nothing(wide), nothing(early)).tolist() == [0] * 4
    assert matched.where(~nothing(wide), ~nothing(early)).tolist() == slow_counts(DOCS)


def test_counts_of_rows_and_slices_leave_out_what_is_in_no_slice():
    """Rows of unequal size, the last slice of them empty, -1 for no slice."""
    rng = Random(1)
    matched = match(DOCS)
    rows = numpy.array([min(rng.randrange(4), 2) for _ in DOCS])
    gold = numpy.array([rng.randrange(-1, 3) for _ in matched.found])
    predicted = numpy.array([rng.randrange(-1, 3) for _ in matched.right])
    counts = matched.count(gold, predicted, 4, rows, 5)
    assert counts.shape == (5, 4, 4)
    places = [
        dict(zip(((i, span) for i, pair in enumerate(DOCS) for span in pair[side]), index))
        for side, index in ((0, gold.tolist()), (1, predicted.tolist()))
    ]
    for row, number in product(range(5), range(4)):
        chosen = [
            lambda i, span, place=place, at=(row, number): (rows[i], place[i, span]) == at
            for place in places
        ]
        assert counts[row, number].tolist() == slow_counts(DOCS, *chosen)
    assert counts[3:].sum() == counts[:, 3].sum() == 0
    assert (gold == -1).any()


@pytest.mark.parametrize("docs", [[], [([], [])], [([], []), ([], [])]])
def test_documents_without_a_mention_count_nothing(docs):
    matched = match(docs)
    assert matched.n_docs == len(docs)
    assert matched.labels == []
    assert matched.total().tolist() == [0] * 4
    assert matched.by_label().shape == (0, 4)


def test_a_side_may_be_empty():
    assert match([([(0, 1, "a")], [])]).total().tolist() == [1, 0, 0, 0]
    assert match([([], [(0, 1, "a")])]).total().tolist() == [0, 0, 1, 0]


def test_precision_and_recall_divide_by_their_own_side():
    scores = score(numpy.array([8, 2, 5, 3]))
    assert scores.precision == pytest.approx(3 / 5)
    assert scores.recall == pytest.approx(2 / 8)
    assert scores.f == pytest.approx(2 * 0.6 * 0.25 / 0.85)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        # nothing on either side
        ([0, 0, 0, 0], (math.nan, math.nan, math.nan)),
        # nothing to find, something predicted
        ([0, 0, 3, 0], (0.0, math.nan, math.nan)),
        # something to find, nothing predicted
        ([3, 0, 0, 0], (math.nan, 0.0, 0.0)),
        # all of it wrong
        ([3, 0, 2, 0], (0.0, 0.0, 0.0)),
        ([3, 3, 3, 3], (1.0, 1.0, 1.0)),
        ([3, 1, 1, 1], (1.0, 1 / 3, 0.5)),
    ],
)
def test_scores_without_a_divisor_are_nan_and_f_is_zero_where_gold_was_missed(counts, expected):
    found = score(numpy.array(counts))
    assert [float(x) for x in found] == pytest.approx(list(expected), nan_ok=True)


def test_scores_have_the_shape_of_their_counts():
    counts = numpy.array([[[3, 1, 2, 1], [0, 0, 0, 0]], [[4, 4, 4, 4], [1, 0, 5, 0]]])
    for number, values in enumerate(score(counts)):
        assert values.shape == (2, 2)
        for place in product(range(2), range(2)):
            alone = score(counts[place])[number]
            assert float(values[place]) == pytest.approx(float(alone), nan_ok=True)


def test_macro_f_is_the_mean_over_the_labels_that_have_gold_mentions():
    tables = [match(random_docs(seed)).by_label() for seed in range(3)]
    for table in tables:
        fs = [slow_f(*row) for row in table.tolist()]
        assert macro_f(table) == pytest.approx(sum(fs) / len(fs))
    without_gold = [[0, 0, 7, 0], [0, 0, 0, 0]]
    table = numpy.array([[4, 2, 3, 2], [5, 0, 0, 0], *without_gold])
    assert macro_f(table) == pytest.approx((2 * (2 / 3) * 0.5 / (2 / 3 + 0.5) + 0) / 2)
    assert math.isnan(macro_f(numpy.array(without_gold)))
    # of each of several tables, none mixed with another
    stack = numpy.array([table.tolist(), [*without_gold, [1, 1, 1, 1], [2, 0, 1, 0]]])
    assert macro_f(stack).tolist() == pytest.approx([float(macro_f(t)) for t in stack])


def test_a_number_is_a_float_for_json_and_nan_is_none():
    assert value_or_none(numpy.array(0.25)) == 0.25
    assert type(value_or_none(numpy.float64(0.0))) is float
    assert value_or_none(numpy.array(math.nan)) is None
    assert value_or_none(math.nan) is None


def test_a_span_without_a_character_is_refused():
    with pytest.raises(AssertionError):
        match([([(2, 2, "a")], [])])
