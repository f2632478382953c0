import spacy
import torch
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.vocab import Vocab

from spacy_nested_ner.gold_alignment import aligned_spans
from spacy_nested_ner.model.grid import SpanGrid
from spacy_nested_ner.pipe.targets import gold_cells
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
