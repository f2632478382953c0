import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional, Union

import pyarrow
import pytest
from pyarrow import ipc, parquet

from spacy_nested_ner.corpus.faults import collect_faults
from spacy_nested_ner.corpus.readers import arrow_rows, parquet_size
from spacy_nested_ner.corpus.readers.parquet import read_parquet
from spacy_nested_ner.corpus.records import Mention, Record, Skipped
from spacy_nested_ner.user_error import UserError
from tests.corpus.source_files import write_archive

TEXT = "feed pump seal leaks"
TOKENS = TEXT.split()
SEAL, PUMP = Mention(0, 14, "PART"), Mention(0, 9, "PART")
Row = Dict[str, Any]


@pytest.fixture(autouse=True)
def measured_here(monkeypatch):
    """Measures in this process, in a thousandth of the time."""

    def measure(path: str, name: str) -> int:
        return parquet_size.add_sizes(parquet.read_metadata(path))

    monkeypatch.setattr(arrow_rows, "measure_parquet", measure)


def make_table(rows: List[Row], features: Optional[Row] = None) -> pyarrow.Table:
    table = pyarrow.Table.from_pylist(rows)
    if features is not None:
        metadata = {"huggingface": json.dumps({"info": {"features": features}})}
        table = table.replace_schema_metadata(metadata)
    return table


def read(
    folder: Path, *rows: Row, features: Optional[Row] = None, name: str = "x.parquet"
) -> List[Union[Record, Skipped]]:
    parquet.write_table(make_table(list(rows), features), folder / name)
    return list(read_parquet(folder / name))


def entity(*offsets: List[int], text: str = TEXT, label: str = "PART") -> Row:
    """A mention of BigBIO."""
    pieces = [text[start:end] for start, end in offsets]
    return {"id": "e", "type": label, "text": pieces, "offsets": list(offsets)}


