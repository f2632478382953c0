import json
from pathlib import Path
from typing import Any, List, Union

import pytest

from spacy_nested_ner.corpus.faults import collect_faults
from spacy_nested_ner.corpus.readers.dygie import read_dygie
from spacy_nested_ner.corpus.records import Mention, Record, Skipped
from spacy_nested_ner.user_error import UserError

SENTENCES = [["feed", "pump", "leaks"], [], ["seal", "is", "worn"]]
NER = [[[0, 1, "PART"], [0, 0, "PART"]], [], [[3, 3, "PART"], [4, 5, "STATE", 0.9]]]
GOOD = {"doc_key": "d", "dataset": "x", "sentences": SENTENCES, "ner": NER, "relations": [[]]}


def read(folder: Path, *values: Any, name: str = "x.jsonl") -> List[Union[Record, Skipped]]:
    text = "\n".join(json.dumps(value) for value in values)
    (folder / name).write_text(text, encoding="utf8")
    return list(read_dygie(folder / name))


def test_numbers_of_tokens_go_through_the_document_and_ends_are_included(tmp_path):
    assert read(tmp_path, GOOD, name="dev.jsonl") == [
        Record(
            "d:0",
            "d",
            "feed pump leaks",
            (Mention(0, 9, "PART"), Mention(0, 4, "PART")),
            part="dev",
        ),
        Skipped("empty", "dev.jsonl, line 1"),
        Record(
            "d:2",
            "d",
            "seal is worn",
            (Mention(0, 4, "PART"), Mention(5, 12, "STATE")),
            part="dev",
        ),
    ]


def test_documents_have_their_keys_or_numbers_and_one_without_mentions_is_skipped(tmp_path):
    short = {"sentences": [["seal"]], "ner": [[]]}
    items = read(tmp_path, {**short, "doc_key": 7}, short, {"sentences": [["seal"]]})
    assert [(r.id, r.document) for r in items[:2]] == [("7:0", "7"), ("x:1:0", "x:1")]
    assert items[2:] == [Skipped("unlabelled", "x.jsonl, line 3")]


def test_a_document_of_another_file_is_another_document(tmp_path):
    read(tmp_path, GOOD, name="a.jsonl")
    read(tmp_path, GOOD, name="b.jsonl")
    records = [record for record in read_dygie(tmp_path) if isinstance(record, Record)]
    assert [record.document for record in records] == ["d", "d", "b:d", "b:d"]


BAD = {
    "in the next sentence": ({**GOOD, "ner": [[[2, 3, "A"]], [], []]}, r"\[2, 3, .* 0 to 2"),
    "of another sentence": ({**GOOD, "ner": [[], [], [[0, 1, "A"]]]}, r"\[0, 1, .* 3 to 5"),
    "too few lists": ({**GOOD, "ner": [[], []]}, "3 sentences"),
    "no list": ({**GOOD, "ner": [[], 0, []]}, "0 is no list"),
    "no sentences": ({"doc_key": "d", "text": "feed pump"}, "doc_key, text"),
    "no tokens": ({**GOOD, "sentences": ["feed pump"]}, '"feed pump"'),
    "a document again": ({**GOOD, "doc_key": "first"}, "'first'.*line 1"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_document_is_named(tmp_path, case):
    bad, message = BAD[case]
    with pytest.raises(UserError, match=message) as error:
        read(tmp_path, {**GOOD, "doc_key": "first"}, bad)
    assert "x.jsonl, line 2" in str(error.value)


def test_faults_are_left_out_one_by_one(tmp_path):
    with collect_faults() as faults:
        items = read(tmp_path, {**GOOD, "ner": [[[0, 9, "A"], [0, 1, "PART"]], [], 0]}, {}, [])
    assert [fault.of for fault in faults] == ["annotation", "record", "record", "record"]
    assert [len(item.mentions) for item in items if isinstance(item, Record)] == [1]
