"""Decoding and policies for any logits and any spans."""

import math

import numpy
import spacy
import torch
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc

from spacy_nested_ner.decoding.decode import decode_spans
from spacy_nested_ner.decoding.policies import resolve_overlaps
from spacy_nested_ner.decoding.thresholds import logit_thresholds, probability_to_logit
from spacy_nested_ner.model.grid import SpanGrid
from spacy_nested_ner.model.span_logits import SpanLogits
from tests.decoding.test_policies import make_found, slow_choice, spans_of

VOCAB = spacy.blank("en").vocab  # knows what whitespace is
LABELS = ["a", "b.c", "$d"]
# float32 cannot tell the probabilities of the last ones from 0 and 1
LOGITS = numpy.array([-2.0, -0.5, 0.0, 0.25, 0.5, 1.5, 3.0, -200.0, 30.0], dtype="f")
PROBABILITIES = st.sampled_from([0.0, 0.1, 0.4, 0.7, 0.99, 1.0])
POLICIES = st.fixed_dictionaries(
    {
        "overlap": st.sampled_from(["all", "nested", "flat"]),
        "prefer": st.sampled_from(["probability", "length"]),
        "max_depth": st.sampled_from([None, 1, 2]),
    }
)


@st.composite
def spans_of_docs(draw):
    """Distinct (start, end, label, probability) of each document; few values, so many ties."""
    span = st.tuples(st.integers(0, 8), st.integers(1, 6), st.integers(0, 2))
    docs = draw(st.lists(st.dictionaries(span, st.integers(1, 8), max_size=12), max_size=3))
    return [
        [(start, start + width, label, p / 8) for (start, width, label), p in doc.items()]
        for doc in docs
    ]


@given(spans_of_docs(), POLICIES)
def test_a_policy_keeps_what_its_definition_keeps_and_nothing_more_the_second_time(
    docs, policy
):
    kept = resolve_overlaps(make_found(docs), **policy)
    assert spans_of(kept) == slow_choice(docs, **policy)
    assert spans_of(resolve_overlaps(kept, **policy)) == spans_of(kept)


@given(
    st.lists(st.lists(st.booleans(), max_size=6), min_size=1, max_size=3),
    st.integers(1, 6),
    st.integers(0, 2**32 - 1),
    PROBABILITIES,
    st.dictionaries(st.sampled_from(LABELS), PROBABILITIES),
    st.dictionaries(st.sampled_from(LABELS), st.sampled_from([0.5, 3.0])),
    st.sampled_from([1.0, 2.0]),
    POLICIES,
)
def test_decoding_is_threshold_whitespace_policy(
    blanks, width, seed, threshold, thresholds, temperatures, logit_scale, policy
):
    docs = [Doc(VOCAB, words=["\n" if blank else "x" for blank in some]) for some in blanks]
    grid = SpanGrid([len(doc) for doc in docs], max_width=width)
    shape = grid.n_tokens, grid.width, len(LABELS)
    S = numpy.random.default_rng(seed).choice(LOGITS, shape)
    scores = SpanLogits.from_dense(grid, torch.tensor(S))
    settings = logit_thresholds(
        LABELS,
        threshold=threshold,
        thresholds=thresholds,
        temperatures=temperatures,
        logit_scale=logit_scale,
    )
    expected = []
    row = 0
    for some in blanks:
        found = []
        for i in range(len(some)):
            for j in range(i + 1, min(i + width, len(some)) + 1):
                for a, label in enumerate(LABELS):
                    logit = float(S[row + i, j - i - 1, a])
                    p = thresholds.get(label, threshold)
                    scale = logit_scale / temperatures.get(label, 1.0)
                    limit = {0.0: -math.inf, 1.0: math.inf}.get(p)
                    limit = math.log(p / (1 - p)) / scale if limit is None else limit
                    if logit > numpy.float32(limit) and not (some[i] or some[j - 1]):
                        probability = torch.tensor(logit * scale, dtype=torch.float32).sigmoid()
                        found.append((i, j, a, probability.item()))
        expected.append(found)
        row += len(some)
    decoded = decode_spans(docs, scores, settings, **policy)
    assert spans_of(decoded) == slow_choice(expected, **policy)
    assert decoded.probability.dtype == numpy.float32
    assert ((decoded.probability >= 0) & (decoded.probability <= 1)).all()


@given(st.floats(0, 1), st.floats(0.01, 100))
def test_a_logit_leads_back_to_its_probability(probability, scale):
    logit = probability_to_logit(probability, scale)
    back = 1 / (1 + math.exp(-min(700.0, max(-700.0, scale * logit))))
    assert math.isclose(back, probability, rel_tol=1e-6, abs_tol=1e-15)
