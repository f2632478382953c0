import json
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest

from spacy_nested_ner.corpus.faults import collect_faults
from spacy_nested_ner.corpus.readers.bioc_reader import read_bioc
from spacy_nested_ner.corpus.records import Mention, Record
from spacy_nested_ner.user_error import UserError
from tests.corpus.source_files import write_archive, write_folder

bioc = pytest.importorskip("bioc")

TITLE, ABSTRACT = "Nord gene promoter", "It is bound by Nord."
Object = Dict[str, Any]


def annotation(
    start: int, end: int, label: Optional[str], text: Optional[str], *more: int
) -> Object:
    """more: start and end of a second location."""
    pieces = [(start, end), *([more] if more else [])]
    return {
        "id": "T",
        "infons": {"type": label} if label else {"class": "x"},
        "text": text,
        "locations": [{"offset": begin, "length": stop - begin} for begin, stop in pieces],
    }


def document(*passages: Object, **more: Any) -> Object:
    return {"id": "101", "passages": list(passages), **more}


def passage(offset: int, text: Optional[str], *annotations: Object, **more: Any) -> Object:
    return {"offset": offset, "text": text, "annotations": list(annotations), **more}


NORD = document(
    passage(0, TITLE, annotation(0, 18, "DNA", TITLE), annotation(0, 4, "Protein", "Nord")),
    passage(19, ABSTRACT, annotation(34, 38, "Protein", "Nord")),
)


def to_xml(value: Object) -> str:
    """A document as XML, without the ids and relations that the format does not need."""

    if not isinstance(value, dict) or value["passages"] == [7]:
        return ""

    def write_text(item: Object) -> str:
        return "" if item.get("text") is None else f"<text>{item['text']}</text>"

    def write_annotations(item: Object) -> str:
        written = ""
        for one in item.get("annotations", []):
            infons = "".join(f'<infon key="{k}">{v}</infon>' for k, v in one["infons"].items())
            places = "".join(
                f'<location offset="{p["offset"]}" length="{p["length"]}"/>'
                for p in one["locations"]
            )
            written += f"<annotation>{infons}{places}{write_text(one)}</annotation>"
        return written

    def write_piece(tag: str, item: Object) -> str:
        sentences = "".join(write_piece("sentence", one) for one in item.get("sentences", []))
        inside = f"<offset>{item.get('offset')}</offset>{write_text(item)}{sentences}"
        return f"<{tag}>{inside}{write_annotations(item)}</{tag}>"

    passages = "".join(write_piece("passage", item) for item in value["passages"])
    relation = '<relation id="R"><node refid="T"/></relation>'
    return (
        f"<document><id>{value['id']}</id>{passages}{write_annotations(value)}{relation}"
        "</document>"
    )


def write(values: List[Object], kind: str) -> bytes:
    documents = "".join(map(to_xml, values))
    return {
        "a.xml": '<?xml version="1.0"?><!DOCTYPE collection SYSTEM "BioC.dtd"><collection>'
        f"<source/><date/><key/>{documents}</collection>",
        "a.json": json.dumps({"source": "", "infons": {}, "documents": values}),
        "a.jsonl": "".join(json.dumps(value) + "\n" for value in values),
        "list.json": json.dumps(values),
        "export.json": json.dumps({"PubTator3": values}),
        "more.json": json.dumps({"documents": values, "relations": []}),
    }[kind].encode()


KINDS = ["a.xml", "a.json", "a.jsonl", "list.json", "export.json", "more.json"]


def read(folder: Path, *values: Object, kind: str = "a.json") -> List[Record]:
    return list(read_bioc(write_folder(folder, {kind: write(list(values), kind)})))


def read_one(folder: Path, value: Object, kind: str = "a.json") -> Record:
    (record,) = read(folder, value, kind=kind)
    return record


@pytest.mark.parametrize("kind", KINDS)
def test_offsets_count_from_the_begin_of_the_document(tmp_path, kind):
    assert read_one(tmp_path, NORD, kind) == Record(
        "101",
        "101",
        f"{TITLE}\n{ABSTRACT}",
        (Mention(0, 18, "DNA"), Mention(0, 4, "Protein"), Mention(34, 38, "Protein")),
    )


