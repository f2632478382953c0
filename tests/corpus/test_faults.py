"""Every reader over a source with three faults: all are named, or left out and counted."""

import json
from typing import Any, Dict, List, NamedTuple, Tuple

import pytest
import spacy
from spacy.tokens import DocBin, Span

from spacy_nested_ner.corpus.conversion.convert import convert
from spacy_nested_ner.corpus.conversion.reading import N_SHOWN, read_source
from spacy_nested_ner.corpus.faults import Fault, collect_faults, tolerate
from spacy_nested_ner.corpus.readers.jsonl import read_jsonl
from spacy_nested_ner.user_error import UserError
from tests.corpus.genia_xml import FLAT, PLAIN, article, corpus
from tests.corpus.source_files import write_folder


class Source(NamedTuple):
    """A source with faults.

    faults: what each one is of, and words that name its place.
    left: id and number of mentions of each record that can be read.
    """

    files: Dict[str, Any]
    faults: List[Tuple[str, str]]
    left: List[Tuple[str, int]]


def docbin(*docs: Tuple[str, int, int]) -> bytes:
    """Docs of three tokens: the id, and the tokens of a span."""
    nlp = spacy.blank("en")
    doc_bin = DocBin(store_user_data=True)
    for id, start, end in docs:
        doc = nlp("Kiel Canal opens")
        doc.spans["sc"] = [Span(doc, 0, 2, "LOC"), Span(doc, start, end, "LOC")]
        doc.user_data["id"] = id
        doc_bin.add(doc)
    return doc_bin.to_bytes()


LINE = {"text": "Kiel Canal", "spans": [{"start": 0, "end": 4, "label": "LOC"}]}
PIQN = {"tokens": ["Kiel", "Canal"], "entities": [{"start": 0, "end": 2, "type": "LOC"}]}
OUTSIDE = {"start": 1, "end": 3, "type": "LOC"}
CMEEE = {
    "text": "患者发热",
    "entities": [{"start_idx": 2, "end_idx": 3, "type": "sym", "entity": "发热"}],
}
NO_TEXT = {"start_idx": 0, "end_idx": 1, "type": "sym"}

SOURCES = {
    "brat": Source(
        {
            "a.txt": "Kiel Canal",
            "a.ann": "T1\tLOC 0 4\tKiel\nstray\nT1\tLOC 5 10\tCanal\nT3\tLOC 5 10\tCanal\n",
            "b.txt": "",
            "c.txt": "",
            "c.ann": "",
        },
        [("record", "b.txt"), ("annotation", "a.ann, line 2"), ("annotation", "a.ann, line 3")],
        [("a", 2), ("c", 0)],
    ),
    "columns": Source(
        {"x.tsv": "Kiel\tB-LOC\n\nUlm\n\nBonn\tLOC\n\nA\tO\n\t\tO\nB\tO\n\nC\tO\nD\tB-LOC"},
        [("record", "line 3"), ("record", "line 5"), ("record", "line 8")],
        [("x:0", 1), ("x:2", 1)],
    ),
    "columns with bytes that are no text": Source(
        {"x.tsv": b"Kiel\tB-LOC\nK\xe4l\tO\n\nUlm\tB-LOC\n\n\xe4\tO\n\nBonn\tO\n\xe4\tO\n"},
        [("record", "line 2"), ("record", "line 6"), ("record", "line 9")],
        [("x:0", 1)],
    ),
    "jsonl": Source(
        {
            "x.jsonl": [
                LINE,
                {**LINE, "text": None},
                "{",
                {**LINE, "spans": [*LINE["spans"], {"start": 0, "end": 99, "label": "LOC"}]},
            ]
        },
        [("record", "line 2"), ("record", "line 3"), ("annotation", "line 4")],
        [("x:0", 1), ("x:2", 1)],
    ),
    "cmeee": Source(
        {
            "x.json": [
                CMEEE,
                {"text": 3},
                {**CMEEE, "entities": None},
                {**CMEEE, "entities": [*CMEEE["entities"], NO_TEXT]},
            ]
        },
        [("record", "record 1"), ("record", "record 2"), ("annotation", "record 3")],
        [("x:0", 1), ("x:2", 1)],
    ),
    "token_json": Source(
        {
            "x.json": [
                PIQN,
                {**PIQN, "tokens": ["Kiel", ""]},
                {"words": []},
                {**PIQN, "entities": [*PIQN["entities"], OUTSIDE]},
            ],
            "y.json": "[",
        },
        [
            ("record", "record 1"),
            ("record", "record 2"),
            ("annotation", "record 3"),
            ("file", "y.json"),
        ],
        [("x:0", 1), ("x:3", 1)],
    ),
    "maintie": Source(
        {
            "x.json": [
                PIQN,
                {**PIQN, "tokens": 3},
                {**PIQN, "entities": [*PIQN["entities"], OUTSIDE, {"start": 0, "end": 1}]},
            ]
        },
        [("record", "record 1"), ("annotation", "record 2"), ("annotation", "record 2")],
        [("x:0", 1), ("x:2", 1)],
    ),
    "docbin": Source(
        {
            "x.spacy": docbin(("a", 0, 1), ("b", 1, 1), ("a", 0, 1)),
            "y.spacy": b"no docbin",
        },
        [("file", "y.spacy"), ("annotation", "doc 1"), ("record", "doc 2")],
        [("a", 2), ("b", 1)],
    ),
    "genia": Source(
        {
            "x.xml": corpus(
                article(
                    "MEDLINE:1",
                    FLAT + ' <cons lex="x" sem="G#protein_molecule"></cons>',
                    PLAIN + "&mu;",
                    " ",
                )
            )
        },
        [("annotation", "protein"), ("record", "&mu;"), ("record", "is empty")],
        [("MEDLINE:1:0", 2), ("MEDLINE:1:1", 1)],
    ),
}


