"""Damage that libraries report with errors of many classes: always one sentence, no
traceback."""

import io
import json
import os
import tarfile
import zipfile
import zlib
from pathlib import Path
from random import Random
from time import thread_time

import pytest
import spacy
from spacy.tokens import DocBin, Span

from spacy_nested_ner.corpus.conversion.reading import read_source
from spacy_nested_ner.corpus.readers.genia import read_genia
from spacy_nested_ner.corpus.records import Record, Skipped
from spacy_nested_ner.user_error import UserError

LINE = b'{"text": "ABC here", "spans": [{"start": 0, "end": 3, "label": "DNA"}]}\n'
SENTENCE = '<sentence>a <cons sem="G#DNA_x">b</cons> c</sentence>'


def damage(data: bytes, random: Random) -> bytes:
    changed = bytearray(data)
    for _ in range(random.randint(1, 3)):
        changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


def refused(format: str, file: Path) -> bool:
    """Whether it is refused with a UserError; any other error fails the test."""
    try:
        read_source(format, file)
    except UserError:
        return True
    return False


@pytest.mark.parametrize(
    "method",
    [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA],
    ids=["stored", "deflate", "bzip2", "lzma"],
)
def test_a_damaged_zip_is_a_sentence(tmp_path, method):
    file = tmp_path / "a.zip"
    with zipfile.ZipFile(file, "w", method) as package:
        package.writestr("a.jsonl", LINE * 20)
    data, random = file.read_bytes(), Random(0)
    results = []
    for _ in range(100):
        file.write_bytes(damage(data, random))
        results.append(refused("jsonl", file))
    assert any(results)


def test_a_damaged_header_of_a_tar_is_a_sentence(tmp_path):
    file = tmp_path / "a.tar"
    with tarfile.open(file, "w") as package:
        member = tarfile.TarInfo("a.jsonl")
        member.size = len(LINE)
        package.addfile(member, io.BytesIO(LINE))
    data, random = file.read_bytes(), Random(0)
    for _ in range(300):
        header = bytearray(damage(data[:512], random))
        header[156] = random.choice(b"SLKxg12")  # sparse files, long names, links
        header[148:156] = b" " * 8
        header[148:156] = b"%06o\0 " % sum(header)
        file.write_bytes(bytes(header) + data[512:])
        refused("jsonl", file)


def test_a_damaged_docbin_is_a_sentence(tmp_path):
    nlp = spacy.blank("xx")
    doc = nlp("ABC-1 on here")
    doc.spans["sc"] = [Span(doc, 0, 1, "X")]
    data = zlib.decompress(DocBin(docs=[doc], store_user_data=True).to_bytes())
    file, random = tmp_path / "a.spacy", Random(6)
    for _ in range(1000):
        file.write_bytes(zlib.compress(damage(data, random), 1))
        refused("docbin", file)


def write_genia(file: Path, body: str, head: str = "") -> Path:
    info = "<articleinfo><bibliomisc>M:1</bibliomisc></articleinfo>"
    file.write_text(f"{head}<set><article>{info}<abstract>{body}</abstract></article></set>")
    return file


@pytest.mark.parametrize(
    "encoding",
    [
        "foo",
        "gbk",
        "utf-7",
        "big5",
        "shift_jis",
        "idna",
        "rot13",
        "hex",
        "base64",
        "utf-32",
        "punycode",
        "zlib",
    ],
)
@pytest.mark.parametrize("format", ["genia", "bioc"])
def test_an_xml_of_another_encoding_is_a_sentence(tmp_path, format, encoding):
    head = f'<?xml version="1.0" encoding="{encoding}"?>'
    file = write_genia(tmp_path / "a.xml", SENTENCE, head)
    with pytest.raises(UserError, match=r"a\.xml"):
        read_source(format, file)


def test_no_entity_of_an_xml_reads_a_file(tmp_path):
    (tmp_path / "secret.txt").write_text("secret words")
    (tmp_path / "a.xml").write_text(
        f'<!DOCTYPE collection [<!ENTITY x SYSTEM "{(tmp_path / "secret.txt").as_uri()}">]>'
        "<collection><document><id>1</id><passage><offset>0</offset><text>&x; Nord</text>"
        "</passage></document></collection>"
    )
    try:
        texts = [record.text for record in read_source("bioc", tmp_path / "a.xml").records]
    except UserError as error:
        texts = [str(error)]
    assert "secret words" not in " ".join(texts)


