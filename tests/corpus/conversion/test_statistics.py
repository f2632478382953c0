from typing import Any, Dict, Sequence

import pytest
import spacy
from spacy.language import Language

from spacy_nested_ner.corpus.conversion.convert import make_doc
from spacy_nested_ner.corpus.conversion.statistics import (
    PartCounts,
    count_nesting,
    count_widths,
)
from spacy_nested_ner.corpus.records import Mention, Record


def count_part(nlp: Language, records: Sequence[Record], align: str = "drop") -> Dict[str, Any]:
    counts = PartCounts()
    for record in records:
        counts.add(record, *make_doc(nlp, record, "sc", align))
    return counts.report()


@pytest.mark.parametrize(
    ("spans", "overlapping", "inside", "depth"),
    [
        ([], 0, 0, 0),
        ([(0, 3), (3, 5)], 0, 0, 1),  # they touch
        ([(0, 9), (0, 4), (6, 9)], 3, 2, 2),  # same start, same end
        ([(0, 9), (1, 8), (2, 3), (5, 7), (20, 22)], 4, 3, 3),
        ([(0, 5), (3, 8)], 2, 0, 1),  # they cross
        ([(0, 5), (0, 5)], 2, 0, 1),  # two labels on a span
        ([(0, 9), (0, 5), (0, 5), (2, 4)], 4, 3, 3),
        ([(0, 9), (1, 4), (2, 6), (2, 3)], 4, 3, 3),  # a chain past a crossing
    ],
)
def test_nesting_is_counted(spans, overlapping, inside, depth):
    mentions = [Mention(start, end, f"L{i}") for i, (start, end) in enumerate(spans)]
    assert count_nesting([mentions]) == (overlapping, inside, depth)
    assert count_nesting([mentions[::-1]]) == (overlapping, inside, depth)


def test_mentions_of_two_texts_have_nothing_to_do_with_each_other():
    texts = [
        [Mention(0, 9, "A"), Mention(2, 4, "B")],
        [],
        [Mention(3, 8, "A"), Mention(3, 5, "A"), Mention(4, 5, "B"), Mention(10, 12, "B")],
    ]
    one_by_one = [count_nesting([mentions]) for mentions in texts]
    assert one_by_one == [(2, 1, 2), (0, 0, 0), (3, 2, 3)]
    assert count_nesting(texts) == (5, 3, 3)
    assert count_nesting([]) == (0, 0, 0)


def test_width_percentiles_are_widths_that_occur():
    widths = [1] * 50 + [2] * 40 + [3] * 5 + [4] * 4 + [9]
    expected = {"p50": 1, "p90": 2, "p95": 3, "p99": 4, "p99.9": 9, "max": 9}
    assert count_widths(widths) == expected
    assert count_widths([7]) == dict.fromkeys(expected, 7)
    assert count_widths([]) == {}


def test_a_part_is_counted_in_the_source_and_in_tokens():
    nlp = spacy.blank("en")
    records = [
        Record(
            "A:0",
            "A",
            "the new ABC gene of xABC",
            (Mention(8, 16, "DNA"), Mention(8, 11, "protein"), Mention(21, 24, "protein")),
        ),
        Record("A:1", "A", "nothing here", ()),
        Record("B:0", "B", "ABC", (Mention(0, 3, "protein"),)),
    ]
    assert count_part(nlp, records) == {
        "articles": 2,
        "docs": 3,
        "tokens": 9,
        "spans": 4,
        "written": 3,
        "labels": {"DNA": 1, "protein": 3},
        "without_mention": 1,
        "nested_share": 0.5,
        "inside_another": 1,
        "depth": 2,
        "width": {"p50": 1, "p90": 2, "p95": 2, "p99": 2, "p99.9": 2, "max": 2},
        "misaligned": {
            "count": 1,
            "share": 0.25,
            "moved": 0,
            "dropped": 1,
            "merged": 0,
            "examples": [
                {
                    "id": "A:0",
                    "label": "protein",
                    "text": "ABC",
                    "token": "xABC",
                    "written": None,
                }
            ],
        },
    }


def test_at_most_five_misaligned_mentions_are_shown_and_all_are_counted():
    nlp = spacy.blank("en")
    records = [Record(f"A:{i}", "A", "xABC", (Mention(1, 4, "DNA"),)) for i in range(7)]
    misaligned = count_part(nlp, records)["misaligned"]
    assert misaligned["count"] == 7
    assert [example["id"] for example in misaligned["examples"]] == [f"A:{i}" for i in range(5)]


@pytest.mark.parametrize(
    ("align", "moved", "dropped", "merged", "written"),
    [("drop", 0, 4, 0, 2), ("expand", 4, 0, 2, 4), ("contract", 1, 3, 1, 2)],
)
def test_mentions_that_do_not_fit_are_moved_dropped_or_merged(
    align, moved, dropped, merged, written
):
    spans = [(0, 8, "DNA"), (0, 3, "DNA"), (0, 7, "DNA"), (1, 3, "DNA"), (1, 2, "RNA")]
    mentions = tuple(Mention(*span) for span in [*spans, (4, 6, "RNA")])
    records = [Record("A:0", "A", "ABC gene", mentions)]
    part = count_part(spacy.blank("en"), records, align)
    counts = [part["misaligned"][key] for key in ("count", "moved", "dropped", "merged")]
    assert counts == [4, moved, dropped, merged]
    assert (part["spans"], part["written"]) == (6, written)
    doc, _ = make_doc(spacy.blank("en"), records[0], "sc", align)
    assert len(doc.spans["sc"]) == written
    assert part["misaligned"]["share"] == 0.66667
    example = part["misaligned"]["examples"][0]
    assert (example["text"], example["token"]) == ("ABC gen", "ABC gene")
    became = {"drop": None, "expand": "ABC gene", "contract": "ABC"}
    assert example["written"] == became[align]
