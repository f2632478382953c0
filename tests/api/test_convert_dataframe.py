"""A DataFrame as the source of a conversion."""

import pandas
import pytest

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
    frame.to_csv(tmp_path / "dataframe.csv", index=False)
    again = convert(
        "custom", tmp_path / "dataframe.csv", tmp_path / "again", format="csv", language="en"
    )
    assert again.report == report


def test_a_source_of_another_type_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match="The source is a list"):
        convert("custom", ["a.jsonl"], tmp_path / "corpus", language="en")


def test_a_fault_names_its_line(tmp_path):
    with pytest.raises(UserError, match=r"dataframe\.csv, line 3: PART .* 0 to 99"):
        convert("custom", make_frame(12, end=99), tmp_path / "out", language="en")
    assert not (tmp_path / "out").exists()
