"""The counts behind a comparison."""

import numpy
import spacy
from spacy.tokens import Doc, Span
from spacy.training import Example

from benchmarks.counts import count_spans, in_groups
from spacy_nested_ner.evaluation.documents import pair_examples

NLP = spacy.blank("en")


def example(document, gold, predicted):
    docs = []
    for spans in (predicted, gold):
        doc = Doc(NLP.vocab, list("abcdefgh"), user_data={"document": document})
        doc.spans["sc"] = [Span(doc, *span) for span in spans]
        docs.append(doc)
    return Example(*docs)


DOCS = pair_examples(
    [
        example(
            "one",
            [(0, 3, "X"), (1, 2, "Y"), (5, 6, "X"), (6, 8, "Y")],
            [(0, 3, "X"), (1, 2, "X"), (5, 7, "X")],
        ),
        example("two", [], [(0, 1, "Z")]),
        example("one", [(2, 4, "Y")], [(2, 4, "Y"), (2, 3, "Y")]),
    ],
    "sc",
)


def test_counts_are_gold_predicted_and_right_mentions():
    counts = count_spans(DOCS)
    assert counts["total"] == [5, 6, 2]
    assert counts["boundary"] == [5, 6, 3]
    assert counts["per_type"] == {"X": [2, 3, 1], "Y": [3, 2, 1], "Z": [0, 1, 0]}


def test_nested_counts_gold_mentions_inside_or_around_another_and_those_found():
    assert count_spans(DOCS)["nested"] == [2, 1]


def test_same_label_counts_only_those_nested_with_their_own_label():
    assert count_spans(DOCS)["same_label"] == [0, 0]
    gold = [(0, 3, "X"), (0, 1, "X"), (1, 2, "Y")]
    docs = pair_examples([example("one", gold, gold[:1])], "sc")
    assert count_spans(docs)["same_label"] == [2, 1]
    assert count_spans(docs)["nested"] == [3, 1]


def test_texts_of_one_document_are_one_row():
    assert count_spans(DOCS)["per_document"] == [[5, 5, 2], [0, 1, 0]]


def test_grouping_rows_keeps_their_sums_and_is_even():
    rows = numpy.array([[i, 2 * i, 1] for i in range(7)])
    grouped = in_groups(rows, 3)
    assert grouped[:, 2].tolist() == [2, 2, 3]
    assert grouped.sum(axis=0).tolist() == [21, 42, 7]
    assert in_groups(rows, 9).tolist() == rows.tolist()
    assert in_groups(rows[:0]).tolist() == []
