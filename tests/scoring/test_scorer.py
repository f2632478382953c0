import random
import subprocess
import sys
import warnings

import pytest
from spacy.scorer import Scorer
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.vocab import Vocab

from spacy_nested_ner.evaluation.documents import pair_examples
from spacy_nested_ner.evaluation.evaluate import evaluate_docs
from spacy_nested_ner.scoring.scorer import score_nested_spans

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
    ours = score_nested_spans(examples, spans_key="sc")
    assert {name: ours[name] for name in theirs} == theirs


def test_scores_equal_those_of_the_evaluation():
    examples = random_examples(60)
    scores = score_nested_spans(examples, spans_key="sc")
    evaluation = evaluate_docs(pair_examples(examples, "sc"), n_resamples=0)
    slices = evaluation["scores"]
    assert scores["spans_sc_f"] == pytest.approx(slices["all"]["micro"]["f"]["value"])
    assert scores["spans_sc_boundary_f"] == slices["all"]["boundary"]["f"]["value"]
    assert scores["spans_sc_nested_f"] == slices["structure"]["nested"]["f"]["value"]
    assert scores["spans_sc_macro_f"] == evaluation["macro"]["f"]["value"]
    assert len({value for name, value in scores.items() if name != "spans_sc_per_type"}) == 6


def make_example(gold, predicted):
    vocab = Vocab()
    docs = [Doc(vocab, words=["a", "b", "c", "d"]) for _ in range(2)]
    for doc, spans in zip(docs, (predicted, gold)):
        doc.spans["sc"] = [Span(doc, i, j, label=label) for i, j, label in spans]
    return Example(*docs)


def test_macro_f_is_the_mean_of_the_labels_with_gold_spans():
    # DNA: F 1; RNA: F 0; protein is no label of gold
    gold = [(0, 1, "DNA"), (2, 3, "RNA")]
    predicted = [(0, 1, "DNA"), (1, 2, "protein")]
    scores = score_nested_spans([make_example(gold, predicted)], spans_key="sc")
    assert scores["spans_sc_macro_f"] == 0.5
    assert set(scores["spans_sc_per_type"]) == {"DNA", "RNA", "protein"}


def test_boundary_f_ignores_labels_and_counts_a_span_once():
    gold = [(0, 1, "DNA"), (0, 1, "RNA"), (2, 3, "RNA"), (3, 4, "RNA")]
    scores = score_nested_spans([make_example(gold, [(0, 1, "protein")])], spans_key="sc")
    # 1 of 1 right, 1 of 3 found
    assert scores["spans_sc_boundary_f"] == 0.5
    assert scores["spans_sc_f"] == 0.0


def test_nested_f_is_of_spans_inside_or_around_another():
    # nested in gold: the first two, one of them found; in prediction: two, one of them right
    gold = [(0, 3, "DNA"), (1, 2, "RNA"), (3, 4, "DNA")]
    predicted = [(0, 3, "DNA"), (0, 2, "DNA")]
    scores = score_nested_spans([make_example(gold, predicted)], spans_key="sc")
    assert scores["spans_sc_nested_f"] == 0.5
    flat = score_nested_spans([make_example(gold[2:], predicted)], spans_key="sc")
    assert flat["spans_sc_nested_f"] is None


def test_scores_are_numbers_of_python():
    # spaCy's training loop refuses others
    scores = score_nested_spans(random_examples(9), spans_key="sc")
    del scores["spans_sc_per_type"]
    assert {type(value) for value in scores.values()} == {float}


