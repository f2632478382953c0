from pathlib import Path
from typing import List

import pandas
import pytest

from spacy_nested_ner.corpus.faults import collect_faults
from spacy_nested_ner.corpus.readers.csv_spans import read_csv
from spacy_nested_ner.corpus.records import Lost, Mention, Record
from spacy_nested_ner.user_error import UserError
from tests.corpus.source_files import write_archive

TEXT = "feed pump seal leaks"
SEAL, PUMP = Mention(0, 14, "PART"), Mention(0, 9, "PART")


def read(folder: Path, text: str, name: str = "x.csv") -> List[Record]:
    (folder / name).write_bytes(text.encode("utf8"))
    return list(read_csv(folder / name))


TABLES = {
    "an id and a text in each row": (
        f"doc_id,text,start,end,label\nA,{TEXT},0,14,PART\nB,on,,,\nA,{TEXT},0,9,PART\n"
    ),
    "a text in one row": (
        f"doc_id,text,start,end,label\nA,,0,14,PART\nB,on,,,\nA,{TEXT},0,9,PART\n"
    ),
    "semicolons and names of spaCy": (
        f"Document;Sentence;start_char;end_char;label\nA;{TEXT};0;14;PART\nB;on;;;\n"
        f"A;{TEXT};0;9;PART\n"
    ),
    "tabs, other columns and texts of mentions": (
        f"\tid\tMention Text\ttext\tEntity Type\tbegin\tend\tscore\n"
        f"0\tA\tfeed pump seal\t{TEXT}\tPART\t0\t14\t.9\n"
        f"1\tB\t\ton\t\t\t\t\n2\tA\tfeed pump\t{TEXT}\tPART\t0\t9\t.8\n"
    ),
    "quotes": (
        f'"doc_id","text","start","end","label"\n"A","{TEXT}","0","14","PART"\n"B","on",,,\n'
        f'"A","{TEXT}","0","9","PART"\n'
    ),
    "numbers beside empty cells in pandas": (
        f"doc_id,text,start,end,label\nA,{TEXT},0.0,14.0,PART\nB,on,,,\nA,{TEXT},0.0,9.0,PART\n"
    ),
    "entity is the label": (
        f"doc_id,text,start,end,entity\nA,{TEXT},0,14,PART\nB,on,,,\nA,{TEXT},0,9,PART\n"
    ),
    "a mark and other line ends": (
        f"\ufeffdoc_id,text,start,end,label\r\nA,{TEXT},0,14,PART\r\nB,on,,,\r\n\r\n"
        f"A,{TEXT},0,9,PART\r\n"
    ),
}


@pytest.mark.parametrize("case", TABLES)
def test_every_table_gives_the_same_records(tmp_path, case):
    expected = [Record("A", "A", TEXT, (SEAL, PUMP)), Record("B", "B", "on", ())]
    assert read(tmp_path, TABLES[case]) == expected


@pytest.mark.parametrize("column", ["", "id"])
def test_without_ids_of_documents_equal_texts_are_one_document(tmp_path, column):
    """A column `id` may number the rows."""
    head = f"{column},text,start,end,label"
    rows = [f"0,{TEXT},0,14,PART", "1,on,,,", f"2,{TEXT},0,9,PART"]
    assert read(tmp_path, "\n".join([head, *rows])) == [
        Record("x:0", "x:0", TEXT, (SEAL, PUMP)),
        Record("x:1", "x:1", "on", ()),
    ]


def test_documents_with_one_text_stay_apart_by_their_ids(tmp_path):
    rows = "A,on,0,2,X\nB,on,0,2,X\nB,on,0,2,Y\n"
    records = read(tmp_path, f"doc_id,text,start,end,label\n{rows}")
    assert [(r.id, len(r.mentions)) for r in records] == [("A", 1), ("B", 2)]


def test_a_document_in_each_row_may_have_the_text_of_another_one(tmp_path):
    rows = "A,on,0,2,X\nB,on,0,2,Y\nC,off,0,3,X\n"
    records = read(tmp_path, f"doc_id,text,start,end,label\n{rows}")
    assert [(r.id, len(r.mentions)) for r in records] == [("A", 1), ("B", 1), ("C", 1)]


def test_texts_have_separators_quotes_and_line_ends_in_quotes(tmp_path):
    text = 'one, "two"\r\n🔥; three'
    cell = text.replace('"', '""')
    (record,) = read(tmp_path, f'text,start,end,label,mention\n"{cell}",5,10,X,"""two"""\n')
    assert (record.text, record.mentions) == (text, (Mention(5, 10, "X"),))


def test_texts_may_be_long(tmp_path):
    text = "pump " * 50_000
    (record,) = read(tmp_path, f"text,start,end,label\n{text},0,4,X\n")
    assert record.text == text


