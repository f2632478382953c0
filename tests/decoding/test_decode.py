"""Decoding equals slow references, step by step and as a whole."""

import math

import numpy
import pytest
import spacy
import torch
from spacy.tokens import Doc

from spacy_nested_ner.decoding.decode import decode_spans, spans_above_threshold
from spacy_nested_ner.decoding.policies import resolve_overlaps
from spacy_nested_ner.decoding.spans import PredictedSpans
from spacy_nested_ner.decoding.thresholds import logit_thresholds, probability_to_logit
from spacy_nested_ner.model.grid import SpanGrid
from spacy_nested_ner.model.span_logits import SpanLogits

LENGTHS = [4, 0, 7, 1]
L, W = 3, 4
LABELS = ["a", "b.c", "d"]


def make_scores() -> SpanLogits:
    S = torch.randn(sum(LENGTHS), W, L, generator=torch.Generator().manual_seed(0))
    return SpanLogits.from_dense(SpanGrid(LENGTHS, max_width=W), S)


def thresholds_of(threshold, thresholds={}, temperatures={}, *, logit_scale=1.0):  # noqa: B006
    return logit_thresholds(
        LABELS,
        threshold=threshold,
        thresholds=thresholds,
        temperatures=temperatures,
        logit_scale=logit_scale,
    )


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("logit_scale", [1.0, 2.0])
@pytest.mark.parametrize("thresholds", [{}, {"b.c": 0.45}, {"d": 0.8, "a": 0.1, "b.c": 0.6}])
@pytest.mark.parametrize("temperatures", [{}, {"a": 2.5, "d": 0.4}])
def test_spans_above_the_threshold_are_those_of_a_walk_over_all_cells(
    threshold, logit_scale, thresholds, temperatures
):
    scores = make_scores()
    S = scores.dense()
    expected = []
    for b, n in enumerate(LENGTHS):
        for i in range(n):
            for j in range(i + 1, min(n, i + W) + 1):
                for a, label in enumerate(LABELS):
                    logit = S[sum(LENGTHS[:b]) + i, j - i - 1, a].item()
                    T = temperatures.get(label, 1)
                    p = 1 / (1 + math.exp(-logit_scale * logit / T))
                    if p > thresholds.get(label, threshold):
                        expected.append((b, i, j, a, p))
    expected.sort(key=lambda s: (s[0], s[1], -s[2], s[3]))
    settings = thresholds_of(threshold, thresholds, temperatures, logit_scale=logit_scale)
    found = spans_above_threshold(scores, settings)
    assert list(zip(*(x.tolist() for x in found[:4]))) == [s[:4] for s in expected]
    assert found.probability == pytest.approx([s[4] for s in expected], abs=1e-6)
    assert found.probability.dtype == numpy.float32
    assert len(expected) >= 3


def test_a_threshold_of_zero_finds_every_span_of_its_label_and_one_of_one_none():
    found = spans_above_threshold(
        make_scores(), thresholds_of(0.5, {"a": 0.0, "d": 1.0}, {"a": 3.0})
    )
    n_spans = (4 + 3 + 2 + 1) + (7 + 6 + 5 + 4) + 1
    assert numpy.bincount(found.label, minlength=L)[[0, 2]].tolist() == [n_spans, 0]


@pytest.mark.parametrize("setting", ["thresholds", "temperatures"])
def test_a_setting_of_an_unknown_label_names_it_and_the_known_ones(setting):
    with pytest.raises(ValueError, match=rf"{setting} .*'x'.*\['a', 'b\.c', 'd'\]"):
        thresholds_of(0.5, **{setting: {"a": 0.5, "x": 0.5}})


def test_a_dollar_sign_that_was_doubled_on_saving_is_the_same_label():
    """As often as the pipeline was saved."""
    for written in ("US$", "US$$", "US$$$$"):
        values = logit_thresholds(
            ["US", "US$"],
            threshold=0.5,
            thresholds={written: 1.0},
            temperatures={},
            logit_scale=1.0,
        )
        assert values.logit.tolist() == [0.0, math.inf]