def test_a_pipeline_does_not_import_the_evaluation():
    code = """if True:
    import sys, spacy_nested_ner.pipe.factory
    print([name for name in sys.modules if "evaluation" in name or name == "matplotlib"])"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_an_empty_span_is_no_span():
    example = make_example([(0, 1, "DNA")], [(0, 1, "DNA"), (2, 2, "DNA")])
    assert score_nested_spans([example], spans_key="sc")["spans_sc_p"] == 1.0


def test_an_empty_gold_group_is_an_annotation():
    scores = score_nested_spans([make_example([], [(0, 1, "DNA")])], spans_key="sc")
    assert (scores["spans_sc_p"], scores["spans_sc_f"]) == (0.0, 0.0)
    assert scores["spans_sc_macro_f"] is None


def test_a_document_without_the_gold_key_is_left_out_with_a_warning():
    vocab = Vocab()
    annotated = Example(Doc(vocab, words=["a"]), Doc(vocab, words=["a"]))
    annotated.reference.spans["sc"] = [Span(annotated.reference, 0, 1, label="DNA")]
    annotated.predicted.spans["sc"] = [Span(annotated.predicted, 0, 1, label="DNA")]
    bare = Example(Doc(vocab, words=["b"]), Doc(vocab, words=["b"]))
    bare.predicted.spans["sc"] = [Span(bare.predicted, 0, 1, label="DNA")]
    with pytest.warns(UserWarning, match="1 of 2"):
        assert score_nested_spans([annotated, bare], spans_key="sc")["spans_sc_p"] == 1.0
    bare.reference.spans["sc"] = []  # annotated, without a mention
    assert score_nested_spans([annotated, bare], spans_key="sc")["spans_sc_p"] == 0.5


def test_documents_without_the_gold_key_are_all_counted_and_named_with_the_key():
    examples = random_examples(5)
    for number in (0, 3):
        del examples[number].reference.spans["sc"]
    kept = [eg for number, eg in enumerate(examples) if number not in (0, 3)]
    with pytest.warns(UserWarning, match=r"2 of 5 .*'sc'"):
        scores = score_nested_spans(examples, spans_key="sc")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert score_nested_spans(kept, spans_key="sc") == scores


def test_a_document_without_the_predicted_key_has_no_prediction():
    example = make_example([(0, 1, "DNA")], [])
    del example.predicted.spans["sc"]
    scores = score_nested_spans([example], spans_key="sc")
    assert (scores["spans_sc_r"], scores["spans_sc_f"]) == (0.0, 0.0)


def test_predictions_where_the_gold_says_nothing_do_not_count():
    vocab = Vocab()
    examples = [Example(Doc(vocab, words=list("abcdef")), Doc(vocab, words=list("abcdef")))]
    gold, predicted = examples[0].reference, examples[0].predicted
    gold.spans["sc"] = [Span(gold, 2, 3, "DNA")]
    gold.spans["sc_unannotated"] = [Span(gold, 1, 4, "DNA"), Span(gold, 5, 6)]
    gold.spans["sc_rejected"] = [Span(gold, 3, 4, "DNA")]
    predicted.spans["sc"] = [
        Span(predicted, 2, 3, "DNA"),  # right, although in the region
        Span(predicted, 0, 2, "DNA"),  # touches the region: not judged
        Span(predicted, 1, 2, "RNA"),  # of another label: wrong
        Span(predicted, 3, 4, "DNA"),  # rejected: wrong
        Span(predicted, 4, 6, "RNA"),  # in a region for all labels: not judged
    ]
    scores = score_nested_spans(examples, spans_key="sc")
    assert (scores["spans_sc_p"], scores["spans_sc_r"]) == (pytest.approx(1 / 3), 1.0)
    (doc,) = pair_examples(examples, "sc")
    assert {(m.start, m.end, m.label) for m in doc.predicted} == {
        (4, 5, "DNA"),
        (2, 3, "RNA"),
        (6, 7, "DNA"),
    }
    # without the key, only the rejected spans are judged
    del gold.spans["sc"]
    assert [len(doc.predicted) for doc in pair_examples(examples, "sc")] == [1]


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
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scores = score_nested_spans(examples, spans_key="x")
    assert scores == {
        "spans_x_p": None,
        "spans_x_r": None,
        "spans_x_f": None,
        "spans_x_macro_f": None,
        "spans_x_boundary_f": None,
        "spans_x_nested_f": None,
        "spans_x_per_type": None,
    }
