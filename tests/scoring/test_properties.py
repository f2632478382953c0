"""Matching, nesting and scores for any spans, against comparisons of all with all."""

import math

import numpy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.vocab import Vocab

from spacy_nested_ner.scoring.matching import macro_f, match, match_boundaries, score
from spacy_nested_ner.scoring.nesting import count_disjoint, find_depth, relate
from spacy_nested_ner.scoring.scorer import score_nested_spans
from tests.scoring.test_matching import slow_counts, slow_f
from tests.scoring.test_nesting import columns, slow_disjoint, slow_relations

VOCAB = Vocab()


def spans(labels, *, most=10, tokens=9):
    """Distinct half-open spans with labels, in any order."""
    ends = st.tuples(st.integers(0, tokens), st.integers(0, tokens)).filter(
        lambda e: e[0] != e[1]
    )
    span = st.tuples(ends.map(sorted), labels).map(lambda s: (*s[0], s[1]))
    return st.lists(span, max_size=most, unique=True)


NAMED = spans(st.sampled_from(["a", "b", "", "ß"]))
DOCS = st.lists(st.tuples(NAMED, NAMED), max_size=4)


@given(spans(st.integers(0, 2), tokens=12))
def test_relations_are_those_of_the_definition(mentions):
    found = list(zip(*(column.tolist() for column in relate(*columns(mentions)))))
    assert found == slow_relations(mentions)
    start, end, _ = columns(mentions)
    assert find_depth(start, end).tolist() == [relations[-1] for relations in found]


@given(spans(st.just(0), most=7))
def test_the_largest_subset_without_an_overlap_has_the_size_of_the_best_choice(mentions):
    start, end, _ = columns(mentions)
    assert count_disjoint(start, end) == slow_disjoint([m[:2] for m in mentions])


@given(DOCS)
def test_counts_are_those_of_the_definition_and_change_sides_with_the_sides(docs):
    matched = match(docs)
    gold, found, predicted, right = matched.total().tolist()
    assert [gold, found, predicted, right] == slow_counts(docs)
    assert found == right
    swapped = match([(there, here) for here, there in docs])
    assert swapped.total().tolist() == [predicted, right, gold, found]
    assert matched.by_label().sum(0).tolist() == [gold, found, predicted, right]
    for label, counts in zip(matched.labels, matched.by_label().tolist()):
        some = [tuple([s for s in side if s[2] == label] for side in pair) for pair in docs]
        assert counts == slow_counts(some)
    bare = [tuple([(*s, "") for s in {s[:2] for s in side}] for side in pair) for pair in docs]
    assert match_boundaries(docs).total().tolist() == slow_counts(bare)


@given(st.lists(st.tuples(*[st.integers(0, 9)] * 4), min_size=1, max_size=5))
def test_scores_are_those_of_the_definition(rows):
    counts = [(g + f, f, p + r, r) for g, f, p, r in rows]
    scores = score(numpy.array(counts))
    expected = [slow_f(*row) for row in counts]
    numpy.testing.assert_allclose(scores.f, expected)
    rated = [f for f in expected if not math.isnan(f)]
    mean = sum(rated) / len(rated) if rated else math.nan
    numpy.testing.assert_allclose(macro_f(numpy.array(counts)), mean)


@st.composite
def examples(draw):
    """Gold and predictions on the same tokens; parts may be without annotation."""
    made = []
    for _ in range(draw(st.integers(1, 3))):
        pair = [Doc(VOCAB, words=["w"] * 9) for _ in "12"]
        groups = {"sc": NAMED, "sc_unannotated": st.just([]), "sc_rejected": st.just([])}
        if draw(st.booleans()):
            groups = dict.fromkeys(groups, spans(st.sampled_from(["a", "b", ""]), most=4))
        for key, strategy in groups.items():
            if key != "sc" or draw(st.integers(0, 4)):
                place = pair[1]
                place.spans[key] = [Span(place, *span) for span in draw(strategy)]
        pair[0].spans["sc"] = [Span(pair[0], *span) for span in draw(NAMED)]
        made.append(Example(*pair))
    return made


def slow_judged(eg):
    """Gold and judged predictions in tokens, None for a document that says nothing."""
    groups = {
        key: {(s.start, s.end, s.label_) for s in eg.reference.spans[key]}
        for key in eg.reference.spans
    }
    rejected = groups.get("sc_rejected", set())
    if "sc" not in groups and not rejected:
        return None
    judged = set()
    for span in eg.predicted.spans["sc"]:
        known = {(span.start, span.end, span.label_), (span.start, span.end, "")}
        touched = any(
            label in ("", span.label_) and start < span.end and span.start < end
            for start, end, label in groups.get("sc_unannotated", ())
        )
        if known & (groups.get("sc", set()) | rejected) or ("sc" in groups and not touched):
            judged.add((span.start, span.end, span.label_))
    return groups.get("sc", set()), judged


@given(examples())
def test_the_scorer_counts_what_the_gold_judges(batch):
    import warnings

    pairs = [pair for pair in map(slow_judged, batch) if pair is not None]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scores = score_nested_spans(batch, spans_key="sc")
    if not pairs:
        assert set(scores.values()) == {None}
        return
    gold = sum(len(g) for g, _ in pairs)
    predicted = sum(len(p) for _, p in pairs)
    right = sum(len(g & p) for g, p in pairs)
    assert math.isclose(scores["spans_sc_p"], right / predicted if predicted else 0.0)
    assert math.isclose(scores["spans_sc_r"], right / gold if gold else 0.0)
    both = gold + predicted
    assert math.isclose(scores["spans_sc_f"], 2 * right / both if both else 0.0)
