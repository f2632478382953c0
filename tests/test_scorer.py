import random

import pytest
from spacy.scorer import Scorer
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.vocab import Vocab

from spacy_nested_ner.scorer import score_nested_spans

LABELS = ["DNA", "RNA", "protein"]


def random_examples(n_docs: int):
    """Documents with unequal numbers of gold and predicted spans, nested and repeated."""
    rng, vocab, examples = random.Random(0), Vocab(), []
    for _ in range(n_docs):
        words = [f"w{i}" for i in range(rng.randint(1, 12))]
        docs = Doc(vocab, words=words), Doc(vocab, words=words)
        for doc, n in zip(docs, (rng.randint(0, 9), rng.randint(0, 5))):
            ends = [sorted(rng.sample(range(len(words) + 1), 2)) for _ in range(n)]
            doc.spans["sc"] = [Span(doc, i, j, label=rng.choice(LABELS)) for i, j in ends]
        examples.append(Example(*docs))
    return examples


def triples(doc):
    return [(span.start, span.end, span.label_) for span in doc.spans["sc"]]


def test_scores_equal_counting_by_hand():
    examples = random_examples(60)
    hits = wrong = missed = 0
    for eg in examples:
        gold, predicted = triples(eg.reference), triples(eg.predicted)
        hits += sum(1 for span in set(predicted) if span in gold)
        wrong += sum(1 for span in set(predicted) if span not in gold)
        missed += sum(1 for span in set(gold) if span not in predicted)
    scores = score_nested_spans(examples, spans_key="sc")
    assert min(hits, wrong, missed) > 10
    assert scores["spans_sc_p"] == pytest.approx(hits / (hits + wrong))
    assert scores["spans_sc_r"] == pytest.approx(hits / (hits + missed))
    assert scores["spans_sc_f"] == pytest.approx(2 * hits / (2 * hits + wrong + missed))


def test_scores_equal_spacys_where_both_are_defined():
    examples = random_examples(60)
    theirs = Scorer.score_spans(
        examples,
        "spans_sc",
        getter=lambda doc, attr: doc.spans["sc"],
        has_annotation=lambda doc: True,
        allow_overlap=True,
        labeled=True,
    )
    assert score_nested_spans(examples, spans_key="sc") == theirs


def test_predictions_count_as_wrong_where_the_gold_key_is_missing():
    vocab = Vocab()
    annotated = Example(Doc(vocab, words=["a"]), Doc(vocab, words=["a"]))
    annotated.reference.spans["sc"] = [Span(annotated.reference, 0, 1, label="DNA")]
    annotated.predicted.spans["sc"] = [Span(annotated.predicted, 0, 1, label="DNA")]
    bare = Example(Doc(vocab, words=["b"]), Doc(vocab, words=["b"]))
    bare.predicted.spans["sc"] = [Span(bare.predicted, 0, 1, label="DNA")]
    assert score_nested_spans([annotated, bare], spans_key="sc")["spans_sc_p"] == 0.5


def test_spans_are_compared_by_characters_not_by_tokens():
    vocab = Vocab()
    gold = Doc(vocab, words=["IL-2", "gene"])
    predicted = Doc(vocab, words=["IL", "-2", "gene"], spaces=[False, True, True])
    gold.spans["sc"] = [Span(gold, 0, 1, label="protein")]
    example = Example(predicted, gold)
    predicted.spans["sc"] = [Span(predicted, 0, 2, label="protein")]
    assert score_nested_spans([example], spans_key="sc")["spans_sc_f"] == 1.0
    # inside a gold token: wrong, although no gold span can be aligned with it
    predicted.spans["sc"] = [Span(predicted, 0, 1, label="protein")]
    assert score_nested_spans([example], spans_key="sc")["spans_sc_f"] == 0.0


def test_no_gold_anywhere_is_no_score():
    examples = [Example(Doc(Vocab(), words=["a"]), Doc(Vocab(), words=["a"]))]
    assert score_nested_spans(examples, spans_key="x") == {
        "spans_x_p": None,
        "spans_x_r": None,
        "spans_x_f": None,
        "spans_x_per_type": None,
    }