def test_text_outside_the_sentences_of_genia_is_counted(tmp_path):
    file = write_genia(tmp_path / "a.xml", f"lost one {SENTENCE}\n<b>lost two</b> {SENTENCE}")
    items = list(read_genia(file))
    assert [item.text for item in items if isinstance(item, Record)] == ["a b c"] * 2
    skipped = [item for item in items if isinstance(item, Skipped)]
    assert [one.where.partition(": ")[2] for one in skipped] == ["lost one", "lost two"]


def test_a_sentence_with_many_elements_takes_time_in_proportion(tmp_path):
    def measure(n: int) -> float:
        file = write_genia(tmp_path / "a.xml", f"<sentence>{'word <x>b</x> ' * n}</sentence>")
        start = thread_time()
        with pytest.raises(UserError, match="no <cons>"):
            list(read_genia(file))
        return thread_time() - start

    # in proportion: 8 times as long; before, 40 times
    assert measure(120_000) < 20 * max(measure(15_000), 0.05)


@pytest.mark.skipif(os.name != "posix", reason="names of files are text elsewhere")
def test_a_file_name_that_is_no_utf8_can_be_converted(tmp_path):
    from spacy_nested_ner import convert

    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/d\xe9p\xf4t"))
    folder.mkdir()
    for number in range(3):
        file = os.fsencode(folder) + b"/caf\xe9-%d.jsonl" % number
        Path(os.fsdecode(file)).write_bytes(LINE)
    result = convert("custom", folder, tmp_path / "out", format="jsonl", language="en")
    assert result.report["records"]["written"] == 3
    assert result.report["source"]["name"] == r"d\xe9p\xf4t"
    with pytest.raises(UserError) as error:
        read_source("brat", folder)
    assert str(error.value).isprintable()


@pytest.mark.parametrize("source", ["a" * 300 + ".jsonl", "/a" * 5000, "a\0b"])
def test_a_name_that_no_file_can_have_is_a_sentence(source):
    with pytest.raises(UserError, match="does not exist") as error:
        read_source("jsonl", Path(source))
    assert len(str(error.value)) < 1200


def test_long_values_are_cut_in_messages(tmp_path):
    file = tmp_path / "a.jsonl"
    span = {"start": 0, "end": "9" * 99_999, "label": "B"}
    file.write_text(json.dumps({"text": "A", "spans": [span]}))
    with pytest.raises(UserError) as error:
        read_source("jsonl", file)
    assert len(str(error.value)) < 1200
    assert "…" in str(error.value)


def test_stratify_takes_time_in_proportion_to_the_labels():
    from spacy_nested_ner.corpus.conversion.stratify import stratify

    def measure(n: int) -> float:
        random = Random(0)
        documents = {
            f"{i}": frozenset(f"L{random.randrange(n)}" for _ in range(5)) for i in range(2 * n)
        }
        start = thread_time()
        stratify(documents, 0)
        return thread_time() - start

    # before, 3,000 labels took 25 seconds
    assert measure(3000) < 14 * max(measure(750), 0.1)


def test_a_value_that_is_no_text_in_a_cas_is_a_sentence(tmp_path):
    pytest.importorskip("cassis")
    from benchmarks.fuzz_samples import make_samples

    file = tmp_path / "a.json"
    for old, new in ((b'"value": "ORG"', b'"value": 1.5'), (b'"begin": 0', b'"begin": "x"')):
        data = make_samples()["cas"]["0.json"]
        assert old in data
        file.write_bytes(data.replace(old, new, 1))
        with pytest.raises(UserError, match=r"a\.json"):
            read_source("cas", file)


def test_a_layer_between_the_tokens_of_a_webanno_file_is_a_sentence(tmp_path):
    from benchmarks.fuzz_samples import make_samples

    lines = make_samples()["webanno"]["0.tsv"].decode("utf8").split("\n")
    lines.insert(7, "#T_SP=webanno.custom.Other|value")
    (tmp_path / "a.tsv").write_text("\n".join(lines), encoding="utf8")
    with pytest.raises(UserError, match="layer"):
        read_source("webanno", tmp_path / "a.tsv")