FORMS = {
    "characters": {
        "text": TEXT,
        "entities": [
            {"start": 0, "end": 9, "label": "PART", "text": "feed pump"},
            {"start": 0, "end": 14, "label": "PART", "text": "feed pump seal"},
        ],
    },
    "offsets": {"text": TEXT, "entities": [entity([0, 9]), entity([0, 14])]},
    "flat offsets": {
        "text": TEXT,
        "entities": [{"type": "PART", "offsets": o} for o in ([0, 9], [0, 14])],
    },
    "tokens": {
        "tokens": TOKENS,
        "spans": [
            {"start": 0, "end": 2, "type": "PART"},
            {"start": 0, "end": 3, "type": "PART"},
        ],
    },
    "lists": {
        "words": TOKENS,
        "entities": {"start": [0, 0], "end": [2, 3], "label": ["PART", "PART"]},
    },
    "tags": {
        "tokens": TOKENS,
        "ner_tags": ["B-PART", "I-PART", "I-PART", "O"],
        "nested_ner_tags": ["B-PART", "I-PART", "O", "O"],
        "chunk_tags": ["B-NP", "I-NP", "I-NP", "B-VP"],
    },
    "tags with ends": {
        "tokens": TOKENS,
        "ner_tags": ["B-PART", "I-PART", "L-PART", "O"],
        "inner_ner": ["B-PART", "L-PART", "O", "O"],
    },
    "BigBIO": {
        "passages": [
            {"id": "p0", "type": "title", "text": ["feed pump"], "offsets": [[0, 9]]},
            {"id": "p1", "type": "text", "text": ["seal leaks"], "offsets": [[10, 20]]},
        ],
        "entities": [entity([0, 9]), entity([0, 14])],
        "relations": [{"id": "r"}],
    },
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_mentions(tmp_path, form):
    row = {"id": "A", "document_id": "D", **FORMS[form]}
    (record,) = read(tmp_path, row, name="train-00000-of-00001.parquet")
    assert (record.id, record.document, record.part) == ("A", "D", "train")
    assert record.mentions == (SEAL, PUMP)
    assert record.text.split() == TOKENS


def class_label(*names: str) -> Row:
    return {"names": list(names), "_type": "ClassLabel"}


@pytest.mark.parametrize("kind", ["Sequence", "List", None])
def test_numbers_of_classes_have_their_names(tmp_path, kind):
    names = class_label("O", "B-PART", "I-PART")
    feature = {"feature": names, "_type": kind} if kind else [names]
    row = {"tokens": TOKENS, "ner_tags": [1, 2, 0, 1]}
    (record,) = read(tmp_path, row, features={"ner_tags": feature})
    assert record.mentions == (PUMP, Mention(15, 20, "PART"))


OBJECT = {"label": class_label("STATE", "PART")}
LISTS = {"label": {"feature": OBJECT["label"], "_type": "List"}}


@pytest.mark.parametrize(
    ("spans", "feature"),
    [
        ([{"start": 0, "end": 9, "label": 1}], [OBJECT]),
        ([{"start": 0, "end": 9, "label": 1}], {"feature": OBJECT, "_type": "List"}),
        ({"start": [0], "end": [9], "label": [1]}, {"feature": OBJECT, "_type": "Sequence"}),
        ({"start": [0], "end": [9], "label": [1]}, LISTS),
    ],
)
def test_labels_of_mentions_may_be_classes(tmp_path, spans, feature):
    (record,) = read(tmp_path, {"text": TEXT, "spans": spans}, features={"spans": feature})
    assert record.mentions == (PUMP,)


def test_an_entity_of_several_pieces_is_lost_unless_only_blanks_are_between(tmp_path):
    row = {"text": TEXT, "entities": [entity([0, 4], [10, 14]), entity([5, 9], [0, 4])]}
    (record,) = read(tmp_path, row)
    assert record.mentions == (PUMP,)
    (item,) = record.discontinuous
    assert [record.text[start:end] for start, end in item.pieces] == ["feed", "seal"]


def test_fewer_offsets_than_texts_are_a_fault(tmp_path):
    row = {"text": TEXT, "entities": [{**entity([0, 4], [5, 9]), "offsets": [[0, 4]]}]}
    with collect_faults() as faults:
        read(tmp_path, row)
    assert [fault.of for fault in faults] == ["annotation"]


def test_rows_without_annotation_or_tokens_are_skipped(tmp_path):
    labels = {"feature": class_label("O", "B-PART"), "_type": "Sequence"}
    rows = [
        {"tokens": ["a"], "ner_tags": [-1]},
        {"tokens": ["a"], "ner_tags": None},
        {"tokens": [], "ner_tags": []},
        {"tokens": ["a"], "ner_tags": [1]},
    ]
    *skipped, record = read(tmp_path, *rows, features={"ner_tags": labels})
    assert [item.reason for item in skipped] == ["unlabelled", "unlabelled", "empty"]
    assert (record.id, record.mentions) == ("x:3", (Mention(0, 1, "PART"),))


def save(folder: Path, rows: List[Row]) -> None:
    """As `Dataset.save_to_disk`, with a file of the cache beside the data."""
    folder.mkdir(parents=True)
    for name, some in (("data-00000-of-00001.arrow", rows), ("cache-1.arrow", rows * 2)):
        table = make_table(some)
        with ipc.new_stream(folder / name, table.schema) as stream:
            stream.write_table(table)


def test_a_folder_of_save_to_disk_is_read(tmp_path):
    for part, n in (("train", 3), ("validation", 2), ("test", 1)):
        save(tmp_path / part, [FORMS["characters"]] * n)
    (tmp_path / "dataset_dict.json").write_text('{"splits": ["train"]}')
    records = list(read_parquet(tmp_path))
    assert [record.part for record in records] == ["test", *["train"] * 3, *["dev"] * 2]
    assert {record.mentions for record in records} == {(SEAL, PUMP)}
    assert len({record.id for record in records}) == 6


def test_more_rows_than_a_batch(tmp_path):
    rows = [{"id": i, "text": f"pump {i}", "spans": []} for i in range(2345)]
    records = read(tmp_path, *rows)
    assert [record.id for record in records] == [str(i) for i in range(2345)]
    save(tmp_path / "saved", rows)
    assert [record.text for record in read_parquet(tmp_path / "saved")] == [
        f"pump {i}" for i in range(2345)
    ]


def test_archives(tmp_path):
    (expected,) = read(tmp_path, FORMS["characters"])
    data = (tmp_path / "x.parquet").read_bytes()
    archive = write_archive(tmp_path / "a.zip", {"x.parquet": data})
    assert list(read_parquet(archive)) == [expected]


def text_row(**change: Any) -> Row:
    return {"text": TEXT, "spans": [{"start": 0, "end": 4, "label": "A", **change}]}


def tags_row(*tags: Any) -> Row:
    return {"tokens": TOKENS, "ner_tags": list(tags)}


BAD = {
    "outside": (text_row(end=30), "A .* 0 to 30"),
    "another text": (text_row(text="pump"), "'feed'.* 'pump'"),
    "no label": (text_row(label=None), "no label"),
    "no end": (text_row(end=None), "no start and end"),
    "no object": ({"text": TEXT, "spans": ["A"]}, '"A"'),
    "outside the tokens": (
        {"tokens": TOKENS, "spans": [{"start": 3, "end": 5, "label": "A"}]},
        "4 tokens",
    ),
    "text or tokens": ({"tokens": TOKENS, **text_row()}, "'text' or 'tokens'"),
    "numbers without names": (tags_row(0, 1, 2, 0), "ner_tags.* 0,.*ClassLabel"),
    "no tag": (tags_row("O", "O", "NOUN", "O"), '"NOUN"'),
    "too few tags": (tags_row("O", "O"), "4 tokens"),
    "an end without a begin": (tags_row("L-A", "O", "O", "O"), "scheme"),
    "no mentions": ({"text": TEXT, "label": 1}, "text, label"),
    "passages over each other": (
        {
            "passages": [
                {"text": ["feed"], "offsets": [[0, 4]]},
                {"text": ["pump"], "offsets": [[3, 7]]},
            ],
            "entities": [entity([0, 4])],
        },
        "'pump'.* 3 to 7",
    ),
    "a passage of another length": (
        {"passages": [{"text": ["feed"], "offsets": [[0, 5]]}], "entities": [entity([0, 4])]},
        "'feed'.* 0 to 5",
    ),
    "a passage without a text": (
        {"passages": [{"text": [], "offsets": [[0, 5]]}], "entities": [entity([0, 4])]},
        r"\[\[0, 5\]\]",
    ),
}


def passages_row(passages: Any) -> Row:
    return {"passages": passages, "entities": [entity([0, 4])]}


def offsets_row(offsets: Any) -> Row:
    return {"text": TEXT, "entities": [{"type": "PART", "offsets": offsets}]}


BAD |= {
    "pieces without two edges": (offsets_row([[0, 4, 5], [6]]), "no start and end"),
    "flat offsets of two pieces": (offsets_row([0, 4, 10, 14]), "no start and end"),
    "a flat offset that is missing": (offsets_row([0, None]), "no start and end"),
    "a piece that is missing": (offsets_row([[0, 4], None]), "no start and end"),
    "an edge that is missing": (offsets_row([[None, 4]]), "no start and end"),
    "a number as offsets": (offsets_row(4), "no start and end"),
    "a text as offsets": (offsets_row("04"), "no start and end"),
    "a text that is missing beside its offsets": (
        {"text": TEXT, "entities": [{**entity([0, 4], [5, 9]), "text": ["feed", None]}]},
        '"feed", null|None',
    ),
    "lists of different lengths": (
        {"text": TEXT, "entities": {"start": [0, 10], "end": [4], "label": ["A", "B"]}},
        "start 2, end 1, label 2",
    ),
    "a passage without a start": (
        passages_row([{"text": ["feed"], "offsets": [[None, 4]]}]),
        "no texts with offsets",
    ),
    "a passage with a text that is missing": (
        passages_row([{"text": [None], "offsets": [[0, 4]]}]),
        "no texts with offsets",
    ),
    "passages one of which has no start": (
        passages_row(
            [
                {"text": ["feed"], "offsets": [[0, 4]]},
                {"text": ["pump"], "offsets": [[None, 9]]},
            ]
        ),
        "no texts with offsets",
    ),
    "a number as passages": (passages_row(5), "5"),
    "a text as passages": (passages_row("pump"), "pump"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_row_is_named_and_can_be_left_out(tmp_path, case):
    row, message = BAD[case]
    with pytest.raises(UserError, match=message) as error:
        read(tmp_path, row)
    assert "x.parquet, row 0 (from 0)" in str(error.value)
    with collect_faults() as faults:
        read(tmp_path, row)
    assert len(faults) == 1


def test_faults_are_left_out_one_by_one(tmp_path):
    good = {"start": 0, "end": 9, "label": "PART"}
    rows = [
        {"id": "A", "text": TEXT, "spans": [{**good, "end": 99}, good]},
        {"id": "A", "text": TEXT, "spans": [good]},
        {"id": "B", "text": TEXT, "spans": [{**good, "label": None}, good]},
    ]
    (tmp_path / "y.parquet").write_bytes(b"PAR1")
    with collect_faults() as faults:
        read(tmp_path, *rows)
    assert [fault.of for fault in faults] == ["annotation", "record", "annotation"]
    with collect_faults() as faults:
        records = list(read_parquet(tmp_path))
    assert [fault.of for fault in faults][-1] == "file"
    assert [record.mentions for record in records] == [(PUMP,), (PUMP,)]


@pytest.mark.parametrize("name", ["x.parquet", "x.arrow"])
def test_a_damaged_file_is_one_sentence(tmp_path, name):
    (tmp_path / name).write_bytes(b"PAR1 no table PAR1")
    with pytest.raises(UserError, match=rf"{name}\b"):
        list(read_parquet(tmp_path))


def test_a_damaged_account_of_a_column_does_not_end_the_process(tmp_path, monkeypatch):
    """pyarrow aborts the process that asks for the size of such a column."""
    monkeypatch.setattr(arrow_rows, "measure_parquet", parquet_size.measure_parquet)
    read(tmp_path, FORMS["tokens"])
    good, damaged = tmp_path / "x.parquet", tmp_path / "bad x.parquet"
    repetition = b"\x35\x02\x18\x06tokens"  # of the column, in the footer
    data = good.read_bytes()
    assert repetition in data
    damaged.write_bytes(data.replace(repetition, b"\x35\x12\x18\x06tokens"))
    archive = write_archive(tmp_path / "x.zip", {"bad x.parquet": damaged.read_bytes()})
    assert parquet_size.measure_parquet(str(good), "") == parquet_size.add_sizes(
        parquet.read_metadata(good)
    )
    for source in (damaged, archive):
        with pytest.raises(UserError, match=r"bad x\.parquet"):
            list(read_parquet(source))


def test_without_pyarrow_the_extra_is_named(tmp_path):
    read(tmp_path, FORMS["characters"])
    code = f"""if True:
    import sys
    from pathlib import Path
    from spacy_nested_ner.corpus.readers.parquet import read_parquet
    from spacy_nested_ner.user_error import UserError
    sys.modules["pyarrow"] = None
    try:
        list(read_parquet(Path({str(tmp_path)!r})))
    except UserError as error:
        print(error)"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "spacy-nested-ner[parquet]" in result.stdout


@pytest.mark.parametrize("name", ["x", "x.PARQUET", "x.arrow", "x.data"])
def test_the_first_bytes_tell_parquet_whatever_the_name(tmp_path, name):
    row = {"text": TEXT, "spans": [{"start": 0, "end": 14, "label": "PART"}]}
    (record,) = read(tmp_path, row, name=name)
    assert record.mentions == (SEAL,)
