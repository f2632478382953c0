import json
from pathlib import Path
from typing import Any, Dict, List, Union

import pytest

from spacy_nested_ner.corpus.readers.cmeee import read_cmeee
from spacy_nested_ner.corpus.records import Lost, Mention, Record, Skipped
from spacy_nested_ner.user_error import UserError
from tests.corpus.source_files import write_archive

TEXT = "主泵轴承温度高，轴承过热。"


def entity(start: int, text: str, type: str = "part", after: int = 0) -> Dict[str, Any]:
    """An entity whose `end_idx` is the character after it, or the last one if after is -1."""
    end = start + len(text) + after
    return {"start_idx": start, "end_idx": end, "type": type, "entity": text}


def entities(after: int = 0) -> List[Dict[str, Any]]:
    return [
        entity(0, "主泵轴承", "device", after),
        entity(2, "轴承", "part", after),
        entity(12, "。", "mark", after),
    ]


def read(folder: Path, value: Any, name: str = "x.json") -> List[Union[Record, Skipped]]:
    file = folder / name
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    file.write_text(text, encoding="utf8")
    return list(read_cmeee(file))


@pytest.mark.parametrize("after", [-1, 0])
def test_the_mentions_determine_how_the_end_is_counted(tmp_path, after):
    records = [{"text": TEXT, "entities": entities(after)}, {"text": "无", "entities": []}]
    assert read(tmp_path, records) == [
        Record(
            "x:0",
            "x:0",
            TEXT,
            (Mention(0, 4, "device"), Mention(2, 4, "part"), Mention(12, 13, "mark")),
        ),
        Record("x:1", "x:1", "无", ()),
    ]


def test_each_file_may_count_in_its_own_way(tmp_path):
    for name, after in (("CMeEE_train.json", -1), ("CMeEE_dev.json", 0)):
        read(tmp_path, [{"text": TEXT, "entities": entities(after)}], name)
    dev, train = read_cmeee(tmp_path)
    assert (dev.part, train.part) == ("dev", "train")
    assert dev.mentions == train.mentions
    assert (dev.id, train.id) == ("CMeEE_dev:0", "CMeEE_train:0")


@pytest.mark.parametrize("first", [-1, 0])
def test_two_ways_in_one_file_are_refused(tmp_path, first):
    mixed = [entities(first)[0], entities(-1 - first)[1]]
    records = [{"text": TEXT, "entities": entities(first)}, {"text": TEXT, "entities": mixed}]
    with pytest.raises(UserError, match="'end_idx'") as error:
        read(tmp_path, records)
    assert str(error.value).startswith("x.json, record 1 (from 0), entity 1: ")


def test_characters_outside_of_the_basic_plane_count_as_one(tmp_path):
    (record,) = read(tmp_path, json.dumps([{"text": "𠮷🦠泵", "entities": [entity(2, "泵")]}]))
    assert record.mentions == (Mention(2, 3, "part"),)


def test_an_unlabelled_file_is_skipped_and_counted(tmp_path):
    read(tmp_path, [{"text": TEXT}, {"text": "无"}], "CMeEE-V2_test.json")
    read(tmp_path, [{"text": TEXT, "entities": []}], "CMeEE-V2_train.json")
    assert list(read_cmeee(tmp_path)) == [
        Skipped("unlabelled", "CMeEE-V2_test.json, record 0 (from 0)"),
        Skipped("unlabelled", "CMeEE-V2_test.json, record 1 (from 0)"),
        Record("CMeEE-V2_train:0", "CMeEE-V2_train:0", TEXT, (), part="train"),
    ]


@pytest.mark.parametrize("name", ["example_gold.json", "example_pred.json"])
def test_the_examples_of_the_benchmark_are_skipped_and_counted(tmp_path, name):
    # the mentions of the one for what is handed in have no text
    bare = {"start_idx": 0, "end_idx": 1, "type": "part"}
    skipped = read(tmp_path, [{"text": TEXT, "entities": [bare]}], name)
    assert skipped == [Skipped("example", f"{name}, record 0 (from 0)")]


def test_a_repeat_is_reported_and_two_types_on_a_span_are_not(tmp_path):
    three = [entity(0, "主泵", "a"), entity(0, "主泵", "b"), entity(0, "主泵", "a")]
    (record,) = read(tmp_path, [{"text": TEXT, "entities": three}])
    assert record.mentions == (Mention(0, 2, "a"), Mention(0, 2, "b"))
    assert record.lost == (Lost("repeated", "x.json, record 0 (from 0), entity 2", "主泵"),)