def test_each_annotator_of_a_document_has_a_record(tmp_path):
    rows = f"A,{TEXT},0,14,PART,ann\nA,,0,9,PART,bob\nA,,,,,cai\nB,on,0,2,X,\n"
    records = read(tmp_path, f"doc_id,text,start,end,label,annotator\n{rows}")
    assert [(r.id, r.annotator, r.text, r.mentions) for r in records] == [
        ("A", "ann", TEXT, (SEAL,)),
        ("A", "bob", TEXT, (PUMP,)),
        ("A", "cai", TEXT, ()),
        ("B", "unknown", "on", (Mention(0, 2, "X"),)),
    ]


def test_a_table_of_pandas_is_read(tmp_path):
    frame = pandas.DataFrame(
        {
            "text": [TEXT, TEXT, "on, off"],
            "start": [0, 0, None],
            "end": [14, 9, None],
            "label": ["PART", "PART", None],
        }
    )
    for index in (True, False):
        frame.to_csv(tmp_path / "x.csv", index=index)
        records = list(read_csv(tmp_path / "x.csv"))
        assert [record.mentions for record in records] == [(SEAL, PUMP), ()]


def test_repeats_and_mentions_without_a_label_are_lost(tmp_path):
    rows = f"{TEXT},0,4,X\n{TEXT},0,4,X\n{TEXT},5,9,\n"
    (record,) = read(tmp_path, f"text,start,end,label\n{rows}")
    assert record.lost == (
        Lost("repeated", "x.csv, line 3", "feed"),
        Lost("unlabelled", "x.csv, line 4", "pump"),
    )


def test_parts_of_an_archive(tmp_path):
    table = f"doc_id\ttext\tstart\tend\tlabel\nA\t{TEXT}\t0\t14\tPART\n".encode()
    archive = write_archive(tmp_path / "a.zip", {"train.tsv": table, "test.tsv": table})
    assert [(r.id, r.part) for r in read_csv(archive)] == [("A", "test"), ("train:A", "train")]


HEAD = "doc_id,text,start,end,label"
BAD = {
    "outside": (f"{HEAD}\nA,{TEXT},0,30,X", "line 2: X .* 0 to 30"),
    "another text": (f"{HEAD},mention\nA,{TEXT},0,4,X,pump", "line 2: .*'feed'.*'pump'"),
    "no number": (f"{HEAD}\nA,{TEXT},0,four,X", "line 2: .* 0 to 'four'"),
    "no end": (f"{HEAD}\nA,{TEXT},0,,X", "line 2: .* 0 to ''"),
    "a fraction": (f"{HEAD}\nA,{TEXT},0,4.5,X", "line 2: .*'4.5'"),
    "no text": (f"{HEAD}\nA,,0,4,X", "line 2: .*'A' .*no text"),
    "two texts": (f"{HEAD}\nA,{TEXT},0,4,X\nA,on,0,2,X", "line 2: .*'A' .*different texts"),
    "too few cells": (f"{HEAD}\nA,{TEXT},0,4", "line 2: 4 .* 5 columns"),
    "a comma in a text": (f"{HEAD}\nA,on, off,0,2,X", "line 2: 6 .* 5 columns"),
    "a quote in a cell": (f'{HEAD}\nA,"on" off,0,2,X', "line 2: "),
    "a quote without an end": (f'{HEAD}\nA,"on,0,2,X\n', "line 2: "),
    "no header": (f"A,{TEXT},0,4,X", "line 1: .*without text, start, end, label"),
    "no offsets": ("text,label\non,X", "line 1: .* text, label, without start, end"),
    "nothing": ("", "line 1: .*none"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_row_is_named(tmp_path, case):
    text, message = BAD[case]
    with pytest.raises(UserError, match=rf"x\.csv, {message}"):
        read(tmp_path, text)


def test_a_carriage_return_ends_a_line(tmp_path):
    (record,) = read(tmp_path, f"{HEAD}\rA,{TEXT},0,4,X\r")
    assert record.text == TEXT
    assert record.mentions == (Mention(0, 4, "X"),)
    with pytest.raises(UserError, match="line 1: the columns are id"):
        read(tmp_path, f"id\r,text,start,end,label\nA,{TEXT},0,4,X")


def test_faults_are_left_out_one_by_one(tmp_path):
    rows = ["A,feed pump,0,30,X", "A,,0", "A,,x,4,X", "A,,0,4,X", "B,,0,4,X", "C,on,,,"]
    with collect_faults() as faults:
        records = read(tmp_path, "\n".join([HEAD, *rows]))
    assert [fault.of for fault in faults] == ["annotation"] * 3 + ["record"]
    assert [(record.id, record.mentions) for record in records] == [
        ("A", (Mention(0, 4, "X"),)),
        ("C", ()),
    ]
