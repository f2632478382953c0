import json
from pathlib import Path
from typing import Any, Dict, List, Union

import pytest

from spacy_nested_ner.corpus.faults import collect_faults
from spacy_nested_ner.corpus.readers.label_studio import read_label_studio
from spacy_nested_ner.corpus.records import Lost, Mention, Record, Skipped
from spacy_nested_ner.user_error import UserError
from tests.corpus.source_files import write_archive

TEXT = "feed pump seal leaks"
Object = Dict[str, Any]
SEAL, PUMP = Mention(0, 14, "PART"), Mention(0, 9, "PART")


def value(start: Any, end: Any, *labels: str, text: Any = None) -> Object:
    text = TEXT[start:end] if text is None and type(start) is int else text
    return {"start": start, "end": end, "text": text, "labels": list(labels)}


def region(*arguments: Any, **more: Any) -> Object:
    return {
        "id": "a",
        "from_name": "label",
        "to_name": "text",
        "type": "labels",
        "origin": "manual",
        "value": value(*arguments, **more),
    }


def task(*annotations: Object, id: Any = 1, **more: Any) -> Object:
    return {"id": id, "data": {"text": TEXT}, "annotations": list(annotations), **more}


def annotation(*result: Object, by: Any = 3, **more: Any) -> Object:
    return {"id": 5, "completed_by": by, "result": list(result), "was_cancelled": False, **more}


def read(folder: Path, *tasks: Any, name: str = "x.json") -> List[Union[Record, Skipped]]:
    (folder / name).write_text(json.dumps(tasks, ensure_ascii=False), encoding="utf8")
    return list(read_label_studio(folder / name))


def test_every_label_of_a_region_is_a_mention(tmp_path):
    (record,) = read(
        tmp_path, task(annotation(region(0, 9, "PART", "PUMP"), region(0, 14, "PART")))
    )
    assert record == Record("1", "1", TEXT, (SEAL, PUMP, Mention(0, 9, "PUMP")), annotator="3")


def test_json_min_gives_the_same_records(tmp_path):
    made = [region(0, 14, "PART"), region(0, 9, "PART")]
    full = read(tmp_path, task(annotation(*made)), task(annotation(by=4), id=2))
    beside = {"annotation_id": 9, "created_at": "2024-01-01", "mood": "bad", "lead_time": 1.5}
    first = {"id": 1, "text": TEXT, "label": [r["value"] for r in made], "annotator": 3}
    second = {"id": 2, "text": TEXT, "annotator": 4, "mood": {"choices": ["bad", "new"]}}
    assert read(tmp_path, {**first, **beside}, {**second, **beside}) == full


def test_each_annotation_of_a_task_is_a_record_of_its_annotator(tmp_path):
    unknown = annotation(region(0, 4, "PART"), by=None)
    address = {"id": 7, "email": "a@example.org"}
    records = read(
        tmp_path,
        task(
            annotation(region(0, 14, "PART")),
            annotation(by=address),
            annotation(region(0, 9, "PART")),
            unknown,
        ),
        task(annotation(by=address), id=2),
    )
    assert [(r.id, r.annotator, r.mentions) for r in records] == [
        ("1", "3", (SEAL,)),
        ("1", "7", ()),
        ("1", "3#2", (PUMP,)),
        ("1", "unknown", (Mention(0, 4, "PART"),)),
        ("2", "7", ()),
    ]


def test_objects_of_json_min_with_one_id_are_of_one_text(tmp_path):
    objects = [{"id": 1, "text": TEXT, "annotator": by} for by in (3, "ann@example.org", 3)]
    records = read(tmp_path, *objects)
    assert [(r.id, r.annotator) for r in records] == [
        ("1", "3"),
        ("1", "ann@example.org"),
        ("1", "3#2"),
    ]


def test_cancelled_annotations_and_tasks_without_any_are_skipped(tmp_path):
    prediction = {"model_version": "1", "score": 0.9, "result": [region(0, 9, "PART")]}
    tasks = [
        task(annotation(region(0, 9, "PART"), was_cancelled=True), annotation(by=4)),
        task(id=2, predictions=[prediction]),
        task(id=3, predictions=[]),
        {"id": 4, "text": TEXT, "annotation_id": None, "annotator": {}},
    ]
    items = read(tmp_path, *tasks)
    assert [item for item in items if isinstance(item, Skipped)] == [
        Skipped(reason, f"x.json, record {number} (from 0)")
        for number, reason in enumerate(["cancelled", "prediction", "unlabelled", "unlabelled"])
    ]
    (record,) = (item for item in items if isinstance(item, Record))
    assert (record.id, record.annotator, record.mentions) == ("1", "4", ())
    (record,) = read(tmp_path, task(annotation(), predictions=[prediction]))
    assert record.mentions == ()


def test_completions_of_old_exports_are_annotations(tmp_path):
    old = {"id": 1, "data": {"text": TEXT}, "completions": [{"result": [region(0, 9, "PART")]}]}
    (record,) = read(tmp_path, old)
    assert record.mentions == (PUMP,)


