"""Recall of all gold mentions, also of those that the tokens cannot carry."""

import pytest
from spacy.tokens import DocBin
from spacy.training import Example
from spacy.vocab import Vocab

from spacy_nested_ner.api.evaluation_result import EvaluationResult
from spacy_nested_ner.corpus.conversion.convert import make_doc
from spacy_nested_ner.corpus.records import Lost, Mention, Record
from spacy_nested_ner.corpus.tokenizers import blank_pipeline
from spacy_nested_ner.evaluation.compare import compare_results
from spacy_nested_ner.evaluation.documents import pair_examples
from spacy_nested_ner.evaluation.results import make_results, read_documents

TEXT = "ZEDs bind the BRX"
RECORD = Record(
    "a:0",
    "a",
    TEXT,
    (Mention(0, 3, "protein"), Mention(0, 4, "protein"), Mention(14, 17, "protein")),
    lost=(
        Lost("discontinuous", "x.ann:3", "ZEDs BRX"),
        Lost("repeated", "x.ann:4", "BRX"),
    ),
)


def convert(record, align="drop"):
    """The doc of a record, read again from a file, and one with the gold spans predicted."""
    nlp = blank_pipeline("en", {"@tokenizers": "spacy_nested_ner.PunctuationTokenizer.v1"})
    doc, _ = make_doc(nlp, record, "sc", align)
    data = DocBin(docs=[doc], store_user_data=True).to_bytes()
    (reference,) = DocBin().from_bytes(data).get_docs(Vocab())
    return Example(reference.copy(), reference)


@pytest.fixture
def results():
    empty = Record("b:0", "b", "no name", ())
    docs = pair_examples([convert(record) for record in (RECORD, RECORD, empty)], "sc")
    return make_results(docs, meta={}, corpus="x", spans_key="sc", speed=1.0, n_resamples=100)


def test_mentions_that_the_tokens_cannot_carry_count_as_gold_that_is_not_found(results):
    every = results["scores"]["all"]
    assert (every["micro"]["gold"], every["micro"]["r"]["value"]) == (4, 1.0)
    # 2 inside a token, and 2 of several parts
    assert (every["all_gold"]["gold"], every["all_gold"]["found"]) == (8, 4)
    assert every["all_gold"]["r"]["value"] == 0.5
    assert every["all_gold"]["p"]["value"] == 1.0
    assert every["all_gold"]["r"]["low"] < 0.5 < every["all_gold"]["r"]["high"]
    assert results["out_of_reach"] == {"not_aligned": {"protein": 2}, "discontinuous": 2}


def test_they_stand_in_the_table_and_in_the_documents(results):
    assert results["documents"][0]["not_aligned"] == [(0, 3, "protein")]
    again = read_documents(results)
    assert (again[0].not_aligned[0].label, again[0].n_discontinuous) == ("protein", 1)
    compared = compare_results(results, results, n_resamples=0)
    assert compared["scores"]["all"]["all_gold"]["r"]["a"] == 0.5
    shown = str(
        EvaluationResult({**results, "pipeline": {"lang": "en", "name": "x", "version": "0"}})
    )
    (row,) = (line.split() for line in shown.splitlines() if "out of reach" in line)
    assert row[-8:-4] == ["8", "4", "100.0", "50.0"]


def test_without_such_mentions_there_is_no_row():
    plain = pair_examples([convert(Record("a", "a", TEXT, RECORD.mentions[1:]))], "sc")
    results = make_results(plain, meta={}, corpus="x", spans_key="sc", speed=1.0)
    shown = str(
        EvaluationResult({**results, "pipeline": {"lang": "", "name": "", "version": ""}})
    )
    assert "out of reach" not in shown
    assert results["scores"]["all"]["all_gold"] == results["scores"]["all"]["micro"]


def test_a_mention_that_moved_to_whole_tokens_is_not_out_of_reach():
    assert "not_aligned" not in convert(RECORD, "expand").reference.user_data
