"""A DataFrame as the source of a conversion."""

import csv

import pandas
import pytest
import spacy
from spacy.tokens import DocBin

from spacy_nested_ner import convert
from spacy_nested_ner.user_error import UserError


def make_frame(n: int, end: int = 9) -> pandas.DataFrame:
    text = 'feed pump {} leaks, "again"\r\nand again'
    rows = [(text.format(i), 0, e, "PART") for i in range(n) for e in (end, 4)]
    rows.append(("all tight", None, None, None))
    return pandas.DataFrame(rows, columns=["text", "start", "end", "label"])


def test_a_dataframe_is_converted_as_its_table_would_be(tmp_path):
    frame = make_frame(20)
    result = convert("custom", frame, tmp_path / "out", language="en")
    report = result.report
    assert (report["format"], report["source"]["name"]) == ("csv", "dataframe.csv")
    assert report["records"]["written"] == 21
    assert report["mentions"]["written"] == 40
    frame.to_csv(tmp_path / "dataframe.csv", index=False, quoting=csv.QUOTE_ALL)
    again = convert(
        "custom", tmp_path / "dataframe.csv", tmp_path / "again", format="csv", language="en"
    )
    assert again.report == report


@pytest.mark.parametrize(
    "text", ["pump {}\rleaks", "\rpump {}\r", "pump {}\n\rleaks", "pump {}\x85\u2028"]
)
def test_every_kind_of_line_end_stays_in_the_texts(tmp_path, text):
    texts = [text.format(i) for i in range(20)]
    first = [t.index("pump") for t in texts]
    frame = pandas.DataFrame(
        {"text": texts, "start": first, "end": [i + 4 for i in first], "label": "PART"}
    )
    convert("custom", frame, tmp_path / "out", language="en")
    files = [DocBin().from_disk(file) for file in (tmp_path / "out").glob("*.spacy")]
    docs = [doc for file in files for doc in file.get_docs(spacy.blank("en").vocab)]
    assert sorted(doc.text for doc in docs) == sorted(texts)


@pytest.mark.parametrize("empty", [None, float("nan"), "", pandas.NA])
def test_empty_cells_are_texts_without_a_mention(tmp_path, empty):
    rows = [(f"pump {i}", 0.0, 4.0, "PART") for i in range(20)]
    frame = pandas.DataFrame(
        [*rows, ("tight", empty, empty, empty)], columns=["text", "start", "end", "label"]
    )
    report = convert("custom", frame, tmp_path / "out", language="en").report
    assert (report["records"]["written"], report["mentions"]["written"]) == (21, 20)


def test_a_source_of_another_type_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="The source is a list"):
        convert("custom", ["a.jsonl"], tmp_path / "corpus", language="en")


def test_a_fault_names_its_line(tmp_path):
    with pytest.raises(UserError, match=r"dataframe\.csv, line 3: PART .* 0 to 99"):
        convert("custom", make_frame(12, end=99), tmp_path / "out", language="en")
    assert not (tmp_path / "out").exists()
