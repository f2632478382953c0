"""Texts that are added to a converted corpus."""

import json
from pathlib import Path
from typing import Dict, List, Optional, Tuple

import pytest
import srsly
from spacy.tokens import DocBin
from spacy.vocab import Vocab

import spacy_nested_ner
from spacy_nested_ner import export
from spacy_nested_ner.corpus.conversion.convert import convert
from spacy_nested_ner.user_error import UserError

PARTS = ("train", "dev", "test")


def write(
    path: Path, *texts: str, label: str = "part", ids: Optional[List[str]] = None
) -> Path:
    """JSON lines; in each text the first word is a mention."""
    lines = []
    for i, text in enumerate(texts):
        line = {"text": text, "spans": [{"start": 0, "end": text.index(" "), "label": label}]}
        lines.append({**line, "id": ids[i]} if ids else line)
    srsly.write_jsonl(path, lines)
    return path


def texts_of(folder: Path) -> Dict[str, List[Tuple[str, str]]]:
    """The text of each doc of the parts, and the labels of its mentions."""
    vocab = Vocab()
    return {
        part: [
            (doc.text, " ".join(span.label_ for span in doc.spans["found"]))
            for doc in DocBin().from_disk(folder / f"{part}.spacy").get_docs(vocab)
        ]
        for part in PARTS
    }


@pytest.fixture
def mine(tmp_path):
    """A German corpus of 20 texts with a spans key of its own."""
    source = write(tmp_path / "mine.jsonl", *(f"Pumpe {i} leckt" for i in range(20)))
    convert("custom", source, tmp_path / "mine", language="de", spans_key="found")
    return tmp_path / "mine"


def add(mine: Path, source: Path, **options) -> Dict[str, List[Tuple[str, str]]]:
    out = mine.parent / "grown"
    convert("custom", source, out, add_to=mine, **options)
    return texts_of(out)


def test_new_texts_join_train_and_the_other_parts_stay(mine, tmp_path):
    before = texts_of(mine)
    after = add(mine, write(tmp_path / "test_2.jsonl", "Ventil klemmt", "Welle bricht"))
    assert after["train"] == [
        *before["train"],
        ("Ventil klemmt", "part"),
        ("Welle bricht", "part"),
    ]
    for part in ("dev", "test"):
        assert after[part] == before[part]


def test_the_settings_of_the_corpus_hold_for_the_new_texts(mine, tmp_path):
    add(mine, write(tmp_path / "more.jsonl", "Ventil klemmt"))
    before, after = (
        json.loads((folder / "report.json").read_text("utf8"))
        for folder in (mine, tmp_path / "grown")
    )
    for name in (
        "language",
        "tokenizer_config",
        "unit",
        "spans_key",
        "split",
        "seed",
        "source",
    ):
        assert after[name] == before[name]
    (added,) = after["added"]
    assert (added["name"], added["texts"], added["replaced"]) == ("more.jsonl", 1, 0)


def test_a_corrected_text_replaces_the_first_one_in_its_part(mine, tmp_path):
    before = texts_of(mine)
    old = [before[part][0][0] for part in PARTS]
    again = write(tmp_path / "again.jsonl", *old, "Ventil klemmt", label="machine")
    after = add(mine, again)
    for part, text in zip(PARTS, old):
        assert (text, "machine") in after[part]
        assert (text, "part") not in after[part]
        assert len(after[part]) == len(before[part]) + (part == "train")
    report = json.loads((tmp_path / "grown" / "report.json").read_text("utf8"))
    assert report["skipped"]["reasons"] == {"earlier copy": 3}
    assert report["records"]["written"] == 21


def test_the_result_says_how_many_texts_are_new_and_how_many_replaced(mine, tmp_path):
    old = texts_of(mine)["dev"][0][0]
    more = write(tmp_path / "more.jsonl", old, "Ventil klemmt", "Welle bricht")
    said = str(spacy_nested_ner.convert("custom", more, tmp_path / "out", add_to=mine))
    assert "more.jsonl: 2 texts to train, 1 in place" in said
    assert "earlier copy" not in said


def test_a_repeated_text_replaces_as_often_as_the_corpus_has_it(tmp_path):
    texts = ["Pumpe leckt", "Pumpe leckt", *(f"Pumpe {i} leckt" for i in range(18))]
    convert(
        "custom",
        write(tmp_path / "mine.jsonl", *texts),
        tmp_path / "mine",
        language="de",
        spans_key="found",
    )
    again = write(tmp_path / "again.jsonl", *["Pumpe leckt"] * 3, label="machine")
    after = add(tmp_path / "mine", again)
    found = [one for part in PARTS for one in after[part] if one[0] == "Pumpe leckt"]
    assert found == [("Pumpe leckt", "machine")] * 3
    assert sum(map(len, after.values())) == 21