def test_other_regions_are_lost_and_other_results_are_not_read(tmp_path):
    html = {"start": "/p[1]/text()[1]", "startOffset": 0, "end": "/p[1]", "endOffset": 4}
    result = [
        {
            "type": "hypertextlabels",
            "value": {**html, "text": "feed", "hypertextlabels": ["A"]},
        },
        {"type": "rectanglelabels", "value": {"x": 1, "y": 2, "rectanglelabels": ["A"]}},
        {"type": "choices", "value": {"choices": ["bad"]}},
        {"type": "relation", "from_id": "a", "to_id": "b", "direction": "right"},
        {"type": "textarea", "value": {"start": 0, "end": 4, "text": ["why"]}},
        region(0, 9, "PART"),
        region(5, 9),
    ]
    (record,) = read(tmp_path, task(annotation(*result)))
    assert record.mentions == (PUMP,)
    assert record.lost == (
        Lost("other region", "x.json, record 0 (from 0)", "feed"),
        Lost("other region", "x.json, record 0 (from 0)", ""),
        Lost("unlabelled", "x.json, record 0 (from 0)", "pump"),
    )


@pytest.mark.parametrize(("start", "end"), [(4, 8), (5, 9)])
def test_offsets_may_count_characters_or_units_of_utf_16(tmp_path, start, end):
    made = region(start, end, "PART", text="pump")
    (record,) = read(tmp_path, {**task(annotation(made)), "data": {"text": "🔥 a pump"}})
    assert record.text[slice(*record.mentions[0][:2])] == "pump"


def test_line_ends_in_the_text_of_a_region_may_be_escaped(tmp_path):
    made = region(0, 9, "PART", text="feed\\npump")
    data = {"text": "feed\npump"}
    (record,) = read(tmp_path, {**task(annotation(made)), "data": data})
    assert record.mentions == (Mention(0, 9, "PART"),)


DATA = [
    {"body": TEXT},
    {"title": "Order 7", "body": TEXT},  # by the texts of the regions
    {"text": "7", "body": TEXT},
    {"text": TEXT, "title": TEXT},  # "text" comes first
]


@pytest.mark.parametrize("data", DATA)
def test_the_annotated_text_may_have_any_name(tmp_path, data):
    first = {**task(annotation(region(0, 14, "PART"))), "data": data}
    second = {**task(annotation(), id=2), "data": data}
    records = read(tmp_path, first, second)
    assert {record.text for record in records if record.mentions} == {TEXT}
    minimal = {**data, "id": 1, "label": [value(0, 14, "PART")], "created_at": TEXT}
    (record,) = read(tmp_path, minimal)
    assert (record.text, record.mentions) == (TEXT, (SEAL,))


def test_tasks_without_regions_have_their_text_where_it_was_before(tmp_path):
    data = {"title": "Order 7", "body": TEXT}
    first = {**task(annotation(region(0, 14, "PART"))), "data": data}
    second = {**task(annotation(), id=2), "data": data}
    assert [record.text for record in read(tmp_path, first, second)] == [TEXT, TEXT]


BAD = {
    "outside": (task(annotation(region(0, 30, "PART"))), "PART .* 0 to 30"),
    "another text": (task(annotation(region(0, 4, "PART", text="pump"))), "'feed'.* 'pump'"),
    "seconds": (task(annotation(region(0.5, 1.5, "A"))), "0.5 to 1.5"),
    "a number as label": (task(annotation(region(0, 4, 7))), "label 7"),
    "no list of labels": (
        task(annotation({"type": "labels", "value": {**value(0, 4), "labels": "A"}})),
        '"A"',
    ),
    "no value": (task(annotation({"type": "labels"})), "no value"),
    "no list of results": (task({"result": "none"}), '"none"'),
    "no list of annotations": ({**task(), "annotations": {"a": 1}}, '"a": 1'),
    "two texts": (
        {
            **task(annotation(region(0, 4, "A"), {**region(0, 4, "A"), "to_name": "b"})),
            "data": {"text": TEXT, "b": TEXT},
        },
        "text, b",
    ),
    "which text": (
        {**task(annotation()), "data": {"a": "A pump", "b": "B pump"}},
        "which of a, b",
    ),
    "no text": ({**task(annotation()), "data": {"text": 3}}, "no text"),
    "doccano": ({"text": TEXT, "label": [[0, 4, "A"]]}, "text, label"),
    "no object": ([TEXT], "no object"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_task_is_named(tmp_path, case):
    bad, message = BAD[case]
    with pytest.raises(UserError, match=message) as error:
        read(tmp_path, task(annotation(region(0, 9, "PART")), id=9), bad)
    assert "x.json, record 1 (from 0)" in str(error.value)


def test_an_id_of_another_text_is_refused(tmp_path):
    other = {**task(annotation(by=4)), "data": {"text": "another"}}
    with pytest.raises(UserError, match=r"'1'.*record 0"):
        read(tmp_path, task(annotation()), other)


def test_faults_are_left_out_one_by_one(tmp_path):
    good = region(0, 9, "PART")
    with collect_faults() as faults:
        records = read(
            tmp_path,
            task(
                annotation(region(0, 30, "PART"), good), {"result": 0}, annotation(good, by=4)
            ),
            [TEXT],
            task(annotation(good), id=3),
        )
    assert [fault.of for fault in faults] == ["annotation", "record", "record"]
    assert [(record.id, record.annotator) for record in records] == [
        ("1", "3"),
        ("1", "4"),
        ("3", "3"),
    ]
    assert {record.mentions for record in records} == {(PUMP,)}


def test_archives_and_parts(tmp_path):
    tasks = json.dumps([task(annotation(region(0, 9, "PART")))]).encode()
    files = {"train.json": tasks, "dev.json": tasks, "readme.txt": b"x"}
    records = list(read_label_studio(write_archive(tmp_path / "export.zip", files)))
    assert [(r.id, r.part) for r in records] == [("1", "dev"), ("train:1", "train")]
