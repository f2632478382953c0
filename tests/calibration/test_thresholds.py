"""Thresholds against a search over all of them."""

from itertools import product
from random import Random

import numpy
import pytest

from spacy_nested_ner.calibration.logit_counts import EDGES
from spacy_nested_ner.calibration.temperatures import Temperatures, fit_temperatures
from spacy_nested_ner.calibration.thresholds import NEVER, choose_thresholds, count_found
from spacy_nested_ner.scoring.matching import macro_f, score
from tests.calibration.counts import make_counts, random_cells

LABELS = ["a", "b", "c"]
EVERY_EDGE = [*EDGES.tolist(), numpy.inf]


def plain_temperatures(n, is_own=None):
    own = numpy.ones(n, dtype=bool) if is_own is None else numpy.array(is_own)
    return Temperatures(numpy.ones(n), own, 1.0)


def slow_counts(cells, label, threshold):
    """Gold, found, predicted and right ones of a label."""
    own = [(S, is_gold) for a, S, is_gold in cells if a == label]
    right = sum(is_gold for S, is_gold in own if S > threshold)
    n_predicted = sum(S > threshold for S, _ in own)
    return [sum(is_gold for _, is_gold in own), right, n_predicted, right]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("is_own", [[True] * 3, [True, False, True], [False, True, False]])
def test_no_choice_of_thresholds_has_a_higher_micro_f(seed, is_own):
    """All of some hundred thousand choices, of thresholds where anything changes; labels
    without a threshold of their own have the pooled one."""
    rng = Random(seed)
    cells = random_cells(rng, 50, LABELS, hardness=2)
    # of which little is found, or wrongly
    cells += random_cells(rng, 20, ["b"], hardness=9)
    counts = make_counts([cells], LABELS, unreachable={"b": [2], "x": [3]})
    chosen = choose_thresholds(
        counts, plain_temperatures(3, is_own), objective="micro", standard_errors=0
    )
    found = score(count_found(counts, chosen.of_labels).sum(0)).f
    per_label = []
    for label, own in zip(LABELS, is_own):
        edges = [-16, *(S for _, S, _ in cells), numpy.inf] if own else [EDGES[chosen.pooled]]
        every = {tuple(slow_counts(cells, label, edge)) for edge in edges}
        per_label.append(numpy.array(sorted(every)))
    missed = numpy.array([5, 0, 0, 0])
    best = max(score(sum(choice) + missed).f for choice in product(*per_label))
    assert found == pytest.approx(best)


def test_counts_at_thresholds_are_those_of_the_spans():
    cells = random_cells(Random(5), 200, LABELS)
    counts = make_counts(
        [cells[:90], cells[90:]], LABELS, unreachable={"b": [1, 1], "x": [0, 4]}
    )
    edges = numpy.array([EVERY_EDGE.index(0.5), EVERY_EDGE.index(-1.25), NEVER])
    expected = [slow_counts(cells, label, EVERY_EDGE[i]) for label, i in zip(LABELS, edges)]
    expected[1][0] += 2
    assert count_found(counts, edges).tolist() == [*expected, [4, 0, 0, 0]]
    assert expected[2][1:] == [0, 0, 0]


def test_each_label_alone_has_no_higher_f_and_a_macro_f_that_is_not_the_micro_one():
    rng = Random(7)
    cells = random_cells(rng, 300, LABELS[:1], hardness=0.5)
    for label in LABELS[1:]:
        cells += random_cells(rng, 500, [label], hardness=6)
    counts = make_counts([cells], LABELS)
    chosen = {
        objective: choose_thresholds(
            counts, plain_temperatures(3), objective=objective, standard_errors=0
        )
        for objective in ("macro", "micro")
    }
    tables = {k: count_found(counts, x.of_labels) for k, x in chosen.items()}
    f = score(tables["macro"]).f
    for i, label in enumerate(LABELS):
        every = [score(numpy.array(slow_counts(cells, label, e))).f for e in EVERY_EDGE]
        assert f[i] == pytest.approx(numpy.nanmax(every))
    assert macro_f(tables["macro"]) > macro_f(tables["micro"])
    assert score(tables["micro"].sum(0)).f > score(tables["macro"].sum(0)).f


@pytest.mark.parametrize("floor", [0.6, 0.8, 0.95])
def test_no_threshold_that_is_precise_enough_has_a_higher_recall(floor):
    cells = random_cells(Random(3), 400, LABELS, hardness=2)
    counts = make_counts([cells], LABELS)
    chosen = choose_thresholds(
        counts, plain_temperatures(3), objective="precision", min_precision=floor
    )
    table = count_found(counts, chosen.of_labels)
    for i, label in enumerate(LABELS):
        _, right, n_predicted, _ = table[i].tolist()
        assert right >= floor * n_predicted
        every = [slow_counts(cells, label, edge) for edge in EVERY_EDGE]
        assert right == max(r for _, r, n, _ in every if r >= floor * n)


