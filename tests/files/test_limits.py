"""Small files that decompress to large ones, see `spacy_nested_ner.files.limits`."""

import bz2
import gzip
import lzma
import os
import tarfile
import zipfile
import zlib
from pathlib import Path

import pytest
import spacy
import srsly
from spacy.tokens import DocBin
from spacy.vocab import Vocab

from spacy_nested_ner import max_size
from spacy_nested_ner.annotation.input_files import find_input
from spacy_nested_ner.corpus.conversion.reading import read_source
from spacy_nested_ner.files.docbin import read_docs
from spacy_nested_ner.user_error import UserError

LINE = b'{"text": "ABC", "spans": [{"start": 0, "end": 3, "label": "DNA"}]}\n'
ZEROS = LINE + b" " * (3 << 20)


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA], ids=str
)
def test_a_zip_bomb_is_refused_and_can_be_allowed(tmp_path, method):
    archive = tmp_path / "bomb.zip"
    with zipfile.ZipFile(archive, "w", method) as package:
        package.writestr("a.jsonl", ZEROS)
    with max_size(2), pytest.raises(UserError, match="--max-size"):
        read_source("jsonl", archive)
    with max_size(4):
        assert len(read_source("jsonl", archive).records) == 1


def test_the_members_of_an_archive_count_together(tmp_path):
    archive = tmp_path / "bomb.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as package:
        for number in range(4):
            package.writestr(f"{number}.jsonl", LINE + b" " * (1 << 20))
    with max_size(2), pytest.raises(UserError, match="--max-size"):
        read_source("jsonl", archive)


def test_a_compressed_tar_is_no_way_around(tmp_path):
    (tmp_path / "a.bin").write_bytes(ZEROS)  # a file that no reader holds
    (tmp_path / "a.jsonl").write_bytes(LINE)
    with tarfile.open(tmp_path / "bomb.tgz", "w:gz") as package:
        package.add(tmp_path / "a.bin", "a.bin")
        package.add(tmp_path / "a.jsonl", "a.jsonl")
    with max_size(2), pytest.raises(UserError, match="--max-size"):
        read_source("jsonl", tmp_path / "bomb.tgz")
    with max_size(4):
        assert len(read_source("jsonl", tmp_path / "bomb.tgz").records) == 1


def make_docbin(**parts: object) -> bytes:
    doc = spacy.blank("xx")("ABC here")
    stored = srsly.msgpack_loads(zlib.decompress(DocBin(docs=[doc]).to_bytes()))
    return zlib.compress(srsly.msgpack_dumps({**stored, **parts}))


MIB = 1 << 20
BOMBS = {
    "tokens": {"tokens": bytes(3 * MIB)},
    "documents": {"lengths": bytes(MIB)},
    "spaces": {"spaces": bytes(MIB)},
    "one document": {"span_groups": [bytes(MIB)]},
    "lists": {"strings": [[[]] * MIB]},
    "categories": {"cats": [[]] * MIB},
    "behind": {"other": bytes(3 * MIB)},
}


@pytest.mark.parametrize("parts", BOMBS.values(), ids=BOMBS)
def test_a_docbin_bomb_is_refused_before_spacy_reads_it(tmp_path, monkeypatch, parts):
    file = tmp_path / "bomb.spacy"
    file.write_bytes(make_docbin(**parts))
    monkeypatch.setattr(DocBin, "from_bytes", None)
    with max_size(2), pytest.raises(UserError, match=r"bomb\.spacy"):
        read_docs(file, Vocab())
    with max_size(2), pytest.raises(UserError, match=r"bomb\.spacy"):
        read_source("docbin", file)


def test_a_docbin_within_the_limit_is_read(tmp_path):
    file = tmp_path / "a.spacy"
    file.write_bytes(make_docbin())
    with max_size(1):
        assert [doc.text for doc in read_docs(file, Vocab())] == ["ABC here"]


def test_a_parquet_bomb_is_refused(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = pyarrow.table({"text": ["a" * 1000] * 5000, "entities": [[]] * 5000})
    parquet.write_table(table, tmp_path / "bomb.parquet")
    assert (tmp_path / "bomb.parquet").stat().st_size < MIB // 8
    with max_size(1), pytest.raises(UserError, match="--max-size"):
        read_source("parquet", tmp_path / "bomb.parquet")


def test_many_small_records_are_refused_before_they_fill_the_memory(tmp_path):
    (tmp_path / "a.tsv").write_text("a\tO\n\n" * 17_000)
    with max_size(1), pytest.raises(UserError, match="--max-size"):
        read_source("columns", tmp_path / "a.tsv")


def open_zstd(path: Path, mode: str):
    import sys

    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        zstd = pytest.importorskip("backports.zstd")
    return zstd.open(path, mode)


OPEN = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open, ".zst": open_zstd}


@pytest.mark.parametrize("ending", OPEN)
def test_annotate_refuses_a_file_that_no_text_compresses_to(tmp_path, ending):
    path = tmp_path / f"bomb.txt{ending}"
    with OPEN[ending](path, "wb") as stream:
        stream.write(ZEROS)
    (file,) = find_input(str(path))
    with (
        max_size(2),
        pytest.raises(UserError, match="--max-size"),
        file.source.open() as stream,
    ):
        stream.read()
    path.write_bytes(path.read_bytes()[:-3])
    with file.source.open() as stream, pytest.raises(UserError, match=r"bomb\.txt"):
        stream.read()


@pytest.mark.parametrize("format", ["jsonl", "docbin", "genia"])
def test_pipes_and_devices_are_refused(tmp_path, format):
    pipe = tmp_path / {"jsonl": "a.jsonl", "docbin": "a.spacy", "genia": "a.xml"}[format]
    os.mkfifo(pipe)
    for source in (pipe, tmp_path, Path("/dev/zero")):
        with pytest.raises(UserError, match=r"a pipe or a device"):
            read_source(format, source)
    if format == "docbin":
        with pytest.raises(UserError, match=r"a pipe or a device"):
            read_docs(pipe, Vocab())
