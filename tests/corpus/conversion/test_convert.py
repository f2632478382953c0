import json
import os
from pathlib import Path
from typing import Dict, List

import pytest
import spacy
from spacy import displacy
from spacy.tokens import Doc, DocBin, Span

from spacy_nested_ner.corpus.conversion import alignment
from spacy_nested_ner.corpus.conversion.convert import convert
from spacy_nested_ner.corpus.records import Mention
from spacy_nested_ner.rendering.corpus_colors import GENIA
from spacy_nested_ner.user_error import UserError
from tests.corpus.genia_xml import (
    FLAT,
    NESTED,
    PLAIN,
    PROTEIN,
    article,
    corpus,
    numbered_corpus,
)

FILES = ["dev.spacy", "report.json", "test.spacy", "train.spacy"]
INSIDE_A_TOKEN = f"The x<cons {PROTEIN}>XYZ</cons> is near <cons {PROTEIN}>PQ</cons>."


@pytest.fixture
def source(tmp_path) -> Path:
    """Articles MEDLINE:0 to MEDLINE:11, one of them with a mention inside a token."""
    folder = tmp_path / "source"
    folder.mkdir()
    old, new = article("MEDLINE:3", FLAT), article("MEDLINE:3", FLAT, INSIDE_A_TOKEN)
    text = numbered_corpus(12).replace(old, new)
    (folder / "corpus.xml").write_text(text, encoding="utf8")
    return folder


def load(out: Path, part: str) -> List[Doc]:
    return list(DocBin().from_disk(out / f"{part}.spacy").get_docs(spacy.blank("en").vocab))


def contents(folder: Path) -> Dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_docs_carry_spans_and_ids(source, tmp_path):
    convert("genia", source, tmp_path / "out")
    title, flat, plain = load(tmp_path / "out", "dev")
    assert [(span.text, span.label_) for span in title.spans["sc"]] == [
        ("ABC-1 gene", "DNA"),
        ("ABC-1", "protein"),
    ]
    assert [(span.start, span.end, span.label_) for span in flat.spans["sc"]] == [
        (2, 3, "protein")
    ]
    assert title.user_data == {"id": "MEDLINE:10:0", "document": "MEDLINE:10"}
    assert flat.user_data == {"id": "MEDLINE:10:1", "document": "MEDLINE:10"}
    assert "sc" in plain.spans
    assert not plain.spans["sc"]


def test_whole_documents_are_one_doc_each(source, tmp_path):
    report = convert("genia", source, tmp_path / "out", unit="document", spans_key="all")
    (doc,) = load(tmp_path / "out", "test")
    assert doc.text == f"The ABC-1 gene is on.\n{PLAIN} Cells need XYZ to grow. {PLAIN}"
    assert [span.text for span in doc.spans["all"]] == ["ABC-1 gene", "ABC-1", "XYZ"]
    assert doc.user_data == {"id": "MEDLINE:11", "document": "MEDLINE:11"}
    assert report["parts"]["train"]["docs"] == 10


def test_the_report_says_what_was_done_and_lies_beside_the_docs(source, tmp_path):
    report = convert("genia", source, tmp_path / "out", split="sentence_contiguous")
    assert sorted(contents(tmp_path / "out")) == FILES
    assert json.loads((tmp_path / "out" / "report.json").read_text("utf8")) == report
    parts = report.pop("parts")
    assert list(parts) == ["train", "dev", "test"]
    assert [part["docs"] for part in parts.values()] == [31, 3, 3]
    sha256 = report["source"].pop("sha256")
    assert len(sha256) == 64
    duplicates, leakage = report.pop("duplicates"), report.pop("leakage")
    assert {part: found["count"] for part, found in duplicates.items()} == {
        "train": 27,  # four texts, again and again
        "dev": 0,
        "test": 1,
    }
    assert {pair: found["documents"] for pair, found in leakage.items()} == {
        "train/dev": 1,
        "train/test": 0,
        "dev/test": 1,
    }
    nothing = {"count": 0, "reasons": {}, "examples": []}
    assert report == {
        "dataset": "genia",
        "corpus": "custom",
        "source": {"name": "corpus.xml"},
        "licence": "unknown: see the source",
        "citation": None,
        "language": "en",
        "format": "genia",
        "split": "sentence_contiguous",
        "seed": None,
        "added": [],
        "unit": "sentence",
        "tokenizer": "spacy_nested_ner.PunctuationTokenizer.v1",
        "tokenizer_config": {"@tokenizers": "spacy_nested_ner.PunctuationTokenizer.v1"},
        "encoder": "dmis-lab/biobert-v1.1",
        "align": "drop",
        "max_misaligned": 0.1,
        "on_error": "stop",
        "discontinuous": {"count": 0, "policy": "drop"},
        "spans_key": "sc",
        "annotators": None,
        "records": {"read": 37, "skipped": 0, "written": 37},
        "mentions": {"read": 38, "skipped": 0, "dropped": 1, "merged": 0, "written": 37},
        "skipped": nothing,
        "lost": nothing,
        "trimmed": 0,
        "faults": [],
    }


