"""Corpora of any format through the converter: splits, units, tokens and accounts."""

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any, Dict, List, Sequence, Tuple

import pytest
import spacy
from spacy.tokens import Doc, DocBin

from spacy_nested_ner.corpus.conversion import convert as converter
from spacy_nested_ner.corpus.conversion.convert import convert
from spacy_nested_ner.user_error import UserError

Item = Dict[str, Any]


def item(text: str, *spans: Tuple[str, str], **others: object) -> Item:
    """A JSON line with a mention for each (piece of the text, label)."""
    return {
        "text": text,
        "spans": [
            {"start": text.index(piece), "end": text.index(piece) + len(piece), "label": label}
            for piece, label in spans
        ],
        **others,
    }


def write_lines(path: Path, items: Sequence[Item]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(i) + "\n" for i in items), encoding="utf8")
    return path


def pumps(n: int, **others: object) -> List[Item]:
    """Documents of three sentences, with two mentions inside one token each."""
    return [
        item(
            f"Pump{i} of unit {i} leaks. The seal was new! No. {i} is off.",
            (f"Pump{i} of unit {i}", "PART"),
            (f"unit {i}", "PLACE"),
            ("eak", "STATE"),
            ("lea", "STATE"),
            ("seal", "SEAL" if i % 4 else "RING"),
            **others,
        )
        for i in range(n)
    ]


@pytest.fixture
def source(tmp_path) -> Path:
    return write_lines(tmp_path / "source" / "pumps.jsonl", pumps(20))


def load(out: Path, part: str, language: str = "en") -> List[Doc]:
    vocab = spacy.blank(language).vocab
    return list(DocBin().from_disk(out / f"{part}.spacy").get_docs(vocab))


def load_all(out: Path) -> List[Doc]:
    return [doc for part in ("train", "dev", "test") for doc in load(out, part)]


def contents(folder: Path) -> Dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def run(source: Path, out: Path, dataset: str = "custom", **options: Any) -> Dict[str, Any]:
    if dataset == "custom":
        options = {"format": "jsonl", "language": "en", **options}
    # two fifths of the mentions of `pumps` begin or end inside a token
    return convert(dataset, source, out, **{"max_misaligned": 1.0, **options})


def test_documents_are_kept_whole_and_dealt_by_their_labels(source, tmp_path):
    report = run(source, tmp_path / "out")
    assert (report["split"], report["seed"], report["unit"]) == ("stratified", 0, "document")
    assert [part["docs"] for part in report["parts"].values()] == [16, 2, 2]
    for part in report["parts"].values():
        assert list(part["labels"]) == ["PART", "PLACE", "RING", "SEAL", "STATE"]
    docs = {doc.user_data["id"]: doc for doc in load_all(tmp_path / "out")}
    assert len(docs) == 20
    assert docs["pumps:7"].text == pumps(8)[7]["text"]
    assert [span.text for span in docs["pumps:7"].spans["sc"]] == [
        "Pump7 of unit 7",
        "unit 7",
        "seal",
    ]


def test_documents_are_cut_at_sentence_ends_with_their_mentions(source, tmp_path):
    report = run(source, tmp_path / "out", unit="sentence")
    whole = run(source, tmp_path / "whole")
    assert report["mentions"] == whole["mentions"]
    assert report["records"] == {"read": 20, "skipped": 0, "written": 20}
    assert sum(part["docs"] for part in report["parts"].values()) == 80
    by_id = {doc.user_data["id"]: doc for doc in load_all(tmp_path / "out")}
    texts = [by_id[f"pumps:12:{i}"].text for i in range(4)]
    assert texts == ["Pump12 of unit 12 leaks.", "The seal was new!", "No.", "12 is off."]
    assert {by_id[f"pumps:12:{i}"].user_data["document"] for i in range(4)} == {"pumps:12"}
    assert [s.label_ for s in by_id["pumps:12:1"].spans["sc"]] == ["RING"]


def test_sentences_of_a_document_stay_in_one_part(source, tmp_path):
    report = run(source, tmp_path / "out", unit="sentence")
    assert all(pair["documents"] == 0 for pair in report["leakage"].values())


