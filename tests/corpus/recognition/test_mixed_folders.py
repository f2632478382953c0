"""A folder has one format, and no file of data is left unread in silence."""

import warnings
from itertools import combinations
from pathlib import Path
from typing import Dict, Union

import pytest

from spacy_nested_ner.corpus.conversion.convert import convert
from spacy_nested_ner.corpus.recognition import recognise
from spacy_nested_ner.user_error import UserError
from tests.corpus.recognition.test_recognise import KINDS, SAMPLES, SPAN, as_bytes, lines, write
from tests.corpus.source_files import write_archive

MIXED = {
    "hotel.jsonl": SPAN,
    "corrected.json": SAMPLES["LABEL_STUDIO"]["a.json"],
    "doccano.jsonl": SAMPLES["DOCCANO"]["a.jsonl"],
    "more.jsonl.gz": SAMPLES["COMPRESSED"]["a.jsonl.gz"],
    "a.csv": SAMPLES["CSV"]["a.csv"],
    "x/a.spacy": SAMPLES["DOCBIN"]["a.spacy"],
    "y/a.ann": "",
    "pubtator.txt": SAMPLES["PUBTATOR"]["b.txt"],
    "excel.csv": SAMPLES["UTF16"]["b.csv"],
    "ccks.json": SAMPLES["CCKS"]["a.json"],
}


@pytest.mark.parametrize("two", [*combinations(MIXED, 2)], ids="+".join)
def test_a_folder_of_two_kinds_is_refused_with_a_file_of_each(tmp_path, two):
    if set(two) == {"y/a.ann", "pubtator.txt"}:
        return  # the .txt files of brat are its texts
    for name in two:
        write(tmp_path / "in", name, MIXED[name])
    packed = tmp_path / "packed"
    packed.mkdir()
    for name in two:
        write_archive(packed / f"{Path(name).name}.zip", {name: as_bytes(MIXED[name])})
    files = {name: as_bytes(MIXED[name]) for name in two}
    for source in (tmp_path / "in", write_archive(tmp_path / "a.zip", files), packed):
        with pytest.raises(UserError, match="has files of 2 kinds") as error:
            recognise.recognise(source)
        assert all(f"{name} (" in str(error.value) for name in two)


def test_every_file_of_a_small_folder_counts(tmp_path):
    for number in range(20):
        write(tmp_path, f"{number}.jsonl", SPAN)
    write(tmp_path, "z.jsonl", SAMPLES["DOCCANO"]["a.jsonl"])
    with pytest.raises(UserError, match=r" 0\.jsonl .* and z\.jsonl "):
        recognise.recognise(tmp_path)


@pytest.mark.parametrize(
    ("two", "advice"),
    [
        (
            ("hotel.jsonl", "corrected.json"),
            "'label_studio' or 'jsonl' to read only its files.",
        ),
        (("doccano.jsonl", "corrected.json"), "choose format 'label_studio' to read only"),
        (("hotel.jsonl", "ccks.json"), "choose format 'jsonl' to read only"),
        (("hotel.jsonl", "doccano.jsonl"), "give each kind on its own."),
    ],
)
def test_only_a_format_that_leaves_the_other_files_alone_is_advised(tmp_path, two, advice):
    for name in two:
        write(tmp_path, name, MIXED[name])
    with pytest.raises(UserError) as error:
        recognise.recognise(tmp_path)
    assert advice in str(error.value)


def test_a_file_with_an_ending_that_its_reader_passes_over_is_refused(tmp_path):
    write(tmp_path, "a.jsonl", SPAN)
    write(tmp_path, "b.json", SPAN)
    with pytest.raises(UserError, match=r"b\.json, .* than a\.jsonl: rename it"):
        recognise.recognise(tmp_path)


BESIDE: Dict[str, Union[str, bytes]] = {
    "README": "x",
    "README.md": "| B-ORG | a |",
    "LICENSE": "x",
    "LICENSE.txt": "Nord B-ORG\nBank I-ORG\n",
    "setup.cfg": "x",
    "tasks-labels.xml": "<View><Labels name='label'/></View>",
    "annotation.conf": "[entities]\nORG\n",
    ".hidden.csv": SAMPLES["CSV"]["a.csv"],
    "guidelines.txt": "Mark every bank.\n",
    "labels.txt": "ORG\nLOC\n",
    "labels.json": '["ORG", "LOC"]',
    "report.json": '{"skipped": {"count": 0, "reasons": {}, "examples": []}}',
    "scheme.json": "{}",
    "empty.csv": "",
    "unlabelled.jsonl": lines({"text": "no", "label": []}),
    "data.zip": b"PK\x05\x06" + bytes(18),
}


@pytest.mark.parametrize("name", [name for name in KINDS if KINDS[name].format])
def test_files_that_are_no_data_are_left_in_peace(tmp_path, name):
    file, data = next(iter(SAMPLES[name].items()))
    for beside, text in BESIDE.items():
        write(tmp_path, beside, text)
    write(tmp_path, f"data/{file}", data)
    assert recognise.recognise(tmp_path) == KINDS[name].format
    unread = recognise.find_unread(tmp_path, KINDS[name].format)
    assert unread == ([] if name == "CAS" else ["data.zip"])


def test_texts_and_events_beside_brat_may_look_like_other_data(tmp_path):
    texts = {"a.ann": "", "a.txt": "T1\tORG 0 9\tNord Bank\n", "a.a2": "T1\tORG 0 9\tNord\n"}
    for name, text in texts.items():
        write(tmp_path, name, text)
    assert recognise.recognise(tmp_path) == "brat"
    assert recognise.find_unread(tmp_path, "brat") == []


def test_files_that_a_given_format_does_not_read_are_named_in_one_warning(tmp_path):
    source = tmp_path / "in"
    words = ("Kiel", "Bonn", "Rome", "Oslo", "Riga", "Bern", "Lima", "Cork", "Ulm ")
    spans = [{"start": 0, "end": 4, "label": "X"}]
    records = [{"text": f"{word} opens", "spans": spans} for word in words]
    write(source, "a.jsonl", lines(*records))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        convert("custom", source, tmp_path / "out", format="jsonl", language="en")
    for name in ("corrected.json", "more.jsonl.gz", "a.csv", "x/a.spacy"):
        write(source, name, MIXED[name])
    write(source, "README.md", "x")
    with pytest.warns(
        UserWarning, match=r"4 of the files .* a\.csv, corrected.json, more"
    ) as w:
        convert("custom", source, tmp_path / "out", format="jsonl", language="en")
    assert len(w) == 1
