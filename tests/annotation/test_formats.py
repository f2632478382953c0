"""What goes in comes out: every format, every column, every span."""

import bz2
import csv
import gzip
import json
import lzma

import fsspec
import pytest
from spacy.tokens import DocBin

from spacy_nested_ner import annotate
from spacy_nested_ner.annotation.verify import verify
from spacy_nested_ner.tables import Warned
from spacy_nested_ner.user_error import UserError
from tests.annotation.helpers import (
    TEXTS,
    make_rows,
    make_rules,
    read_errors,
    read_shards,
    write_jsonl,
)

NLP = make_rules()


def expect(rows):
    """The output, by calling the pipeline on each text."""
    expected = []
    for row in rows:
        doc = NLP(row["text"])
        spans = [
            {
                "start": span.start_char,
                "end": span.end_char,
                "label": span.label_,
                "start_token": span.start,
                "end_token": span.end,
                "text": span.text,
                "score": None,
            }
            for span in doc.spans["sc"]
        ]
        expected.append({**row, "spans": spans})
    return expected


@pytest.fixture
def file(tmp_path):
    return write_jsonl(tmp_path / "in.jsonl", make_rows())


def test_a_run_that_finds_no_span_ends_with_a_warning(tmp_path):
    for text, n_warnings in (("nothing here", 1), ("the ZED complex", 0), ("", 0)):
        file = write_jsonl(tmp_path / "in.jsonl", [{"text": text}])
        result = annotate(NLP, file, tmp_path / f"out of {text}")
        assert sum(isinstance(block, Warned) for block in result.blocks()) == n_warnings


