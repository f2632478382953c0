import pytest
import spacy
import torch
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.vocab import Vocab

from spacy_nested_ner.gold_alignment import aligned_spans
from spacy_nested_ner.model.grid import SpanGrid
from spacy_nested_ner.pipe.targets import gold_cells, ignored_cells
from tests.pipelines import SENTENCES, make_examples

LABELS = {"DNA": 0, "cell": 1, "protein": 2}


def test_gold_cells_are_the_gold_spans_without_repeats():
    examples = make_examples(Vocab())
    first = examples[0].reference
    first.spans["sc"] = [*first.spans["sc"], first.spans["sc"][0]]  # the same span twice
    lengths = [len(eg.predicted) for eg in examples]
    grid = SpanGrid(lengths, max_width=4)
    cells = gold_cells(examples, grid, LABELS, spans_key="sc")
    expected = {
        (sum(lengths[:b]) + i, j - i - 1, LABELS[label])
        for b, (_, spans) in enumerate(SENTENCES)
        for i, j, label in spans
    }
    assert set(map(tuple, cells.tolist())) == expected
    assert len(cells) == len(expected) == 15


def test_no_gold_spans_are_no_cells():
    examples = make_examples(Vocab(), [("nothing here", [])])
    cells = gold_cells(examples, SpanGrid([2]), LABELS, spans_key="sc")
    assert cells.shape == (0, 3)
    assert cells.dtype == torch.long


def test_spans_are_carried_over_to_other_tokens_where_the_boundaries_agree():
    vocab = Vocab()
    reference = Doc(vocab, words=["IL-2", "gene", "IL-2"])
    predicted = Doc(
        vocab, words=["IL", "-2", "gene", "IL", "-2"], spaces=[False, True, True, False, False]
    )
    reference.spans["sc"] = [
        Span(reference, 0, 2, label="DNA"),
        Span(reference, 2, 3, label="protein"),
    ]
    found, lost = aligned_spans(Example(predicted, reference), spans_key="sc")
    assert [(s.start, s.end, s.label_) for s in found] == [(0, 3, "DNA"), (3, 5, "protein")]
    assert lost == []


@pytest.mark.parametrize("words", [["pump", "seal"], ["pump", "se", "al"], ["Pump", "seal"]])
def test_gold_documents_may_have_a_vocabulary_of_their_own(words):
    spaces = [True, *[False] * (len(words) - 1)]
    reference = Doc(Vocab(), words=["pump", "seal"], spaces=[True, False])
    reference.spans["sc"] = [
        Span(reference, 0, 2, label="component"),
        Span(reference, 0, 1, label="machine"),
    ]
    found, lost = aligned_spans(
        Example(Doc(Vocab(), words=words, spaces=spaces), reference), spans_key="sc"
    )
    assert [(s.start, s.end, s.label_) for s in found] == [
        (0, len(words), "component"),
        (0, 1, "machine"),
    ]
    assert lost == []


def test_spans_with_a_boundary_inside_a_token_or_on_whitespace_are_lost_not_moved():
    vocab = spacy.blank("en").vocab  # knows what whitespace is
    words, spaces = ["gene", " ", "x"], [False] * 3
    reference = Doc(vocab, words=["IL", "-2", *words], spaces=[False, True, *spaces])
    predicted = Doc(vocab, words=["IL-2", *words], spaces=[True, *spaces])
    gold = [(0, 1), (1, 3), (0, 3), (2, 4), (3, 5), (2, 5)]
    reference.spans["sc"] = [Span(reference, i, j, label="x") for i, j in gold]
    found, lost = aligned_spans(Example(predicted, reference), spans_key="sc")
    assert [(s.start, s.end) for s in found] == [(0, 2), (1, 4)]
    assert [(s.start, s.end) for s in lost] == [(0, 1), (1, 3), (2, 4), (3, 5)]


def ignored_spans(eg, grid, b):
    """The valid spans of document b that do not count, as (start, end, label)."""
    gold = gold_cells(eg, grid, LABELS, spans_key="sc")
    ignored = ignored_cells(eg, grid, LABELS, gold, spans_key="sc")
    row, column, label = (ignored & grid.valid[..., None]).numpy().nonzero()
    doc, start, end = grid.spans(row, column)
    names = list(LABELS)
    columns = zip(doc.tolist(), start.tolist(), end.tolist(), label.tolist())
    return {(i, j, names[a]) for d, i, j, a in columns if d == b}