def test_a_mention_inside_a_token_is_counted_and_left_out(source, tmp_path):
    train = convert("genia", source, tmp_path / "out")["parts"]["train"]
    docs = load(tmp_path / "out", "train")
    assert train["spans"] - train["written"] == train["misaligned"]["count"] == 1
    assert train["written"] == sum(len(doc.spans["sc"]) for doc in docs)
    assert train["misaligned"]["examples"] == [
        {
            "id": "MEDLINE:3:2",
            "label": "protein",
            "text": "XYZ",
            "token": "xXYZ",
            "written": None,
        }
    ]
    (doc,) = (doc for doc in docs if doc.user_data["id"] == "MEDLINE:3:2")
    assert [span.text for span in doc.spans["sc"]] == ["PQ"]


def test_the_same_input_gives_the_same_bytes(source, tmp_path):
    convert("genia", source, tmp_path / "one")
    convert("genia", source, tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_new_run_replaces_its_files_and_nothing_else(source, tmp_path):
    out = tmp_path / "out"
    convert("genia", source, out)
    before = contents(out)
    (out / "notes.txt").write_text("mine")
    convert("genia", source, out, split="sentence")
    after = contents(out)
    assert after.pop("notes.txt") == b"mine"
    assert sorted(after) == FILES
    assert all(before[name] != after[name] for name in FILES)


def fill_the_disk(monkeypatch) -> None:
    write_bytes = Path.write_bytes

    def fail_late(path: Path, data: bytes) -> int:
        if path.name == "report.json":
            raise OSError(28, "No space left on device")
        return write_bytes(path, data)

    monkeypatch.setattr(Path, "write_bytes", fail_late)


def test_a_failed_write_leaves_the_old_files(source, tmp_path, monkeypatch):
    out = tmp_path / "out"
    convert("genia", source, out)
    before = contents(out)
    fill_the_disk(monkeypatch)
    with pytest.raises(UserError, match=r" \S+/out \("):
        convert("genia", source, out, split="sentence")
    assert contents(out) == before


def test_a_failed_write_leaves_no_new_folder(source, tmp_path, monkeypatch):
    fill_the_disk(monkeypatch)
    with pytest.raises(UserError, match=r"/out \("):
        convert("genia", source, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_in_the_place_of_the_folder_is_refused(source, tmp_path):
    out = tmp_path / "out"
    out.write_text("mine")
    with pytest.raises(UserError, match=r"out .*file: .*folder"):
        convert("genia", source, out)
    assert out.read_text() == "mine"


def test_a_folder_in_the_place_of_a_file_stops_before_anything_is_replaced(source, tmp_path):
    out = tmp_path / "out"
    convert("genia", source, out)
    (out / "test.spacy").unlink()
    (out / "test.spacy").mkdir()
    train = (out / "train.spacy").read_bytes()
    with pytest.raises(UserError, match=r"test\.spacy .*folder"):
        convert("genia", source, out, split="sentence")
    assert (out / "train.spacy").read_bytes() == train


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_write_permission_is_refused(source, tmp_path):
    (tmp_path / "out").mkdir(mode=0o555)
    with pytest.raises(UserError, match=r"/out \("):
        convert("genia", source, tmp_path / "out")


@pytest.mark.parametrize("part", ["train", "dev", "test"])
def test_a_part_without_mentions_is_refused(tmp_path, part):
    silent = {"train": range(10), "dev": [10], "test": [11]}[part]
    file = tmp_path / "corpus.xml"
    articles = (
        article(f"MEDLINE:{i}", PLAIN, title=[PLAIN if i in silent else NESTED])
        for i in range(12)
    )
    file.write_text(corpus(*articles), encoding="utf8")
    with pytest.raises(UserError, match=rf"\d+ .*{part}"):
        convert("genia", file, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("dataset", "options", "advice"),
    [
        ("genia", {}, r"has no \.xml .*python -m spacy project assets"),
        ("custom", {"language": "en", "format": "jsonl"}, r"has no \.jsonl .*corpus mine"),
    ],
)
def test_an_empty_folder_is_refused_with_the_way_to_the_data(
    tmp_path, dataset, options, advice
):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=advice):
        convert(dataset, tmp_path / "empty", tmp_path / "out", **options)


def test_an_unknown_dataset_is_refused_with_the_known_ones(source, tmp_path):
    with pytest.raises(UserError, match=r"'ace': .*genia"):
        convert("ace", source, tmp_path / "out")


def test_displacy_shows_every_label_in_its_own_colour(source, tmp_path):
    report = convert("genia", source, tmp_path / "out")
    assert set(report["parts"]["train"]["labels"]) <= set(GENIA)
    assert len(set(GENIA.values())) == len(GENIA) == 5
    html = displacy.render(load(tmp_path / "out", "dev")[0], style="span", jupyter=False)
    assert GENIA["DNA"] in html
    assert GENIA["protein"] in html


def test_every_mention_is_placed_on_its_tokens_once(source, tmp_path, monkeypatch):
    right = alignment.touched_tokens
    placed = []

    def count(doc: Doc, mention: Mention) -> Span:
        placed.append(mention)
        return right(doc, mention)

    monkeypatch.setattr(alignment, "touched_tokens", count)
    report = convert("genia", source, tmp_path / "out")
    assert len(placed) == report["mentions"]["read"] == 38