@pytest.mark.parametrize("ending", ["", ".gz", ".bz2", ".xz", ".zst"])
def test_jsonl_keeps_every_column_and_has_every_span(tmp_path, file, ending):
    open_file = {"": open, ".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}.get(ending)
    if open_file is None:
        open_file = pytest.importorskip("backports.zstd", reason="needs the extra zstd").open
    path = tmp_path / f"packed.jsonl{ending}"
    with open_file(path, "wb") as stream:
        stream.write(file.read_bytes())
    result = annotate(NLP, path, tmp_path / "out", shard_size=1000)
    expected = expect(make_rows())
    assert read_shards(tmp_path / "out") == expected
    assert sum(len(row["spans"]) for row in expected) == sum(result.labels.values()) > 20
    totals = verify(str(tmp_path / "out"))
    assert totals["n_records"] == len(expected)
    assert totals["n_shards"] > 3


def test_parquet_keeps_types_and_values(tmp_path):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    rows = make_rows()
    table = pa.table(
        {
            "id": pa.array([row["id"] for row in rows]),
            "text": pa.array([row["text"] for row in rows], pa.large_string()),
            "year": pa.array([row["year"] for row in rows], pa.int16()),
            "day": pa.array([row["year"] * 86_400_000 for row in rows], pa.timestamp("ms")),
            "blob": pa.array([b"\xff\x00"] * len(rows)),
        }
    )
    parquet.write_table(table, tmp_path / "in.parquet", row_group_size=7)
    annotate(NLP, tmp_path / "in.parquet", tmp_path / "out", format="parquet", shard_size=1000)
    out = parquet.read_table(tmp_path / "out" / "shards")
    assert out.drop_columns("spans").equals(table)
    assert out["spans"].to_pylist() == [row["spans"] for row in expect(rows)]
    annotate(NLP, tmp_path / "in.parquet", tmp_path / "json")
    assert read_shards(tmp_path / "json")[0]["blob"] == "/wA="


def test_jsonl_to_parquet_has_one_schema_for_all_shards(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = make_rows()
    rows[0]["year"] = None
    rows[-1].update(year=0.5, late="x")
    file = write_jsonl(tmp_path / "in.jsonl", rows)
    annotate(NLP, file, tmp_path / "out", format="parquet", shard_size=500)
    found = parquet.read_table(tmp_path / "out" / "shards").to_pylist()
    assert found == [{"late": None, **row} for row in expect(rows)]
    write_jsonl(file, [*rows, {"text": "ZED", "year": "a word"}])
    with pytest.raises(UserError, match="year"):
        annotate(NLP, file, tmp_path / "other", format="parquet")


@pytest.mark.parametrize("ending", [".csv", ".tsv"])
def test_a_table_keeps_its_cells(tmp_path, ending):
    rows = [{"id": f"r{n}", "text": t, "note": 'a "b",\tc\n'} for n, t in enumerate(TEXTS[:5])]
    with (tmp_path / f"in{ending}").open("w", newline="", encoding="utf8") as stream:
        writer = csv.DictWriter(stream, rows[0], delimiter="," if ending == ".csv" else "\t")
        writer.writeheader()
        writer.writerows(rows)
    annotate(NLP, tmp_path / f"in{ending}", tmp_path / "out")
    assert read_shards(tmp_path / "out") == expect(rows)


def test_a_folder_of_texts_has_paths_as_ids_and_a_file_has_lines(tmp_path):
    (tmp_path / "in" / "b").mkdir(parents=True)
    (tmp_path / "in" / "a.txt").write_text("ZED\nand ZED\n")
    (tmp_path / "in" / "b" / "c.txt").write_text("")
    (tmp_path / "in" / ".hidden.txt").write_text("ZED")
    annotate(NLP, tmp_path / "in", tmp_path / "out")
    rows = [{"id": "a.txt", "text": "ZED\nand ZED\n"}, {"id": "b/c.txt", "text": ""}]
    assert read_shards(tmp_path / "out") == expect(rows)
    annotate(NLP, tmp_path / "in" / "a.txt", tmp_path / "lines")
    assert read_shards(tmp_path / "lines") == expect([{"text": "ZED"}, {"text": "and ZED"}])


def test_a_folder_or_pattern_with_one_text_reads_it_as_it_reads_two(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("ZED\nand ZED\n")
    for number, input in enumerate(("in", "in/*.txt", "in/?.txt", "i[n]/a.txt")):
        annotate(NLP, tmp_path / input, tmp_path / f"out{number}")
        name = "in/a.txt" if input.startswith("i[") else "a.txt"
        expected = expect([{"id": name, "text": "ZED\nand ZED\n"}])
        assert read_shards(tmp_path / f"out{number}") == expected


@pytest.mark.parametrize("pattern", ["*.txt", "?.txt", "[ab].txt", "../t?/*.txt"])
def test_ids_and_names_of_a_pattern_begin_where_the_pattern_does(tmp_path, pattern):
    """So they are the same on every machine, also below a hidden folder."""
    for place in ("here", ".hidden/there"):
        folder = tmp_path / place / "tw"
        folder.mkdir(parents=True)
        for name in "ab":
            (folder / f"{name}.txt").write_text("ZED")
        prefix = "tw/" if pattern.startswith("..") else ""
        # the run that began here goes on there
        annotate(NLP, folder / pattern, tmp_path / "out", resume=True)
        run = json.loads((tmp_path / "out" / "run.json").read_text())
        assert [file["name"] for file in run["input"]] == [f"{prefix}a.txt", f"{prefix}b.txt"]
        assert [row["id"] for row in read_shards(tmp_path / "out")] == [
            f"{prefix}{name}.txt" for name in "ab"
        ]


@pytest.mark.parametrize("name", ["a[1].txt", "a?.txt", "a*.txt"])
def test_a_file_whose_name_looks_like_a_pattern_is_found(tmp_path, name):
    (tmp_path / name).write_text("ZED\nand ZED\n")
    (tmp_path / "a1.txt").write_text("other")
    annotate(NLP, tmp_path / name, tmp_path / "out")
    assert read_shards(tmp_path / "out") == expect([{"text": "ZED"}, {"text": "and ZED"}])


def test_a_docbin_goes_in_and_comes_out(tmp_path, file):
    annotate(NLP, file, tmp_path / "first", format="docbin", shard_size=1000)
    annotate(NLP, tmp_path / "first" / "shards", tmp_path / "second", format="docbin")
    annotate(NLP, tmp_path / "second" / "shards", tmp_path / "third")
    rows = make_rows()
    assert read_shards(tmp_path / "third") == expect(rows)
    (shard,) = (tmp_path / "second" / "shards").iterdir()
    docs = list(DocBin().from_disk(shard).get_docs(NLP.vocab))
    assert [json.loads(json.dumps(doc.user_data)) for doc in docs] == [
        {key: value for key, value in row.items() if key != "text"} for row in rows
    ]
    assert [len(doc.spans["sc"]) for doc in docs] == [len(row["spans"]) for row in expect(rows)]
    assert verify(str(tmp_path / "second"))["n_records"] == len(rows)


def test_probabilities_are_those_of_the_pipe(tmp_path, tiny, file):
    annotate(tiny, file, tmp_path / "out", shard_size=1000, batch_tokens=20)
    n = 0
    for row in read_shards(tmp_path / "out"):
        doc = tiny(row["text"])
        group = doc.spans["sc"]
        assert [(s["start_token"], s["end_token"], s["label"]) for s in row["spans"]] == [
            (span.start, span.end, span.label_) for span in group
        ]
        assert [s["score"] for s in row["spans"]] == pytest.approx(
            group.attrs["scores"].tolist(), abs=1e-5
        )
        n += len(group)
    assert n > 20


def test_records_that_cannot_be_processed_are_errors(tmp_path):
    lines = [
        b'{"id": 1, "text": "ZED"}',
        b'{"id": 2, "text": null}',
        b'{"id": 3, "text": "\xff"}',
        b'{"id": 4, "text": "ZED',
        b'{"id": 5, "text": "ZED ZED ZED"}',
        b'{"id": 6, "text": 7}',
        b"[8]",
        b"",
        b'{"id": 9, "text": "ZED", "spans": []}',
        b'{"id": 10, "text": "ZED", "n": 1e999}',
        b'{"id": 11}',
        b'{"id": 12, "text": ""}',
    ]
    (tmp_path / "in.jsonl").write_bytes(b"\n".join(lines))
    result = annotate(NLP, tmp_path / "in.jsonl", tmp_path / "out", max_length=8)
    assert [row["id"] for row in read_shards(tmp_path / "out")] == [1, 12]
    assert read_errors(tmp_path / "out") == {
        1: "no text",
        2: "unreadable",
        3: "unreadable",
        4: "too long",
        5: "no text",
        6: "unreadable",
        7: "output",
        8: "output",
        9: "no text",
    }
    assert sum(result.errors.values()) == 9
    assert verify(str(tmp_path / "out"))["n_errors"] == 9
    with pytest.raises(UserError, match="record 1 "):
        annotate(NLP, tmp_path / "in.jsonl", tmp_path / "strict", strict=True)


def test_bad_rows_of_a_table_and_bad_files_are_errors(tmp_path):
    table = b"id,text\n1,ZED\n2,\xff\n3,ZED,more\n4,ZED\n"
    (tmp_path / "in.csv").write_bytes(table)
    annotate(NLP, tmp_path / "in.csv", tmp_path / "out")
    assert [row["id"] for row in read_shards(tmp_path / "out")] == ["1", "4"]
    assert read_errors(tmp_path / "out") == {1: "unreadable", 2: "unreadable"}
    (tmp_path / "texts").mkdir()
    for name, data in (("a", b"ZED"), ("b", b"\xff"), ("c", b"ZED" * 20)):
        (tmp_path / "texts" / f"{name}.txt").write_bytes(data)
    annotate(NLP, tmp_path / "texts", tmp_path / "out2", max_length=10)
    assert [row["id"] for row in read_shards(tmp_path / "out2")] == ["a.txt"]
    assert read_errors(tmp_path / "out2") == {1: "unreadable", 2: "too long"}


def test_a_pipe_that_raises_costs_one_record(tmp_path, file):
    nlp = make_rules()
    ruler = nlp.get_pipe("span_ruler")
    call = type(ruler).__call__

    class Picky(type(ruler)):
        def __call__(self, doc):
            if "fusion" in doc.text:
                raise RuntimeError("no fusion")
            return call(self, doc)

    from spacy_nested_ner.annotation.annotator import Annotator
    from spacy_nested_ner.annotation.records import InputRecord
    from spacy_nested_ner.annotation.settings import Settings
    from spacy_nested_ner.annotation.shards import make_shard

    ruler.__class__ = Picky
    texts = ["ZED", "fusion", "ZED ZED"]
    records = [InputRecord(n, n, t, {"text": t}, 9, "") for n, t in enumerate(texts)]
    result = Annotator(nlp, Settings("sc")).annotate(make_shard(records))
    assert [json.loads(line)["text"] for line in result.data.splitlines()] == ["ZED", "ZED ZED"]
    assert [(e.position, e.kind) for e in result.errors] == [(1, "pipeline")]


def test_input_and_output_may_be_on_any_file_system(tmp_path, file):
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/in/part-0.jsonl", file.read_bytes())
    memory.pipe_file("/in/part-1.jsonl", file.read_bytes())
    memory.pipe_file("/in/readme.md", b"")
    annotate(NLP, "memory://in/part-*.jsonl", "memory://out", shard_size=1000)
    annotate(NLP, "memory://in", "memory://out2", resume=True)
    rows = [
        json.loads(line)
        for name in memory.glob("/out/shards/*.jsonl")
        for line in memory.cat_file(name).splitlines()
    ]
    assert rows == expect([*make_rows(), *make_rows()])
    assert verify("memory://out")["n_records"] == verify("memory://out2")["n_records"]
    with pytest.raises(UserError, match="lies in"):
        annotate(NLP, "memory://in", "memory://in/out")
    with pytest.raises(UserError, match="no_such"):
        annotate(NLP, "no_such://in", tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "data"),
    [("in.jsonl.gz", gzip.compress(b'{"text": "ZED"}\n' * 999)[:-9]), ("in.spacy", b"x")],
    ids=["in.jsonl.gz", "in.spacy"],  # the bytes of gzip hold the time
)
def test_a_damaged_file_is_named(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UserError, match=name):
        annotate(NLP, tmp_path / name, tmp_path / "out")


def test_a_key_that_no_pipe_writes_is_refused(tmp_path, file):
    with pytest.raises(UserError, match="'sc'"):
        annotate(NLP, file, tmp_path / "out", spans_key="other")
    assert not (tmp_path / "out").exists()