def test_complete_documents_ignore_no_cell():
    examples = make_examples(Vocab())
    grid = SpanGrid([len(eg.predicted) for eg in examples])
    gold = gold_cells(examples, grid, LABELS, spans_key="sc")
    assert ignored_cells(examples, grid, LABELS, gold, spans_key="sc") is None


def test_spans_that_touch_a_region_that_was_not_annotated_do_not_count():
    examples = make_examples(Vocab(), [("a b", []), ("a b c d e", [(1, 2, "DNA")])])
    gold = examples[1].reference
    gold.spans["sc_unannotated"] = [Span(gold, 1, 3, "DNA"), Span(gold, 4, 5)]
    gold.spans["sc_rejected"] = [Span(gold, 2, 3, "DNA"), Span(gold, 3, 5)]
    grid = SpanGrid([2, 5], max_width=4)
    expected = {
        (i, j, label)
        for i in range(5)
        for j in range(i + 1, min(5, i + 4) + 1)
        for label in LABELS
        if (label == "DNA" and i < 3 and j > 1) or (i < 5 and j > 4)
    } - {(1, 2, "DNA"), (2, 3, "DNA"), *((3, 5, label) for label in LABELS)}
    assert ignored_spans(examples, grid, 1) == expected
    assert ignored_spans(examples, grid, 0) == set()


def test_without_the_key_only_rejected_spans_count():
    examples = make_examples(Vocab(), [("a b c", []), ("a b", [])])
    del examples[0].reference.spans["sc"]
    examples[0].reference.spans["sc_rejected"] = [Span(examples[0].reference, 0, 2, "DNA")]
    grid = SpanGrid([3, 2])
    every = {(i, j, a) for i in range(3) for j in range(i + 1, 4) for a in LABELS}
    assert ignored_spans(examples, grid, 0) == every - {(0, 2, "DNA")}
    assert ignored_spans(examples, grid, 1) == set()


def test_a_rejected_span_as_wide_as_the_grid_counts_and_a_wider_one_has_no_cell():
    examples = make_examples(Vocab(), [("a b c", [])])
    gold = examples[0].reference
    del gold.spans["sc"]
    gold.spans["sc_rejected"] = [Span(gold, 0, 2, "DNA"), Span(gold, 0, 3, "DNA")]
    every = {(i, j, a) for i, j in [(0, 1), (0, 2), (1, 2), (1, 3), (2, 3)] for a in LABELS}
    assert ignored_spans(examples, SpanGrid([3], max_width=2), 0) == every - {(0, 2, "DNA")}


def test_a_region_and_a_rejected_span_of_a_label_that_the_pipe_lacks_change_nothing():
    examples = make_examples(Vocab(), [("a b", [])])
    gold = examples[0].reference
    gold.spans["sc_unannotated"] = [Span(gold, 0, 1, "RNA"), Span(gold, 0, 1, "DNA")]
    gold.spans["sc_rejected"] = [Span(gold, 0, 1, "RNA")]
    spans = ignored_spans(examples, SpanGrid([2]), 0)
    assert spans == {(0, 1, "DNA"), (0, 2, "DNA")}


def test_regions_are_carried_over_to_other_tokens():
    vocab = Vocab()
    reference = Doc(vocab, words=["IL-2", "gene"])
    predicted = Doc(vocab, words=["IL", "-2", "gene"], spaces=[False, True, False])
    reference.spans["sc"] = []
    reference.spans["sc_unannotated"] = [Span(reference, 0, 1)]
    spans = ignored_spans([Example(predicted, reference)], SpanGrid([3]), 0)
    assert {(i, j) for i, j, _ in spans} == {(0, 1), (0, 2), (0, 3), (1, 2), (1, 3)}


def test_a_span_that_ends_on_a_blank_inside_a_predicted_token_is_lost():
    """A prediction has the characters of its tokens, so it would never be right."""
    vocab = spacy.blank("en").vocab
    predicted = Doc(vocab, words=["seal\t", "worn"], spaces=[False, False])
    reference = Doc(vocab, words=["seal", "\t", "worn"], spaces=[False] * 3)
    reference.spans["sc"] = [
        Span(reference, 0, 1, label="x"),
        Span(reference, 0, 3, label="x"),
        Span(reference, 1, 1, label="x"),
    ]
    found, lost = aligned_spans(Example(predicted, reference), spans_key="sc")
    assert [(span.start, span.end) for span in found] == [(0, 2)]
    assert [(span.start, span.end) for span in lost] == [(0, 1), (1, 1)]