def test_own_ids_are_kept_and_other_fields_passed_over(tmp_path):
    records = [
        {"text": "泵", "entities": [{**entity(0, "泵"), "note": 1}], "id": "A-7"},
        {"text": "泵", "entities": [], "id": 7, "source": "log"},
        {"text": "泵", "entities": [], "id": None},
    ]
    assert [record.id for record in read(tmp_path, records)] == ["A-7", "7", "x:2"]


def test_an_archive_gives_the_records_of_its_files(tmp_path):
    data = json.dumps([{"text": TEXT, "entities": entities()}]).encode("utf-8-sig")
    archive = write_archive(tmp_path / "a.zip", {"CMeEE/CMeEE_dev.json": data})
    (record,) = read_cmeee(archive)
    assert (record.part, len(record.mentions)) == ("dev", 3)


BAD_ENTITIES = {
    "past the end": ({"end_idx": 99}, " 2 to 99 .* 13 "),
    "negative": ({"start_idx": -11, "end_idx": -9}, " -11 to -9 "),
    "reversed": ({"start_idx": 4, "end_idx": 2}, " 4 to 2 "),
    "empty": ({"start_idx": 2, "end_idx": 2, "entity": ""}, " 2 to 2 "),
    "another text": ({"entity": "轴瓦"}, " 2 to 4 .*'轴承'.* '轴瓦'"),
    "no text": ({"entity": None}, "'entity' .* None"),
    "no type": ({"type": 3}, "'type' .* 3"),
    "a text for a number": ({"start_idx": "2"}, "'start_idx' .* '2'.* number"),
    "a fraction": ({"end_idx": 4.0}, "'end_idx' .* 4.0.* number"),
    "a truth value": ({"start_idx": True}, "'start_idx' .* True.* number"),
}


@pytest.mark.parametrize("case", BAD_ENTITIES)
def test_a_bad_entity_is_named(tmp_path, case):
    change, message = BAD_ENTITIES[case]
    bad = {**entity(2, "轴承"), **change}
    records = [{"text": "无", "entities": []}, {"text": TEXT, "entities": [entities()[0], bad]}]
    with pytest.raises(UserError, match=message) as error:
        read(tmp_path, records)
    assert str(error.value).startswith("x.json, record 1 (from 0), entity 1: ")


def test_a_blank_mention_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"entity 0: part .* 1 to 2 "):
        read(tmp_path, [{"text": "泵 坏", "entities": [entity(1, " ")]}])


GOOD = [{"text": TEXT, "entities": entities(), "id": 1}]
BAD_FILES = {
    "cut short": (json.dumps(GOOD, indent=1)[:-30], r"x.json, line \d+, column \d+: "),
    "an object": ({"data": GOOD}, r"x\.json .* JSON list"),
    "lines of JSON": ("{}\n{}", "x.json, line 2, column 1: "),
    "texts": ([*GOOD, "泵"], r"record 1 \(from 0\).* 'text'"),
    "no text": ([*GOOD, {"entities": []}], r"record 1 \(from 0\).* 'text'"),
    "no list": ([*GOOD, {"text": "泵"}], r"record 1 \(from 0\).* 'entities'"),
    "null": ([*GOOD, {"text": "泵", "entities": None}], "record 1 .* 'entities'"),
    "no objects": (
        [*GOOD, {"text": "泵", "entities": [[0, 1]]}],
        r"record 1 .*\[0, 1\] .* object",
    ),
    "an id again": (GOOD * 2, "record 1 .* id '1' .* record 0"),
    "no id": ([{**GOOD[0], "id": [1]}], r"\[1\] .* id"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_refused(tmp_path, case):
    value, message = BAD_FILES[case]
    with pytest.raises(UserError, match=message):
        read(tmp_path, value)


def test_another_encoding_is_refused(tmp_path):
    (tmp_path / "x.json").write_bytes(json.dumps(GOOD, ensure_ascii=False).encode("gb18030"))
    with pytest.raises(UserError, match=r"x.json, line 1: byte 0x\w\w "):
        list(read_cmeee(tmp_path / "x.json"))