def test_of_labels_that_differ_in_dollar_signs_the_written_one_is_meant():
    values = logit_thresholds(
        ["US$", "US$$"],
        threshold=0.5,
        thresholds={"US$": 1.0},
        temperatures={},
        logit_scale=1.0,
    )
    assert values.logit.tolist() == [math.inf, 0.0]


def test_spans_are_dealt_out_to_their_documents():
    found = spans_above_threshold(make_scores(), thresholds_of(0.3))
    by_doc = list(found.split_by_doc(len(LENGTHS)))
    assert len(by_doc) == len(LENGTHS)
    assert [set(spans.doc.tolist()) <= {b} for b, spans in enumerate(by_doc)] == [True] * 4
    for whole, parts in zip(found, zip(*by_doc)):
        assert numpy.array_equal(numpy.concatenate(parts), whole)


def test_nothing_decoded_is_nothing_for_each_document():
    assert [len(spans.start) for spans in PredictedSpans.empty().split_by_doc(3)] == [0, 0, 0]


def places(spans):
    return set(zip(*(x.tolist() for x in spans[:4])))


@pytest.mark.parametrize("overlap", ["all", "nested", "flat"])
@pytest.mark.parametrize("max_depth", [None, 1])
def test_a_span_that_touches_whitespace_is_removed_before_the_policy(overlap, max_depth):
    """As if those spans had never been above the threshold."""
    vocab = spacy.blank("en").vocab
    words = ["a", " ", "b", "c", "d", "\n", "e", " ", "g", "h", "i", "j"]
    docs, first = [], 0
    for n in LENGTHS:
        docs.append(Doc(vocab, words=words[first : first + n]))
        first += n
    thresholds = thresholds_of(0.4)
    found = decode_spans(docs, make_scores(), thresholds, overlap=overlap, max_depth=max_depth)
    above = spans_above_threshold(make_scores(), thresholds)
    rows = zip(above.doc.tolist(), above.start.tolist(), above.end.tolist())
    keep = [not (docs[b][i].is_space or docs[b][j - 1].is_space) for b, i, j in rows]
    expected = resolve_overlaps(
        above.select(numpy.array(keep)),
        overlap=overlap,
        prefer="probability",
        max_depth=max_depth,
    )
    assert [x.tolist() for x in found] == [x.tolist() for x in expected]
    late = resolve_overlaps(above, overlap=overlap, prefer="probability", max_depth=max_depth)
    assert len(expected.doc) < len(above.doc)
    if overlap == "flat":  # removed after the policy, they would have displaced other spans
        assert not places(found) <= places(late)


def test_without_a_policy_all_spans_stay_and_the_more_probable_one_is_preferred():
    docs = [Doc(spacy.blank("en").vocab, words=["a"] * n) for n in LENGTHS]
    above = spans_above_threshold(make_scores(), thresholds_of(0.4))
    found = decode_spans(docs, make_scores(), thresholds_of(0.4))
    assert places(found) == places(above)
    by_preference = {}
    for prefer in ("probability", "length"):
        options = {"overlap": "flat", "prefer": prefer}
        found = decode_spans(docs, make_scores(), thresholds_of(0.4), **options)
        assert places(found) == places(resolve_overlaps(above, **options))
        by_preference[prefer] = places(found)
    found = decode_spans(docs, make_scores(), thresholds_of(0.4), overlap="flat")
    assert places(found) == by_preference["probability"] != by_preference["length"]


def test_probabilities_and_logits_are_inverse():
    for scale in (1.0, 2.0):
        for p in (0.01, 0.5, 0.99):
            S = probability_to_logit(p, scale)
            assert 1 / (1 + math.exp(-scale * S)) == pytest.approx(p)
        assert probability_to_logit(0.0, scale) == -math.inf
        assert probability_to_logit(1.0, scale) == math.inf