@pytest.mark.parametrize("kind", ["a.xml", "a.json"])
@pytest.mark.parametrize(
    ("offset", "text"),
    [(4, "KielBonn"), (5, "Kiel\nBonn"), (900, "Kiel\nBonn"), (0, "Kiel\nBonn")],
)
def test_passages_are_joined_whatever_their_offsets(tmp_path, offset, text, kind):
    bonn = passage(offset, "Bonn", annotation(offset, offset + 4, "LOC", "Bonn"))
    record = read_one(tmp_path, document(passage(0, "Kiel"), bonn), kind)
    assert record.text == text
    assert [text[m.start : m.end] for m in record.mentions] == ["Bonn"]


@pytest.mark.parametrize("kind", ["a.xml", "a.json"])
def test_a_passage_may_have_sentences_instead_of_a_text(tmp_path, kind):
    sentences = [passage(3, "Kiel."), passage(10, "Bonn.", annotation(10, 14, "LOC", "Bonn"))]
    value = document(passage(3, None, sentences=sentences))
    record = read_one(tmp_path, value, kind)
    assert (record.text, record.mentions) == ("Kiel.  Bonn.", (Mention(7, 11, "LOC"),))


@pytest.mark.parametrize("kind", ["a.xml", "a.json"])
def test_annotations_of_a_passage_and_of_all_its_sentences_count(tmp_path, kind):
    kiel, bonn = annotation(0, 4, "LOC", "Kiel"), annotation(6, 10, "LOC", "Bonn")
    sentences = [passage(0, "Kiel.", kiel), passage(6, "Bonn.", bonn)]
    all_of_it = annotation(0, 11, "List", "Kiel. Bonn.")
    value = document(passage(0, None, all_of_it, sentences=sentences))
    mentions = read_one(tmp_path, value, kind).mentions
    assert [mention.label for mention in mentions] == ["List", "LOC", "LOC"]


@pytest.mark.parametrize("kind", ["a.xml", "a.json"])
def test_annotations_of_the_document_belong_to_their_passage(tmp_path, kind):
    value = document(passage(0, "Kiel"), passage(9, "Bonn"))
    value["annotations"] = [annotation(9, 13, "LOC", "Bonn"), annotation(0, 4, "LOC", "Kiel")]
    assert [m.start for m in read_one(tmp_path, value, kind).mentions] == [0, 5]


@pytest.mark.parametrize("kind", ["a.xml", "a.json"])
def test_several_locations_are_no_span(tmp_path, kind):
    cells = annotation(0, 3, "Cell", "red cells", 12, 17)
    record = read_one(tmp_path, document(passage(0, "red or blue cells", cells)), kind)
    assert record.mentions == ()
    assert [(item.pieces, item.label) for item in record.discontinuous] == [
        (((0, 3), (12, 17)), "Cell")
    ]


def test_locations_with_only_blanks_between_them_are_a_span(tmp_path):
    cells = annotation(0, 3, "Cell", "red cells", 4, 9)
    record = read_one(tmp_path, document(passage(0, "red\ncells", cells)))
    assert record.mentions == (Mention(0, 9, "Cell"),)


@pytest.mark.parametrize("width", [1, 2])
def test_offsets_in_utf16_are_found_by_the_texts(tmp_path, width):
    value = document(
        passage(0, "🧬 x"),
        passage(width + 3, "🧬 Kiel", annotation(2 * width + 4, 2 * width + 8, "LOC", "Kiel")),
    )
    assert read_one(tmp_path, value).mentions == (Mention(6, 10, "LOC"),)


def test_a_text_of_an_annotation_is_optional(tmp_path):
    value = document(passage(5, "Kiel", annotation(5, 9, "LOC", None)))
    assert read_one(tmp_path, value).mentions == (Mention(0, 4, "LOC"),)


def test_names_of_files_give_parts_and_ids_may_come_again_in_another_file(tmp_path):
    files = {f"{part}/x.xml": write([NORD], "a.xml") for part in ("dev", "train")}
    records = list(read_bioc(write_folder(tmp_path / "in", files)))
    assert [(r.part, r.document) for r in records] == [
        ("dev", "101"),
        ("train", records[1].id),
    ]
    assert records[0].id != records[1].id
    assert list(read_bioc(write_archive(tmp_path / "a.tgz", files))) == records