def test_sentence_formats_are_never_cut(tmp_path):
    sentence = "Nr.\tO\n2\tB-PART\n.\tO\nBut\tO\nok\tO\n\n"
    (tmp_path / "columns.tsv").write_text(sentence * 10)
    options = {"format": "columns", "unit": "sentence"}
    run(tmp_path / "columns.tsv", tmp_path / "out", **options)
    assert {doc.text for doc in load_all(tmp_path / "out")} == {"Nr. 2 . But ok"}


@pytest.mark.parametrize(
    ("align", "mentions", "texts"),
    [
        ("drop", {"dropped": 40, "merged": 0, "written": 60}, []),
        ("expand", {"dropped": 0, "merged": 20, "written": 80}, ["leaks"]),
        ("contract", {"dropped": 40, "merged": 0, "written": 60}, []),
    ],
)
def test_mentions_inside_tokens_follow_the_policy(source, tmp_path, align, mentions, texts):
    report = run(source, tmp_path / "out", align=align)
    assert report["align"] == align
    assert report["mentions"] == {"read": 100, "skipped": 0, **mentions}
    (doc,) = (d for d in load_all(tmp_path / "out") if d.user_data["id"] == "pumps:3")
    assert [span.text for span in doc.spans["sc"] if span.label_ == "STATE"] == texts
    n_written = sum(len(doc.spans["sc"]) for doc in load_all(tmp_path / "out"))
    assert n_written == mentions["written"]
    assert n_written == sum(part["written"] for part in report["parts"].values())


def test_too_many_mentions_inside_tokens_stop_before_anything_is_written(source, tmp_path):
    with pytest.raises(UserError, match=r"40 of 100 .*40\.00%.*'eak' in 'leaks'"):
        run(source, tmp_path / "out", max_misaligned=0.39)
    assert not (tmp_path / "out").exists()
    assert run(source, tmp_path / "out", max_misaligned=0.4)["max_misaligned"] == 0.4


def test_a_token_a_character_fits_every_mention(source, tmp_path):
    report = run(source, tmp_path / "out", tokenizer="character", max_misaligned=0)
    assert report["mentions"]["written"] == 100
    assert report["tokenizer"] == "spacy.zh.ChineseTokenizer"
    assert report["tokenizer_config"] == {
        "@tokenizers": "spacy.zh.ChineseTokenizer",
        "segmenter": "char",
    }


def test_chinese_texts_have_a_token_a_character(tmp_path):
    records = [
        {
            "text": f"第{i}台泵漏油。",
            "entities": [
                {"start_idx": 0, "end_idx": 3, "type": "part", "entity": f"第{i}台泵"},
                {"start_idx": 4, "end_idx": 5, "type": "fault", "entity": "漏油"},
            ],
        }
        for i in range(10)
    ]
    source = tmp_path / "source"
    source.mkdir()
    for part, n in (("train", 7), ("dev", 2), ("test", 1)):
        text = json.dumps(records[:n], ensure_ascii=False)
        (source / f"X_{part}.json").write_text(text, encoding="utf8")
    report = convert("cmeee", source, tmp_path / "out")
    assert (report["language"], report["split"]) == ("zh", "published")
    assert report["mentions"]["written"] == 20
    (doc,) = load(tmp_path / "out", "test", "zh")
    assert [token.text for token in doc] == list("第0台泵漏油。")
    assert [(s.start, s.end) for s in doc.spans["sc"]] == [(0, 4), (4, 6)]
    # test and dev are the first texts of train
    assert {pair: found["texts"] for pair, found in report["leakage"].items()} == {
        "train/dev": 2,
        "train/test": 1,
        "dev/test": 1,
    }


def write_parts(folder: Path, **parts: int) -> Path:
    for number, (part, n) in enumerate(parts.items()):
        write_lines(folder / f"{part}.jsonl", pumps(n * 9)[number * n : (number + 1) * n])
    return folder