def write(folder, files):
    data = {}
    for name, content in files.items():
        if isinstance(content, list) and name.endswith(".jsonl"):
            lines = [item if isinstance(item, str) else json.dumps(item) for item in content]
            content = "\n".join(lines)
        elif isinstance(content, list):
            content = json.dumps(content)
        data[name] = content if isinstance(content, bytes) else content.encode("utf8")
    return write_folder(folder, data)


@pytest.fixture(params=SOURCES)
def source(request, tmp_path):
    """Format, folder, and what is expected."""
    case = SOURCES[request.param]
    return request.param.split()[0], write(tmp_path / "in", case.files), case


def test_all_faults_are_named_at_once(source):
    format, folder, case = source
    with pytest.raises(UserError) as error:
        read_source(format, folder)
    head, *faults = str(error.value).split("\n- ")
    assert str(len(case.faults)) in head
    assert len(faults) == len(case.faults)
    for fault, (_, place) in zip(faults, case.faults):
        assert place in fault


def test_all_that_is_no_fault_can_be_read(source):
    format, folder, case = source
    reading = read_source(format, folder, on_error="skip")
    assert [
        (fault.of, place in fault.message)
        for fault, (_, place) in zip(reading.faults, case.faults)
    ] == [(of, True) for of, _ in case.faults]
    assert len(reading.faults) == len(case.faults)
    assert [(record.id, len(record.mentions)) for record in reading.records] == case.left


def test_the_faults_in_a_report_have_no_path_of_this_machine(source):
    format, folder, _ = source
    reading = read_source(format, folder, on_error="skip")
    assert not any(str(folder) in fault.message for fault in reading.faults)


def write_lines(folder, n_good: int, *others: str):
    lines = [json.dumps({**LINE, "text": f"Kiel {i}"}) for i in range(n_good)]
    return write(folder, {"x.jsonl": "\n".join([*lines, *others])})


def test_a_report_accounts_for_every_record_and_annotation(tmp_path):
    outside = {"start": 0, "end": 99, "label": "LOC"}
    bad = [{**LINE, "spans": [*LINE["spans"], outside]}, {**LINE, "text": 1}]
    skipped = {**LINE, "answer": "reject"}
    source = write_lines(tmp_path / "in", 20, *map(json.dumps, [*bad, skipped]), "[")
    out = tmp_path / "out"
    report = convert("custom", source, out, format="jsonl", language="en", on_error="skip")
    assert report["records"] == {"read": 24, "skipped": 3, "written": 21}
    assert report["skipped"]["reasons"] == {"fault": 2, "reject": 1}
    assert report["lost"]["reasons"] == {"fault": 1}
    assert [fault["of"] for fault in report["faults"]] == ["annotation", "record", "record"]
    assert sum(part["docs"] for part in report["parts"].values()) == 21


def test_a_fault_stops_a_conversion_before_it_writes(tmp_path):
    source = write_lines(tmp_path / "in", 20, "[")
    with pytest.raises(UserError, match=r"line 21.*'skip'"):
        convert("custom", source, tmp_path / "out", format="jsonl", language="en")
    assert not (tmp_path / "out").exists()


def test_a_message_names_a_limited_number_of_faults(tmp_path):
    source = write_lines(tmp_path / "in", 1, *["["] * (N_SHOWN + 1200))
    with pytest.raises(UserError, match=r" 1,200 ") as error:
        read_source("jsonl", source)
    assert str(error.value).count("\n") == N_SHOWN + 1


def test_a_source_of_faults_alone_is_refused(tmp_path):
    source = write_lines(tmp_path / "in", 0, "[", "[")
    with pytest.raises(UserError, match=r"x\.jsonl, line 1"):
        read_source("jsonl", source, on_error="skip")


def test_an_error_that_ends_the_reading_is_named_with_the_faults_before_it(tmp_path):
    files = {"x.jsonl": [{"text": None}, {"text": "Kiel", "tags": []}]}
    with pytest.raises(UserError, match=r"(?s)line 1.*tags"):
        read_source("jsonl", write(tmp_path, files))


def test_a_file_of_another_format_is_one_sentence(tmp_path):
    source = write(tmp_path, {"x.jsonl": ["<text>"] * 20})
    with pytest.raises(UserError, match="line 1") as error:
        read_source("jsonl", source)
    assert "\n" not in str(error.value)


def test_a_reader_alone_raises_the_first_error(tmp_path):
    records = read_jsonl(write_lines(tmp_path, 1, "[", "["))
    assert next(records).id == "x:0"
    with pytest.raises(UserError, match="line 2"):
        next(records)


@pytest.mark.parametrize("on_error", ["stop", "skip"])
def test_an_unknown_policy_is_refused(tmp_path, on_error):
    source = write_lines(tmp_path, 1)
    assert read_source("jsonl", source, on_error=on_error).faults == []
    with pytest.raises(UserError, match=f"'{on_error}s'.*stop, skip"):
        read_source("jsonl", source, on_error=f"{on_error}s")


def test_collections_of_faults_nest():
    with collect_faults() as outer:
        with collect_faults() as inner, tolerate("file"):
            raise UserError("x")
        with tolerate("record"):
            raise UserError("y")
    assert (inner, outer) == ([Fault("file", "x")], [Fault("record", "y")])
    with pytest.raises(UserError), tolerate("record"):
        raise UserError("z")