@pytest.mark.parametrize("part", PARTS)
def test_more_copies_of_a_text_join_its_part(mine, tmp_path, part):
    old = texts_of(mine)[part][0][0]
    more = write(tmp_path / "more.jsonl", old, old, old, "Ventil klemmt", label="machine")
    said = str(spacy_nested_ner.convert("custom", more, tmp_path / "grown", add_to=mine))
    after = texts_of(tmp_path / "grown")
    assert [one for one in PARTS for text, _ in after[one] if text == old] == [part] * 3
    assert "1 texts to train, 1 in place of the same texts, 2 more copies of them" in said


def test_an_id_of_another_text_is_refused_before_anything_is_written(mine, tmp_path):
    other = write(tmp_path / "other.jsonl", "Ventil klemmt", ids=["mine:0"])
    with pytest.raises(UserError, match="'mine:0'"):
        add(mine, other)
    assert not (tmp_path / "grown").exists()


@pytest.mark.parametrize("format", ["label_studio", "doccano", "prodigy", "jsonl", "csv"])
def test_a_tool_may_export_the_whole_project_again(mine, tmp_path, format):
    before = texts_of(mine)
    suffix = {"label_studio": "json", "csv": "csv"}.get(format, "jsonl")
    for part in ("train", "test"):
        project = tmp_path / f"project-{part}.{suffix}"
        export(mine / f"{part}.spacy", project, format=format, spans_key="found")
        assert add(mine, project) == before


def test_a_corpus_grows_again_and_again(mine, tmp_path):
    add(mine, write(tmp_path / "second.jsonl", "Ventil klemmt"))
    third = write(tmp_path / "third.jsonl", "Welle bricht")
    convert("custom", third, tmp_path / "last", add_to=tmp_path / "grown")
    assert [text for text, _ in texts_of(tmp_path / "last")["train"][-2:]] == [
        "Ventil klemmt",
        "Welle bricht",
    ]
    report = json.loads((tmp_path / "last" / "report.json").read_text("utf8"))
    assert [one["name"] for one in report["added"]] == ["second.jsonl", "third.jsonl"]


def test_sentences_are_the_same_only_in_the_same_document(tmp_path):
    texts = [f"Pumpe {i} leckt. Befund folgt." for i in range(20)]
    source = write(tmp_path / "mine.jsonl", *texts, ids=[f"A{i}" for i in range(20)])
    options = {"language": "de", "unit": "sentence", "spans_key": "found"}
    convert("custom", source, tmp_path / "mine", **options)
    before = texts_of(tmp_path / "mine")
    more = write(
        tmp_path / "more.jsonl",
        texts[3],
        "Ventil klemmt. Befund folgt.",
        label="machine",
        ids=["A3", "B"],
    )
    after = add(tmp_path / "mine", more)
    (part,) = [part for part in PARTS if ("Pumpe 3 leckt.", "part") in before[part]]
    assert ("Pumpe 3 leckt.", "machine") in after[part]
    assert after["train"][-2:] == [("Ventil klemmt.", "machine"), ("Befund folgt.", "")]
    assert sum(map(len, after.values())) == 42


def test_mentions_that_do_not_fit_the_tokens_stay_known(tmp_path):
    lines = [
        {"text": f"Pumpe {i} leckt", "spans": [{"start": 0, "end": 5, "label": "part"}]}
        for i in range(20)
    ]
    lines[4]["spans"].append({"start": 0, "end": 3, "label": "part"})
    srsly.write_jsonl(tmp_path / "mine.jsonl", lines)
    options = {"language": "de", "spans_key": "found"}
    first = convert("custom", tmp_path / "mine.jsonl", tmp_path / "mine", **options)
    second = write(tmp_path / "more.jsonl", "Ventil klemmt")
    report = convert("custom", second, tmp_path / "grown", add_to=tmp_path / "mine")
    for one in (first, report):
        assert sum(part["misaligned"]["count"] for part in one["parts"].values()) == 1
    stored = [
        list(doc.user_data.get("not_aligned", ()))
        for part in PARTS
        for doc in DocBin().from_disk(tmp_path / "grown" / f"{part}.spacy").get_docs(Vocab())
    ]
    assert [mentions for mentions in stored if mentions] == [[(0, 3, "part")]]


@pytest.mark.parametrize(
    ("options", "value"),
    [
        ({"dataset": "genia"}, "'genia'"),
        ({"language": "en"}, "'en'"),
        ({"unit": "sentence"}, "'sentence'"),
        ({"split": "stratified"}, "'stratified'"),
    ],
)
def test_what_cannot_hold_for_both_is_refused(mine, tmp_path, options, value):
    more = write(tmp_path / "more.jsonl", "Ventil klemmt")
    dataset = options.pop("dataset", "custom")
    with pytest.raises(UserError, match=value):
        convert(dataset, more, tmp_path / "grown", add_to=mine, **options)
    assert not (tmp_path / "grown").exists()


def test_the_corpus_itself_is_not_overwritten(mine, tmp_path):
    before = {file.name: file.read_bytes() for file in mine.iterdir()}
    with pytest.raises(UserError, match="folder"):
        convert("custom", write(tmp_path / "more.jsonl", "Ventil klemmt"), mine, add_to=mine)
    assert {file.name: file.read_bytes() for file in mine.iterdir()} == before
