import json
from pathlib import Path
from typing import Any, List

import pytest

from spacy_nested_ner.corpus.faults import collect_faults
from spacy_nested_ner.corpus.readers.doccano import read_doccano
from spacy_nested_ner.corpus.records import Lost, Mention, Record
from spacy_nested_ner.user_error import UserError
from tests.corpus.source_files import write_archive

TEXT = "feed pump seal leaks"
SEAL, PUMP = Mention(0, 14, "PART"), Mention(0, 9, "PART")
LISTS = {"id": 1, "text": TEXT, "label": [[0, 9, "PART"], [0, 14, "PART"]], "Comments": []}
OBJECTS = {
    "id": 1,
    "text": TEXT,
    "entities": [
        {"id": 7, "label": "PART", "start_offset": 0, "end_offset": 9},
        {"id": 8, "label": "PART", "start_offset": 0, "end_offset": 14},
    ],
    "relations": [{"id": 1, "from_id": 7, "to_id": 8, "type": "of"}],
}


def read(folder: Path, *values: Any, name: str = "all.jsonl") -> List[Record]:
    lines = [json.dumps(value, ensure_ascii=False) for value in values]
    text = "\n".join(lines) if name.endswith("l") else f"[{','.join(lines)}]"
    (folder / name).write_text(text, encoding="utf8")
    return list(read_doccano(folder / name))


@pytest.mark.parametrize("name", ["all.jsonl", "all.json"])
@pytest.mark.parametrize(
    "value",
    [
        LISTS,
        OBJECTS,
        {"id": 1, "text": TEXT, "labels": LISTS["label"], "meta": {}},
        {"id": 1, "data": TEXT, "label": LISTS["label"]},
    ],
)
def test_every_form_gives_the_same_record(tmp_path, name, value):
    expected = Record("1", "1", TEXT, (SEAL, PUMP), annotator="all")
    assert read(tmp_path, value, name=name) == [expected]


def test_users_have_a_file_each(tmp_path):
    read(tmp_path, LISTS, {"id": 2, "text": "another", "label": []}, name="ann.jsonl")
    read(
        tmp_path, {**LISTS, "label": []}, {"id": 2, "text": "else", "label": []}, name="b.jsonl"
    )
    assert [(r.id, r.annotator, len(r.mentions)) for r in read_doccano(tmp_path)] == [
        ("1", "ann", 2),
        ("2", "ann", 0),
        ("1", "b", 0),
        ("b:2", "b", 0),  # another text
    ]


def test_parts_of_an_archive(tmp_path):
    line = json.dumps(LISTS).encode()
    archive = write_archive(tmp_path / "a.zip", {"train.jsonl": line, "test.jsonl": line})
    assert [(r.id, r.part) for r in read_doccano(archive)] == [
        ("1", "test"),
        ("train:1", "train"),
    ]


@pytest.mark.parametrize(
    ("text", "label", "found"),
    [
        ("🔥🔥 a pump leaks", [7, 11], "pump"),  # UTF-16
        ("🔥🔥 a pump leaks", [5, 9], "pump"),
        ("🔥 the pump", [7, 11], "pump"),
        ("🔥 the pump", [6, 10], "pump"),
        ("pump 🔥", [5, 7], "🔥"),
        ("pump 🔥", [5, 6], "🔥"),
        ("🔥水泵漏油", [1, 3], "水泵"),  # both fit as well: characters
    ],
)
def test_offsets_behind_an_emoji_count_what_fits_the_words(tmp_path, text, label, found):
    (record,) = read(tmp_path, {"id": 1, "text": text, "label": [[*label, "A"]]})
    ((start, end, _),) = record.mentions
    assert text[start:end] == found


def test_a_repeat_is_lost(tmp_path):
    (record,) = read(tmp_path, {**LISTS, "label": [[0, 4, "A"], [0, 4, "A"]]})
    assert record.lost == (Lost("repeated", "all.jsonl, line 1", "feed"),)


BAD = {
    "outside": ({**LISTS, "label": [[0, 30, "A"]]}, "A .* 0 to 30"),
    "no number": ({**LISTS, "label": [[0, "4", "A"]]}, "0 to '4'"),
    "a number as label": ({**LISTS, "label": [[0, 4, 3]]}, r"\[0, 4, 3\]"),
    "two values": ({**LISTS, "label": [[0, 4]]}, r"\[0, 4\]"),
    "another object": (
        {**OBJECTS, "entities": [{"start": 0, "end": 4, "label": "A"}]},
        "start",
    ),
    "a category": ({**LISTS, "label": ["A"]}, '"A"'),
    "no list": ({**LISTS, "label": "A"}, '"A"'),
    "two places": ({**LISTS, "entities": []}, "id, text, label"),
    "no mentions": ({"id": 3, "text": TEXT}, "id, text"),
    "no text": ({"id": 3, "label": []}, "id, label"),
    "no object": ([TEXT], "no object"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_line_is_named(tmp_path, case):
    bad, message = BAD[case]
    with pytest.raises(UserError, match=message) as error:
        read(tmp_path, {**LISTS, "id": 9}, bad)
    assert "all.jsonl, line 2" in str(error.value)


def test_faults_are_left_out_one_by_one(tmp_path):
    with collect_faults() as faults:
        records = read(
            tmp_path, {**LISTS, "label": [[0, 30, "A"], [0, 9, "PART"]]}, {"id": 2}, [], LISTS
        )
    assert [fault.of for fault in faults] == ["annotation", "record", "record", "record"]
    assert [record.mentions for record in records] == [(PUMP,)]