def test_a_published_split_is_kept(tmp_path):
    folder = write_parts(tmp_path / "source", train=5, devel=3, test=4)
    report = run(folder, tmp_path / "out")
    assert (report["split"], report["seed"]) == ("published", None)
    assert [part["docs"] for part in report["parts"].values()] == [5, 3, 4]
    assert run(folder, tmp_path / "out", split="stratified")["split"] == "stratified"


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"train": 9, "test": 3}, r"train .*test .*\bdev: .*'stratified'"),
        ({"train": 5, "dev": 3, "more": 4}, "train .*dev .*'stratified'"),
    ],
)
def test_a_piece_of_a_published_split_is_dealt_anew_with_a_warning(tmp_path, parts, message):
    folder = write_parts(tmp_path / "source", **parts)
    with pytest.warns(UserWarning, match=message):
        report = run(folder, tmp_path / "out")
    assert report["split"] == "stratified"
    with pytest.raises(UserError, match="'stratified'"):
        run(folder, tmp_path / "out", split="published")


@pytest.mark.parametrize("name", ["train.jsonl", "all.jsonl"])
def test_a_single_file_is_dealt_without_a_warning(tmp_path, name):
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        report = run(write_lines(tmp_path / name, pumps(10)), tmp_path / "out")
    assert report["split"] == "stratified"


def test_another_seed_deals_other_documents(source, tmp_path):
    reports = [run(source, tmp_path / str(seed), seed=seed) for seed in (0, 1)]
    assert [report["seed"] for report in reports] == [0, 1]
    one, other = (
        [doc.user_data["id"] for doc in load(tmp_path / str(seed), "dev")] for seed in (0, 1)
    )
    assert one != other


def test_records_are_written_or_skipped_with_their_reasons(tmp_path):
    items = pumps(20)
    for number, answer in ((3, "reject"), (5, "ignore"), (8, "reject")):
        items[number]["answer"] = answer
    items[10]["spans"].append(items[10]["spans"][0])
    report = run(write_lines(tmp_path / "a.jsonl", items), tmp_path / "out")
    assert report["records"] == {"read": 20, "skipped": 3, "written": 17}
    assert len(load_all(tmp_path / "out")) == 17
    assert report["skipped"]["reasons"] == {"ignore": 1, "reject": 2}
    assert report["skipped"]["examples"][0] == {"reason": "reject", "where": "a.jsonl, line 4"}
    assert report["lost"]["reasons"] == {"repeated": 1}
    assert report["mentions"]["read"] == 17 * 5


def test_earlier_copies_are_reported_as_skipped(tmp_path):
    items = [{**i, "id": f"D{n}:0", "document": f"D{n}"} for n, i in enumerate(pumps(20))]
    items[7] = {**items[2], "id": "D2#2:0"}
    report = run(write_lines(tmp_path / "a.jsonl", items), tmp_path / "out")
    assert report["records"] == {"read": 20, "skipped": 1, "written": 19}
    assert report["skipped"]["examples"] == [{"reason": "earlier copy", "where": "D2:0"}]
    assert report["mentions"]["skipped"] == 5


@pytest.mark.parametrize("unit", ["sentence", "document"])
def test_copies_with_mentions_across_sentences_are_left_out(tmp_path, unit):
    items = [
        item(f"Pump {n} runs. Seal {n} leaks.", ("Pump", "PART"), id=f"D{n}", document=f"D{n}")
        for n in range(20)
    ]
    text = items[3]["text"]
    items.append(item(text, (text[:-6], "PART"), id="D3#2", document="D3"))
    report = run(write_lines(tmp_path / "a.jsonl", items), tmp_path / "out", unit=unit)
    assert report["skipped"]["examples"] == [{"reason": "earlier copy", "where": "D3"}]


@pytest.mark.parametrize("change", ["drop", "double"])
@pytest.mark.parametrize(
    ("step", "unit"),
    [
        ("cut_sentences", "sentence"),
        ("split_records", "sentence"),
        ("split_records", "document"),
        ("distinct_spans", "sentence"),
        ("distinct_spans", "document"),
    ],
)
def test_a_record_or_mention_that_gets_lost_on_the_way_is_noticed(
    source, tmp_path, monkeypatch, step, change, unit
):
    """Every step is broken in turn, at its first result."""
    right = getattr(converter, step)

    def break_list(items: Sequence[Any]) -> List[Any]:
        items = list(items)
        return [*({"drop": [], "double": items[:1] * 2}[change]), *items[1:]]

    def wrong(*arguments: Any, **options: Any) -> Any:
        result = right(*arguments, **options)
        if step == "split_records":
            return {**result, "train": break_list(result["train"])}
        return break_list(result)

    monkeypatch.setattr(converter, step, wrong)
    with pytest.raises(RuntimeError, match="lost"):
        run(source, tmp_path / "out", unit=unit)
    assert not (tmp_path / "out").exists()


