"""Policies against a comparison of every span with every other one."""

import time
from random import Random

import numpy
import pytest

from spacy_nested_ner.decoding.policies import resolve_overlaps
from spacy_nested_ner.decoding.spans import PredictedSpans


def make_found(docs):
    """From (start, end, label, probability) of each document."""
    rows = [
        (i, *span)
        for i, spans in enumerate(docs)
        for span in sorted(spans, key=lambda s: (s[0], -s[1], s[2]))
    ]
    columns = list(zip(*rows)) or [()] * 5
    ints = (numpy.array(column, dtype="i8") for column in columns[:4])
    return PredictedSpans(*ints, numpy.array(columns[4], dtype="f"))


def spans_of(found):
    return list(zip(*(column.tolist() for column in found[:4])))


def slow_choice(docs, overlap, prefer, max_depth):
    """The definition, pair by pair."""

    def overlaps(a, b):
        return a[0] < b[1] and b[0] < a[1]

    def crosses(a, b):
        return a[0] < b[0] < a[1] < b[1] or b[0] < a[0] < b[1] < a[1]

    def contains(outer, inner):
        return outer[0] <= inner[0] and inner[1] <= outer[1] and outer[:2] != inner[:2]

    def depth(span, spans):
        return 1 + max((depth(o, spans) for o in spans if contains(o, span)), default=0)

    conflict = {"all": lambda a, b: False, "nested": crosses, "flat": overlaps}[overlap]
    chosen = []
    for i, spans in enumerate(docs):
        spans = sorted(spans, key=lambda s: (s[0], -s[1], s[2]))
        if prefer == "length":
            best = sorted(spans, key=lambda s: (s[0] - s[1], -s[3]))
        else:
            best = sorted(spans, key=lambda s: -s[3])
        kept = []
        for span in best:
            if not any(conflict(span, other) for other in kept):
                kept.append(span)
        chosen += [
            (i, *s[:3])
            for s in spans
            if s in kept and (max_depth is None or depth(s, kept) <= max_depth)
        ]
    return chosen


def random_spans(rng, n_tokens, n_spans, n_labels, widest=7):
    spans = {}
    for _ in range(n_spans):
        start = rng.randrange(n_tokens)
        end = rng.randint(start + 1, min(n_tokens, start + widest))
        # few values, so that many are equal
        spans[start, end, rng.randrange(n_labels)] = rng.randrange(1, 9) / 8
    return [(*span, p) for span, p in spans.items()]


@pytest.mark.parametrize("overlap", ["all", "nested", "flat"])
@pytest.mark.parametrize("prefer", ["probability", "length"])
@pytest.mark.parametrize("max_depth", [None, 1, 2])
def test_a_policy_chooses_what_a_comparison_of_all_with_all_does(overlap, prefer, max_depth):
    rng = Random(0)
    n_chosen = set()
    for n_tokens in (1, 5, 12, 40):
        for n_spans in (0, 1, 2, 5, 12, 30):
            docs = [random_spans(rng, n_tokens, n, 3) for n in (n_spans, 0, n_spans // 2, 4)]
            found = make_found(docs)
            chosen = resolve_overlaps(
                found, overlap=overlap, prefer=prefer, max_depth=max_depth
            )
            assert spans_of(chosen) == slow_choice(docs, overlap, prefer, max_depth)
            n_chosen.add((len(found.doc), len(chosen.doc)))
    is_all = overlap == "all" and max_depth is None
    assert any(n != m for n, m in n_chosen) != is_all


def test_all_is_what_was_found_itself():
    found = make_found([[(0, 2, 0, 0.9), (1, 3, 0, 0.8)]])
    assert resolve_overlaps(found, overlap="all", prefer="length") is found


def test_two_labels_on_one_span_are_both_nested_and_one_of_them_flat():
    found = make_found([[(0, 2, 0, 0.7), (0, 2, 1, 0.9)]])
    nested = resolve_overlaps(found, overlap="nested", prefer="probability")
    assert spans_of(nested) == [(0, 0, 2, 0), (0, 0, 2, 1)]
    for prefer in ("probability", "length"):
        flat = resolve_overlaps(found, overlap="flat", prefer=prefer)
        assert spans_of(flat) == [(0, 0, 2, 1)]


def test_of_spans_that_cross_the_better_one_stays_and_so_do_those_inside_it():
    spans = [(0, 4, 0, 0.6), (1, 3, 0, 0.5), (3, 6, 0, 0.8), (4, 5, 0, 0.55)]
    found = make_found([spans])
    assert spans_of(resolve_overlaps(found, overlap="nested", prefer="probability")) == [
        (0, 1, 3, 0),
        (0, 3, 6, 0),
        (0, 4, 5, 0),
    ]
    assert spans_of(resolve_overlaps(found, overlap="nested", prefer="length")) == [
        (0, 0, 4, 0),
        (0, 1, 3, 0),
        (0, 4, 5, 0),
    ]


def test_a_chosen_span_is_not_forgotten_for_a_shorter_one_with_the_same_begin_or_end():
    """(0, 5) crosses (2, 6), which (2, 4) came behind."""
    spans = [(2, 6, 0, 0.9), (2, 4, 0, 0.8), (0, 5, 0, 0.7), (0, 3, 0, 0.1)]
    chosen = resolve_overlaps(make_found([spans]), overlap="nested", prefer="probability")
    assert spans_of(chosen) == [(0, 2, 6, 0), (0, 2, 4, 0)]
    mirrored = [(10 - end, 10 - start, label, p) for start, end, label, p in spans]
    chosen = resolve_overlaps(make_found([mirrored]), overlap="nested", prefer="probability")
    assert spans_of(chosen) == [(0, 4, 8, 0), (0, 6, 8, 0)]


def test_of_equally_good_spans_the_first_one_stays():
    found = make_found([[(0, 2, 0, 0.5), (1, 3, 0, 0.5), (2, 4, 0, 0.5)]])
    for prefer in ("probability", "length"):
        chosen = resolve_overlaps(found, overlap="flat", prefer=prefer)
        assert spans_of(chosen) == [(0, 0, 2, 0), (0, 2, 4, 0)]


@pytest.mark.parametrize("overlap", ["nested", "flat"])
def test_a_choice_does_not_depend_on_the_other_documents(overlap):
    rng = Random(1)
    docs = [random_spans(rng, 20, n, 2) for n in (15, 0, 30, 1, 8)]
    together = resolve_overlaps(make_found(docs), overlap=overlap, prefer="probability")
    alone = [
        resolve_overlaps(make_found([spans]), overlap=overlap, prefer="probability")
        for spans in docs
    ]
    expected = [(i, *span[1:]) for i, found in enumerate(alone) for span in spans_of(found)]
    assert spans_of(together) == expected


@pytest.mark.parametrize("overlap", ["nested", "flat"])
def test_time_grows_with_the_spans_and_not_with_their_pairs(overlap):
    """Documents of up to 20,000 tokens, in which every span is in the way of some others."""

    def make(n):
        return make_found([random_spans(Random(0), n, n, 5, widest=12)])

    def seconds(found):
        begin = time.thread_time()  # other processes hardly change it
        resolve_overlaps(found, overlap=overlap, prefer="probability", max_depth=3)
        return time.thread_time() - begin

    few, many = make(5_000), make(20_000)
    # in turns, so that a slow moment of the machine meets both
    times = [(seconds(few), seconds(many)) for _ in range(5)]
    fastest = [min(each) for each in zip(*times)]
    # 16 times as much if it were pairs
    assert fastest[1] < 8 * fastest[0]
