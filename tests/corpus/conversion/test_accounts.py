import pytest
import spacy

from spacy_nested_ner.corpus.conversion.accounts import Amount, measure_doc, take_account
from spacy_nested_ner.corpus.conversion.reading import Reading
from spacy_nested_ner.corpus.records import Lost, Mention, Record, Skipped


def record(id: str, text: str, n_mentions: int = 0, *lost: Lost) -> Record:
    mentions = tuple(Mention(0, 1, f"L{i}") for i in range(n_mentions))
    return Record(id, id[0], text, mentions, lost=lost)


REPEATED = Lost("repeated", "a.x, line 1", "A")
READING = Reading(
    [
        record("a:0", "A pump", 2, REPEATED, Lost("discontinuous", "a.x, line 2", "B C")),
        record("b:1", "Oil", 3, REPEATED),
        record("a#2:0", "Valve", 1),
    ],
    [Skipped("rejected", f"a.x, line {i}") for i in range(6)],
)
LEFT_OUT = READING.records[2:]
# "A pump", with a blank, has five characters that count
A, B, NONE = frozenset("a"), frozenset("b"), frozenset("")
WRITTEN = [Amount(5, 1, A), Amount(3, 2, B), Amount(0, 0, NONE)]
PARTS = {
    "train": {"misaligned": {"dropped": 1, "merged": 0}},
    "dev": {"misaligned": {"dropped": 0, "merged": 1}},
    "test": {"misaligned": {"dropped": 0, "merged": 0}},
}


def test_docs_are_measured_without_blanks():
    for text, n_spans, n_characters in ((" A  pump\n runs ", 2, 9), ("", 0, 0)):
        doc = spacy.blank("en")(text)
        doc.spans["sc"] = [doc[i : i + 1] for i in range(n_spans)]
        doc.user_data["document"] = "a"
        assert measure_doc(doc, "sc") == Amount(n_characters, n_spans, frozenset("a"))


def test_what_is_read_is_written_or_reported():
    assert take_account(READING, LEFT_OUT, WRITTEN, PARTS) == {
        "records": {"read": 9, "skipped": 7, "written": 2},
        "mentions": {"read": 6, "skipped": 1, "dropped": 1, "merged": 1, "written": 3},
        "skipped": {
            "count": 7,
            "reasons": {"earlier copy": 1, "rejected": 6},
            "examples": [{"reason": "rejected", "where": f"a.x, line {i}"} for i in range(5)],
        },
        "lost": {
            "count": 3,
            "reasons": {"discontinuous": 1, "repeated": 2},
            "examples": [
                {"reason": "repeated", "where": "a.x, line 1", "text": "A"},
                {"reason": "discontinuous", "where": "a.x, line 2", "text": "B C"},
                {"reason": "repeated", "where": "a.x, line 1", "text": "A"},
            ],
        },
        "trimmed": 0,
        "faults": [],
    }


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ([Amount(5, 1, A), Amount(2, 2, B), Amount(0, 0, NONE)], "characters"),
        ([Amount(5, 1, A), Amount(4, 2, B), Amount(0, 0, NONE)], "characters"),
        ([Amount(5, 1, A), Amount(3, 1, B), Amount(0, 0, NONE)], "mentions"),
        ([Amount(5, 2, A), Amount(3, 2, B), Amount(0, 0, NONE)], "mentions"),
        ([Amount(8, 3, A), Amount(0, 0, NONE), Amount(0, 0, NONE)], "documents"),
    ],
)
def test_an_account_that_does_not_balance_is_our_fault(written, what):
    with pytest.raises(RuntimeError, match=what):
        take_account(READING, LEFT_OUT, written, PARTS)
