"""Decoding against a walk over all cells."""

import math

import numpy
import pytest
import torch

from spacy_nested_ner.decode import DecodedSpans, decode_spans, probability_to_logit
from spacy_nested_ner.model.grid import SpanGrid
from spacy_nested_ner.model.span_logits import SpanLogits

LENGTHS = [4, 0, 7, 1]
L, W = 3, 4


def make_scores() -> SpanLogits:
    S = torch.randn(sum(LENGTHS), W, L, generator=torch.Generator().manual_seed(0))
    return SpanLogits.from_dense(SpanGrid(LENGTHS, max_width=W), S)


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("logit_scale", [1.0, 2.0])
def test_decoding_equals_a_walk_over_all_cells(threshold, logit_scale):
    scores = make_scores()
    S = scores.dense()
    expected = []
    for b, n in enumerate(LENGTHS):
        for i in range(n):
            for j in range(i + 1, min(n, i + W) + 1):
                for a in range(L):
                    logit = S[sum(LENGTHS[:b]) + i, j - i - 1, a].item()
                    p = 1 / (1 + math.exp(-logit_scale * logit))
                    if p > threshold:
                        expected.append((b, i, j, a, p))
    expected.sort(key=lambda s: (s[0], s[1], -s[2], s[3]))
    found = decode_spans(scores, threshold=threshold, logit_scale=logit_scale)
    assert list(zip(*(x.tolist() for x in found[:4]))) == [s[:4] for s in expected]
    assert found.probability == pytest.approx([s[4] for s in expected], abs=1e-6)
    assert len(expected) >= 3


def test_spans_are_dealt_out_to_their_documents():
    found = decode_spans(make_scores(), threshold=0.3, logit_scale=1.0)
    by_doc = list(found.of_docs(len(LENGTHS)))
    assert len(by_doc) == len(LENGTHS)
    assert [set(spans.doc.tolist()) <= {b} for b, spans in enumerate(by_doc)] == [True] * 4
    for whole, parts in zip(found, zip(*by_doc)):
        assert numpy.array_equal(numpy.concatenate(parts), whole)


def test_nothing_decoded_is_nothing_for_each_document():
    assert [len(spans.start) for spans in DecodedSpans.empty().of_docs(3)] == [0, 0, 0]


def test_probabilities_and_logits_are_inverse():
    for scale in (1.0, 2.0):
        for p in (0.01, 0.5, 0.99):
            S = probability_to_logit(p, scale)
            assert 1 / (1 + math.exp(-scale * S)) == pytest.approx(p)
        assert probability_to_logit(0.0, scale) == -math.inf
        assert probability_to_logit(1.0, scale) == math.inf
