"""Where other scorers count the same thing, ours has the same counts, to the last one."""

from collections import Counter

import pytest
from spacy.scorer import Scorer
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.vocab import Vocab

from spacy_nested_ner.evaluation.documents import EvaluatedDoc, Mention
from spacy_nested_ner.evaluation.errors import judge
from spacy_nested_ner.evaluation.evaluate import evaluate_docs
from tests.evaluation.random_docs import LABELS, random_docs

nervaluate = pytest.importorskip("nervaluate")


def to_example(doc, vocab):
    """Spans in whole tokens: spaCy has no others."""
    pair = []
    for mentions in (doc.predicted, doc.gold):
        words = [doc.text[i:j] for i, j in zip(doc.token_starts, doc.token_ends)]
        behind = [*doc.token_starts[1:], len(doc.text) + 1]
        spaces = [end < start for end, start in zip(doc.token_ends, behind)]
        one = Doc(vocab, words=words, spaces=spaces)
        first = {start: i for i, start in enumerate(doc.token_starts)}
        last = {end: i for i, end in enumerate(doc.token_ends)}
        one.spans["sc"] = [
            Span(one, first[m.start], last[m.end] + 1, label=m.label) for m in mentions
        ]
        pair.append(one)
    return Example(*pair)


def whole_tokens(doc):
    predicted = tuple(
        m for m in doc.predicted if m.start in doc.token_starts and m.end in doc.token_ends
    )
    return EvaluatedDoc(doc.id, doc.text, doc.token_starts, doc.token_ends, doc.gold, predicted)


def run_spacy(docs, *, labeled):
    vocab = Vocab()
    return Scorer.score_spans(
        [to_example(doc, vocab) for doc in docs],
        "spans_sc",
        getter=lambda doc, attr: doc.spans["sc"],
        has_annotation=lambda doc: True,
        allow_overlap=True,
        labeled=labeled,
    )


def test_scores_equal_spacys():
    docs = [whole_tokens(doc) for doc in random_docs(120)]
    theirs = run_spacy(docs, labeled=True)
    scores = evaluate_docs(docs, n_resamples=0)["scores"]
    ours, micro = scores["label"], scores["all"]["micro"]
    assert [micro[k]["value"] for k in "prf"] == pytest.approx(
        [theirs[f"spans_sc_{k}"] for k in "prf"]
    )
    assert set(ours) == set(theirs["spans_sc_per_type"])
    for label, s in theirs["spans_sc_per_type"].items():
        assert [ours[label][k]["value"] for k in "prf"] == pytest.approx([s[k] for k in "prf"])


def test_boundary_scores_equal_spacys_without_labels():
    docs = [whole_tokens(doc) for doc in random_docs(120)]
    theirs = run_spacy(docs, labeled=False)
    ours = evaluate_docs(docs, n_resamples=0)["scores"]["all"]["boundary"]
    assert [ours[k]["value"] for k in "prf"] == pytest.approx(
        [theirs[f"spans_sc_{k}"] for k in "prf"]
    )


def run_nervaluate(docs):
    def entities(mentions):  # its ends are inclusive
        return [{"label": m.label, "start": m.start, "end": m.end - 1} for m in mentions]

    return nervaluate.Evaluator(
        [entities(doc.gold) for doc in docs],
        [entities(doc.predicted) for doc in docs],
        tags=LABELS,
        loader="dict",
    ).evaluate()


def counts_of(theirs):
    return theirs.possible, theirs.correct, theirs.actual, theirs.correct


def counts(ours):
    return tuple(ours[key] for key in ("gold", "found", "predicted", "right"))


def test_counts_of_flat_mentions_equal_nervaluates():
    """Its "strict" is our micro, its "exact" our boundary; by label, too."""
    docs = random_docs(200, flat=True)
    theirs, ours = run_nervaluate(docs), evaluate_docs(docs, n_resamples=0)["scores"]
    assert counts_of(theirs["overall"]["strict"]) == counts(ours["all"]["micro"])
    assert counts_of(theirs["overall"]["exact"]) == counts(ours["all"]["boundary"])
    assert len({*counts(ours["all"]["micro"])}) == 3
    assert set(theirs["entities"]) == set(ours["label"])
    for label, of_label in theirs["entities"].items():
        assert counts_of(of_label["strict"]) == counts(ours["label"][label])


def test_missed_and_spurious_flat_mentions_equal_nervaluates():
    """Where each mention overlaps at most one other, there is but one way to pair them. Where
    it overlaps more, nervaluate takes the first in the order of the list."""
    docs = [doc for doc in random_docs(400, flat=True) if is_unambiguous(doc)]
    assert len(docs) > 100
    kinds = Counter(j.kind for doc in docs for j in judge(doc))
    theirs = run_nervaluate(docs)["overall"]["strict"]
    assert kinds["correct"] == theirs.correct
    assert kinds["missed"] == theirs.missed
    assert kinds["spurious"] == theirs.spurious
    assert kinds["boundary"] + kinds["type"] + kinds["both"] == theirs.incorrect
    assert min(theirs.correct, theirs.missed, theirs.spurious, theirs.incorrect) > 20


def is_unambiguous(doc):
    pairs = [
        (g, p) for g in doc.gold for p in doc.predicted if g.start < p.end and p.start < g.end
    ]
    golds, predictions = [g for g, _ in pairs], [p for _, p in pairs]
    return len({*golds}) == len(golds) and len({*predictions}) == len(predictions)


def test_nervaluate_miscounts_nested_mentions():
    """Why it is no reference for them: a wrong prediction uses up the gold mention that it
    overlaps, and the right one behind it in the list then counts as spurious."""
    doc = EvaluatedDoc(
        "d",
        "aa bb cc",
        [0, 3, 6],
        [2, 5, 8],
        gold=(Mention(0, 5, "DNA"),),
        predicted=(Mention(0, 8, "DNA"), Mention(0, 5, "DNA")),
    )
    assert run_nervaluate([doc])["overall"]["strict"].correct == 0
    assert counts(evaluate_docs([doc], n_resamples=0)["scores"]["all"]["micro"]) == (1, 1, 2, 1)
    (spurious, correct) = judge(doc)
    assert (spurious.kind, correct.kind) == ("spurious", "correct")
