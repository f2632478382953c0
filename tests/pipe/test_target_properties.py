"""Targets of any gold on any tokens, by characters."""

from itertools import pairwise

import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import Doc, Span
from spacy.training import Example

from spacy_nested_ner.gold_alignment import Judge, aligned_spans
from spacy_nested_ner.model.grid import SpanGrid
from spacy_nested_ner.pipe.targets import gold_cells, ignored_cells

VOCAB = spacy.blank("en").vocab  # knows what whitespace is
LABELS = {"a": 0, "b": 1}


@st.composite
def two_docs(draw):
    """The same text in two tokenisations."""
    pieces = st.sampled_from(["x", "y", "İ", "\n", " ", "é", "\u0301", "😀"])
    text = "".join(draw(st.lists(pieces, min_size=1, max_size=9)))
    docs = []
    for _ in "12":
        cuts = {i for i in range(1, len(text)) if draw(st.booleans())}
        bounds = [0, *sorted(cuts), len(text)]
        words = [text[i:j] for i, j in pairwise(bounds)]
        docs.append(Doc(VOCAB, words=words, spaces=[False] * len(words)))
    return docs


@st.composite
def examples(draw, *, docs=two_docs()):
    predicted, reference = draw(docs)
    n = len(reference)
    ends = st.tuples(st.integers(0, n), st.integers(0, n)).filter(lambda e: e[0] != e[1])
    groups = {"sc": "ab", "sc_unannotated": ["a", "b", ""], "sc_rejected": "ab"}
    for key, labels in groups.items():
        if draw(st.integers(0, 3)):
            span = st.tuples(ends.map(sorted), st.sampled_from(labels))
            spans = draw(st.lists(span, min_size=1, max_size=4))
            reference.spans[key] = [Span(reference, *place, label=x) for place, x in spans]
    return Example(predicted, reference)


def slow_place(predicted, span):
    """The predicted tokens with exactly the characters of a span and no whitespace at an end;
    None if there are none."""
    starts = {token.idx: token.i for token in predicted if not token.text.isspace()}
    ends = {
        token.idx + len(token): token.i + 1 for token in predicted if not token.text.isspace()
    }
    if span.start_char in starts and span.end_char in ends:
        return starts[span.start_char], ends[span.end_char]
    return None


@given(examples())
def test_a_gold_span_has_the_predicted_tokens_with_its_characters_or_is_lost(eg):
    found, lost = aligned_spans(eg, spans_key="sc")
    gold = list(eg.reference.spans.get("sc", ()))
    places = [slow_place(eg.predicted, span) for span in gold]
    assert [(span.start, span.end) for span in found] == [p for p in places if p]
    assert [span.label_ for span in found] == [s.label_ for s, p in zip(gold, places) if p]
    assert lost == [span for span, place in zip(gold, places) if not place]
    grid = SpanGrid([3, len(eg.predicted)])
    batch = [Example(*(Doc(VOCAB, words=["x"] * 3) for _ in "12")), eg]
    cells = set(map(tuple, gold_cells(batch, grid, LABELS, spans_key="sc").tolist()))
    assert cells == {(3 + s.start, len(s) - 1, LABELS[s.label_]) for s in found}


@st.composite
def same_tokens(draw):
    words = draw(st.lists(st.sampled_from(["x", "İ", "😀"]), min_size=3, max_size=7))
    return [Doc(VOCAB, words=words) for _ in "12"]


@given(examples(docs=same_tokens()))
def test_training_ignores_the_spans_that_the_scorer_does_not_judge(eg):
    grid = SpanGrid([len(eg.predicted)])
    gold = gold_cells([eg], grid, LABELS, spans_key="sc")
    ignored = ignored_cells([eg], grid, LABELS, gold, spans_key="sc")
    judge = Judge(eg.reference, spans_key="sc")
    for i in range(len(eg.predicted)):
        for j in range(i + 1, len(eg.predicted) + 1):
            span = eg.predicted[i:j]
            for label, column in LABELS.items():
                counts = ignored is None or not ignored[i, j - i - 1, column]
                assert counts == judge.judges(span.start_char, span.end_char, label)