BAD_ANNOTATIONS = {
    "another text": (annotation(0, 4, "LOC", "Bonn"), "'Nord'.*'Bonn'"),
    "outside": (annotation(99, 104, "LOC", None), "99 to 104"),
    "no label": (annotation(0, 4, None, "Nord"), "'type', only class"),
    "no location": ({**annotation(0, 4, "LOC", "Nord"), "locations": []}, "no location"),
}


@pytest.mark.parametrize("kind", ["a.xml", "a.json"])
@pytest.mark.parametrize("case", BAD_ANNOTATIONS)
def test_a_bad_annotation_is_named_and_the_others_are_read(tmp_path, case, kind):
    bad, message = BAD_ANNOTATIONS[case]
    value = document(passage(0, TITLE, bad, annotation(0, 4, "Protein", "Nord")))
    with pytest.raises(UserError, match=f"{kind}, document 1 .*{message}"):
        read(tmp_path, document(passage(0, ""), id="0"), value, kind=kind)
    with collect_faults() as faults:
        _, record = read(tmp_path, document(passage(0, ""), id="0"), value, kind=kind)
    assert record.mentions == (Mention(0, 4, "Protein"),)
    assert [fault.of for fault in faults] == ["annotation"]


BAD_DOCUMENTS = {
    "no offset": document({"text": "Kiel"}),
    "an offset in words": document(passage("0", "Kiel")),
    "a text in numbers": document(passage(0, 7)),
    "no passage": document(7),
    "no object": 7,
    "an id again": NORD,
    "sentences that go back": document(passage(0, None, sentences=[passage(-1, "Kiel")])),
}


@pytest.mark.parametrize("case", BAD_DOCUMENTS)
def test_a_bad_document_is_named_and_the_others_are_read(tmp_path, case):
    values = [NORD, BAD_DOCUMENTS[case], {**NORD, "id": 7}]
    with pytest.raises(UserError, match=r"a\.json, document 1"):
        read(tmp_path, *values)
    with collect_faults() as faults:
        records = read(tmp_path, *values)
    assert [record.id for record in records] == ["101", "7"]
    assert [fault.of for fault in faults] == ["record"]


def test_three_faults_of_a_file_are_all_named(tmp_path):
    xml = write([{**NORD, "id": str(number)} for number in range(3)], "a.xml")
    xml = xml.replace(b"<offset>19<", b"<offset>?<", 2)
    xml = xml.replace(b">DNA<", b">DNA</infon></annotation><", 3).replace(b"?", b"x")
    with collect_faults() as faults:
        list(read_bioc(write_folder(tmp_path, {"a.xml": xml})))
    assert [fault.of for fault in faults] == ["file"]  # the rest of it is no XML

    xml = write([{**NORD, "id": str(number)} for number in range(4)], "a.xml")
    xml = xml.replace(b"<offset>19<", b"<offset>x<", 2).replace(
        b'length="18"', b'length="99"', 3
    )
    with collect_faults() as faults:
        records = list(read_bioc(write_folder(tmp_path, {"a.xml": xml})))
    assert [(record.id, len(record.mentions)) for record in records] == [("2", 2), ("3", 3)]
    assert [fault.of for fault in faults] == ["record", "record", "annotation"]


BAD_FILES = {
    "another XML": ("a.xml", b"<set/>"),
    "no XML": ("a.xml", b"{}"),
    "truncated": ("a.xml", write([NORD], "a.xml")[:-20]),
    "another JSON": ("a.json", b'{"x": []}'),
    "two lists": ("a.json", json.dumps({"x": [NORD], "y": [NORD]}).encode()),
    "no JSON": ("a.json", b"<"),
    "an undeclared entity": ("a.xml", write([NORD], "a.xml").replace(b"It is", b"&it; is")),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_named(tmp_path, case):
    name, data = BAD_FILES[case]
    with pytest.raises(UserError, match=name):
        list(read_bioc(write_folder(tmp_path, {name: data})))


def test_a_missing_library_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "bioc", None)
    with pytest.raises(UserError, match=r"bioc.*spacy-nested-ner\[bioc\]"):
        read(tmp_path, NORD)