def test_a_label_that_is_never_precise_enough_is_not_predicted():
    cells = [("a", 1.0, True), ("a", 2.0, False)] * 30 + [("b", 1.0, True)] * 30
    counts = make_counts([cells], LABELS[:2])
    chosen = choose_thresholds(
        counts, plain_temperatures(2), objective="precision", min_precision=0.6
    )
    assert chosen.of_labels[0] == NEVER
    assert count_found(counts, chosen.of_labels)[:, 2].tolist() == [0, 30]


def test_a_rare_label_has_the_threshold_that_is_best_for_all_labels_as_one():
    cells = random_cells(Random(2), 500, LABELS)
    counts = make_counts([cells], LABELS)
    temperatures = plain_temperatures(3, [True, False, True])
    chosen = choose_thresholds(counts, temperatures, objective="micro", standard_errors=0)
    as_one = make_counts([[("a", S, is_gold) for _, S, is_gold in cells]], ["a"])
    pooled = choose_thresholds(
        as_one, plain_temperatures(1), objective="micro", standard_errors=0
    )
    assert chosen.of_labels[1] == chosen.pooled == pooled.of_labels[0]
    assert len(set(chosen.of_labels.tolist())) == 3
    # the others are the best ones beside it
    best = score(count_found(counts, chosen.of_labels).sum(0)).f
    for i in (0, 2):
        for edge in range(0, NEVER + 1, 3):
            other = chosen.of_labels.copy()
            other[i] = edge
            assert score(count_found(counts, other).sum(0)).f <= best + 1e-12


def test_of_equally_good_thresholds_the_one_nearest_to_the_pooled_one_is_taken():
    """And of pooled ones that nearest to a probability of a half."""
    cells = [("a", 3.0, True), ("a", -4.0, False)] * 20
    cells += [("b", S, S > 1) for S in (3.0, 1.9, 0.6, -4.0)] * 20
    counts = make_counts([cells], LABELS[:2])
    for objective in ("micro", "macro", "precision"):
        chosen = choose_thresholds(
            counts,
            plain_temperatures(2),
            objective=objective,
            min_precision=0.9,
            standard_errors=0,
        )
        # the first edge that leaves out all that is not gold
        pooled = 0.609375
        assert EDGES[[chosen.pooled, *chosen.of_labels]].tolist() == [pooled] * 3


def test_at_one_recall_the_more_precise_threshold_is_taken():
    cells = [("a", 2.0, True)] * 30 + [("a", 0.5, False), ("a", -1.0, False)]
    counts = make_counts([cells], ["a"])
    chosen = choose_thresholds(
        counts, plain_temperatures(1), objective="precision", min_precision=0.6
    )
    assert EDGES[chosen.of_labels].tolist() == [0.5]


def test_a_gain_within_a_standard_error_does_not_move_a_threshold():
    cells = [("a", 2.0, True)] * 100 + [("a", -2.0, False)] * 100

    def choose(n_gold, standard_errors):
        """Some spans below a probability of a half, most of them gold."""
        between = [("a", -0.5, True)] * n_gold + [("a", -0.5, False)] * 6
        counts = make_counts([cells + between], ["a"])
        chosen = choose_thresholds(
            counts, plain_temperatures(1), objective="micro", standard_errors=standard_errors
        )
        return EDGES[chosen.of_labels[0]]

    # each of them adds 2 - f or -f, with f about .96: 9 · 1.04 - 6 · .96 = 3.6 against a
    # standard error of √(9 · 1.08 + 6 · .92) = 3.9
    assert choose(9, 1.0) == 0.0
    assert choose(9, 0.0) < -0.5
    # 20 · 1.04 - 6 · .96 = 15 against √(20 · 1.08 + 6 · .92) = 5.2
    assert choose(20, 1.0) < -0.5
    assert choose(20, 4.0) == 0.0


def test_thresholds_can_be_written_as_probabilities():
    """Also where the temperature is so low that all probabilities are nearly 0 or 1."""
    cells = [("a", S, S > 9) for S in (12.0, 10.0, 8.0, 6.0)] * 20
    counts = make_counts([cells], ["a"])
    temperatures = fit_temperatures(counts, numpy.array([True]))
    low = Temperatures(numpy.array([0.5]), temperatures.is_own, 0.5)
    chosen = choose_thresholds(counts, low, objective="micro", standard_errors=0)
    assert 2 * EDGES[chosen.of_labels[0]] / 0.5 <= 20
