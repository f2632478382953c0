import json
from pathlib import Path
from typing import Any, List

import pytest

from spacy_nested_ner.corpus.faults import collect_faults
from spacy_nested_ner.corpus.readers.spacy_tuples import read_spacy_tuples
from spacy_nested_ner.corpus.records import Mention, Record
from spacy_nested_ner.user_error import UserError

TEXT = "feed pump seal leaks"
SEAL, PUMP = Mention(0, 14, "PART"), Mention(0, 9, "PART")
LISTS = [[0, 9, "PART"], [0, 14, "PART", "Q7"]]
OBJECTS = [{"start": 0, "end": 9, "label": "PART"}, {"start": 0, "end": 14, "label": "PART"}]


def read(folder: Path, *values: Any, name: str = "x.json") -> List[Record]:
    lines = [json.dumps(value, ensure_ascii=False) for value in values]
    text = "\n".join(lines) if name.endswith("l") else f"[{','.join(lines)}]"
    (folder / name).write_text(text, encoding="utf8")
    return list(read_spacy_tuples(folder / name))


@pytest.mark.parametrize(
    "value",
    [
        [TEXT, {"entities": LISTS}],
        [TEXT, {"entities": OBJECTS, "cats": {"A": 1.0}}],
        [TEXT, {"spans": {"sc": LISTS}, "entities": [[0, 4, "OTHER"]]}],
        {"text": TEXT, "entities": LISTS},
        {"text": TEXT, "spans": OBJECTS},
        {"text": TEXT, "spans": {"parts": LISTS}},
        {"classes": ["PART"], "annotations": [[TEXT, {"entities": LISTS}], None]},
    ],
)
def test_every_form_gives_the_same_record(tmp_path, value):
    assert read(tmp_path, value) == [Record("x:0", "x:0", TEXT, (SEAL, PUMP))]


def test_tuples_may_be_lines(tmp_path):
    records = read(
        tmp_path, [TEXT, {"entities": LISTS}], [TEXT, {"spans": {}}], name="dev.jsonl"
    )
    assert [(r.id, r.part, len(r.mentions)) for r in records] == [
        ("dev:0", "dev", 2),
        ("dev:1", "dev", 0),
    ]


def test_an_object_may_have_an_id(tmp_path):
    records = read(tmp_path, {"text": TEXT, "entities": [], "id": "A"}, [TEXT, {"spans": []}])
    assert [record.id for record in records] == ["A", "x:1"]


BAD = {
    "outside": ([TEXT, {"entities": [[0, 30, "A"]]}], "A .* 0 to 30"),
    "no number": ([TEXT, {"entities": [[0, None, "A"]]}], "0 to None"),
    "no label": ([TEXT, {"entities": [[0, 4]]}], r"\[0, 4\]"),
    "a number as label": ([TEXT, {"entities": [[0, 4, 1]]}], r"\[0, 4, 1\]"),
    "tags": ([TEXT, {"entities": ["O", "B-A"]}], "O.*tags"),
    "two groups": ([TEXT, {"spans": {"a": [], "b": []}}], "a, b"),
    "no mentions": ([TEXT, {"cats": {}}], "cats"),
    "no list": ([TEXT, {"entities": "A"}], '"A"'),
    "no object": ([TEXT, [[0, 4, "A"]]], "neither"),
    "no text": ([["feed"], {"entities": []}], "neither"),
    "three": ([TEXT, {"entities": []}, 1], "neither"),
    "a text": (TEXT, "neither"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_item_is_named(tmp_path, case):
    bad, message = BAD[case]
    with pytest.raises(UserError, match=message) as error:
        read(tmp_path, [TEXT, {"entities": []}], bad)
    assert "x.json, record 1 (from 0)" in str(error.value)


def test_faults_are_left_out_one_by_one(tmp_path):
    with collect_faults() as faults:
        records = read(
            tmp_path,
            [TEXT, {"entities": [[0, 30, "A"], [0, 9, "PART"], [0, 4]]}],
            TEXT,
            [TEXT, {"entities": LISTS}],
        )
    assert [fault.of for fault in faults] == ["annotation", "annotation", "record"]
    assert [record.mentions for record in records] == [(PUMP,), (SEAL, PUMP)]
