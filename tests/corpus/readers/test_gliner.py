import json
from pathlib import Path
from typing import Any, List, Union

import pytest

from spacy_nested_ner.corpus.faults import collect_faults
from spacy_nested_ner.corpus.readers.gliner import read_gliner
from spacy_nested_ner.corpus.records import Lost, Mention, Record, Skipped
from spacy_nested_ner.user_error import UserError

TOKENS = ["feed", "pump", "seal", "leaks"]
GOOD = {"tokenized_text": TOKENS, "ner": [[0, 1, "part"], [0, 2, "part"], [3, 3, "state"]]}


def read(folder: Path, *values: Any, name: str = "x.json") -> List[Union[Record, Skipped]]:
    lines = [json.dumps(value, ensure_ascii=False) for value in values]
    text = "\n".join(lines) if name.endswith("l") else f"[{','.join(lines)}]"
    (folder / name).write_text(text, encoding="utf8")
    return list(read_gliner(folder / name))


@pytest.mark.parametrize("name", ["train.json", "train.jsonl"])
def test_ends_are_included(tmp_path, name):
    (record,) = read(tmp_path, GOOD, name=name)
    mentions = (Mention(0, 14, "part"), Mention(0, 9, "part"), Mention(15, 20, "state"))
    assert record == Record(
        "train:0", "train:0", "feed pump seal leaks", mentions, part="train"
    )


def test_ids_repeats_and_texts_without_tokens(tmp_path):
    twice = [[0, 0, "part"], [0, 0, "part", 0.5]]
    first, second, third = read(
        tmp_path,
        {**GOOD, "id": "A", "ner": twice, "negatives": ["state"]},
        {"tokenized_text": [], "ner": []},
        {**GOOD, "ner": []},
    )
    assert (first.id, first.mentions) == ("A", (Mention(0, 4, "part"),))
    assert first.lost == (Lost("repeated", "x.json, record 0 (from 0)", "feed"),)
    assert second == Skipped("empty", "x.json, record 1 (from 0)")
    assert (third.id, third.mentions) == ("x:2", ())


BAD = {
    "after the last": ({**GOOD, "ner": [[0, 4, "a"]]}, r"\[0, 4, \"a\"\].* 0 to 3"),
    "reversed": ({**GOOD, "ner": [[2, 1, "a"]]}, r"\[2, 1, \"a\"\]"),
    "negative": ({**GOOD, "ner": [[-1, 1, "a"]]}, r"\[-1, 1, \"a\"\]"),
    "no number": ({**GOOD, "ner": [[0, True, "a"]]}, r"\[0, true, \"a\"\]"),
    "no label": ({**GOOD, "ner": [[0, 1]]}, r"\[0, 1\]"),
    "a number as label": ({**GOOD, "ner": [[0, 1, 2]]}, r"\[0, 1, 2\]"),
    "an object": ({**GOOD, "ner": [{"start": 0}]}, '"start": 0'),
    "no list": ({**GOOD, "ner": "none"}, '"none"'),
    "mentions without tokens": ({"tokenized_text": [], "ner": [[0, 0, "a"]]}, r"\[0, 0, \"a\""),
    "an empty token": ({**GOOD, "tokenized_text": ["feed", ""]}, "token 1"),
    "no tokens": ({"ner": []}, "ner"),
    "no object": (TOKENS, "no object"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_value_is_named(tmp_path, case):
    bad, message = BAD[case]
    with pytest.raises(UserError, match=message) as error:
        read(tmp_path, GOOD, bad)
    assert "x.json, record 1 (from 0)" in str(error.value)


def test_faults_are_left_out_one_by_one(tmp_path):
    with collect_faults() as faults:
        records = read(tmp_path, {**GOOD, "ner": [[0, 9, "a"], [0, 1, "part"]]}, {}, [], GOOD)
    assert [fault.of for fault in faults] == ["annotation", "record", "record"]
    assert [len(record.mentions) for record in records] == [1, 3]