def test_a_blank_document_that_gets_lost_is_noticed(tmp_path, monkeypatch):
    source = write_lines(tmp_path / "a.jsonl", [*pumps(20), item(" ")])
    assert run(source, tmp_path / "out")["records"]["written"] == 21
    assert "" in {doc.text.strip() for doc in load_all(tmp_path / "out")}
    right = converter.split_records

    def wrong(records, **options):
        return right([record for record in records if record.text.strip()], **options)

    monkeypatch.setattr(converter, "split_records", wrong)
    with pytest.raises(RuntimeError, match="documents"):
        run(source, tmp_path / "new")


@pytest.mark.slow
def test_the_bytes_are_the_same_in_every_process(source, tmp_path):
    code = """if True:
    import sys
    from pathlib import Path
    from spacy_nested_ner.corpus.conversion.convert import convert
    source, out = map(Path, sys.argv[1:])
    options = {"format": "jsonl", "language": "en", "unit": "sentence", "max_misaligned": 1.0}
    convert("custom", source, out, **options)"""
    found = []
    for seed in ("1", "2"):
        out = tmp_path / seed
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", code, str(source), str(out)]
        subprocess.run(command, check=True, env=environment)
        found.append(contents(out))
    assert found[0] == found[1]
    assert len(found[0]) == 4


def test_texts_longer_than_spacy_takes_for_parsing_are_converted(tmp_path):
    items = pumps(10)
    items[0]["text"] += " on" * 350_000
    source = write_lines(tmp_path / "a.jsonl", items)
    run(source, tmp_path / "out")
    assert max(len(doc.text) for doc in load_all(tmp_path / "out")) > 1_000_000


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"language": None}, "'custom' .*format .*language"),
        ({"format": "docx"}, "'docx': .*brat"),
        ({"language": "qq"}, "language 'qq'"),
        ({"tokenizer": "words"}, "tokenizer 'words'"),
        ({"split": "random"}, "split 'random'"),
        ({"unit": "page"}, "unit 'page'"),
        ({"unit": "document", "split": "sentence"}, "'document'.*'sentence'"),
        ({"align": "widen"}, "'widen'"),
        ({"max_misaligned": 2.0}, " 2.0: .*0 to 1"),
    ],
)
@pytest.mark.parametrize("is_there", [True, False])
def test_a_request_is_checked_before_the_source(source, tmp_path, options, message, is_there):
    path = source if is_there or "format" in options else tmp_path / "missing"
    with pytest.raises(UserError, match=message):
        run(path, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.corpus
@pytest.mark.parametrize(
    ("name", "folder", "mentions", "n_misaligned"),
    [
        ("danplus", "danplus", (4040, 504, 566), 0),
        ("bionlp13cg", "bionlp13cg/bionlp-st-2013-cg.tar.gz", (10935, 3634, 6955), 84),
    ],
)
@pytest.mark.filterwarnings("ignore:.* with I-")
def test_published_corpora_have_their_mentions(
    datasets, tmp_path, name, folder, mentions, n_misaligned
):
    report = convert(name, datasets / folder, tmp_path / "out")
    assert tuple(part["spans"] for part in report["parts"].values()) == mentions
    assert report["mentions"]["read"] == sum(mentions)
    assert report["mentions"]["written"] == sum(mentions) - n_misaligned


@pytest.mark.slow
@pytest.mark.corpus
def test_every_rare_label_of_maintie_reaches_every_part(datasets, tmp_path):
    report = convert("maintie", datasets / "maintie", tmp_path / "out")
    assert report["mentions"]["written"] == 3397
    train, dev, test = (set(part["labels"]) for part in report["parts"].values())
    assert len(train) == 155
    assert len(dev & test) >= 115  # types in three texts or more
    sizes = [part["docs"] for part in report["parts"].values()]
    assert sum(sizes) == 1076
    assert all(100 <= size <= 130 for size in sizes[1:])
