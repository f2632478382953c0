"""The sample corpus is what its README says, read here by a slow reader of its own."""

import json
import re
import subprocess
import sys
import unicodedata
from collections import Counter
from random import Random

import pytest

from assets.cmeee import generate
from assets.marked_text import read_grammar
from spacy_nested_ner.corpus.readers.cmeee import read_cmeee
from spacy_nested_ner.corpus.records import Record, Skipped
from tests.assets.cmeee_form import (
    ROOT,
    crossings,
    nestings,
    read_sentences,
    strings,
    undefined_and_unused,
)

FOLDER = ROOT / "assets" / "cmeee"
FILES = {part: FOLDER / "sample" / f"CMeEE-V2_{part}.json" for part in ("train", "dev", "test")}
TYPES = ("sym", "bod", "dis", "pro", "ite", "dru", "mic", "equ", "dep")
SENTENCES = {part: read_sentences(path) for part, path in FILES.items()}
LABELLED = [*SENTENCES["train"], *SENTENCES["dev"]]
ALL = [*LABELLED, *SENTENCES["test"]]


def test_the_sample_is_what_the_generator_writes(tmp_path):
    command = [sys.executable, "-m", "assets.cmeee.generate", str(tmp_path)]
    subprocess.run(command, check=True, cwd=ROOT)
    for path in FILES.values():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()
    assert len(list(tmp_path.iterdir())) == len(FILES)


def test_another_seed_gives_another_corpus():
    assert generate.generate(generate.SEED + 1) != generate.generate(generate.SEED)


def test_records_have_the_form_of_the_published_ones():
    """`end_idx` is the last character; the test part has texts alone."""
    for part, path in FILES.items():
        records = json.loads(path.read_text(encoding="utf8"))
        for record in records:
            assert set(record) == ({"text"} if part == "test" else {"text", "entities"})
            for entity in record.get("entities", []):
                assert set(entity) == {"start_idx", "end_idx", "type", "entity"}
                start, end = entity["start_idx"], entity["end_idx"]
                assert record["text"][start : end + 1] == entity["entity"] != ""


def test_sizes():
    assert [len(SENTENCES[part]) for part in FILES] == [504, 126, 63]
    assert sum(path.stat().st_size for path in FILES.values()) < 250_000


def test_no_sentence_comes_twice():
    assert len({s.text for s in ALL}) == len(ALL)


def test_types_are_imbalanced_and_in_both_labelled_parts():
    counts = Counter(label for s in LABELLED for _, _, label in s.mentions)
    order = [label for label, _ in counts.most_common()]
    assert order[:2] == ["sym", "bod"]
    assert set(order[-2:]) == {"equ", "dep"}
    assert counts["dep"] + counts["equ"] < 0.06 * counts.total()
    for part in ("train", "dev"):
        assert {label for s in SENTENCES[part] for _, _, label in s.mentions} == set(TYPES)


@pytest.mark.parametrize("part", ["train", "dev"])
def test_some_sentences_have_no_mention(part):
    without = sum(not s.mentions for s in SENTENCES[part])
    assert 0.06 <= without / len(SENTENCES[part]) <= 0.10


def test_mentions_lie_inside_symptoms_alone():
    pairs = Counter(nestings(LABELLED))
    assert {outer for outer, _ in pairs} == {"sym"}
    assert {inner for _, inner in pairs} == {"bod", "ite", "dru", "pro"}
    assert pairs["sym", "bod"] > 200
    assert min(pairs.values()) >= 5


def test_no_mentions_cross_or_share_a_span():
    assert crossings(LABELLED) == 0
    for _, mentions in LABELLED:
        assert len({mention[:2] for mention in mentions}) == len(mentions)


def test_mentions_are_ordered():
    for _, mentions in LABELLED:
        assert mentions == sorted(mentions, key=lambda m: (m[0], -m[1], m[2]))


def test_text_is_chinese_in_composed_form_with_full_width_punctuation():
    for text, _ in ALL:
        assert unicodedata.is_normalized("NFC", text)
        assert re.fullmatch(r"[^\s!-/:-@\[-`{-~]*", re.sub(r"^\d\.|mg/kg|D-二", "", text)), text
        assert re.fullmatch(r"[^。]+。", text), text
        assert not re.search(r"[，、；：]{2}|[，、；：]。|（）", text), text
        assert len(re.findall(r"[\u4e00-\u9fff]", text)) > 0.5 * len(text), text


def test_many_mentions_of_dev_are_new():
    new = strings(SENTENCES["dev"]) - strings(SENTENCES["train"])
    assert 0.5 <= len(new) / len(strings(SENTENCES["dev"])) <= 0.8


def test_held_out_names_occur_in_their_part_alone():
    grammar = read_grammar(FOLDER / "grammar.txt")
    names = generate.make_names(Random(generate.SEED), grammar)
    texts = {part: "\n".join(s.text for s in SENTENCES[part]) for part in FILES}
    for part, n_used in (("dev", 40), ("test", 30)):
        found = Counter()
        for slot, own in names[part].items():
            found[slot.partition("@")[0]] += sum(name in texts[part] for name in own)
            for other in {*FILES} - {part}:
                assert [name for name in own if name in texts[other]] == []
        assert set(found) == set(generate.CAST)
        assert found.total() >= n_used


def test_a_microbe_becomes_a_disease_or_a_procedure_by_the_words_after_it():
    found = strings(LABELLED)
    microbes = {text for text, label in found if label == "mic"}
    assert {("韦尼球菌", "mic"), ("韦尼球菌感染", "dis"), ("韦尼球菌抗体检测", "pro")} <= found
    assert sum((f"{microbe}感染", "dis") in found for microbe in microbes) >= 5
    assert sum((f"{microbe}抗体检测", "pro") in found for microbe in microbes) >= 5


def test_a_body_part_is_none_inside_a_disease_or_a_procedure():
    parts = {text for text, label in strings(LABELLED) if label == "bod"}
    others = {text for text, label in strings(LABELLED) if label in ("dis", "pro")}
    assert {"关节", "鼻"} <= parts
    assert any(text.startswith("关节") for text in others)


def test_every_slot_of_the_grammar_is_used():
    grammar = read_grammar(FOLDER / "grammar.txt")
    begun = {*generate.KINDS, "course", "plain"}
    assert undefined_and_unused(grammar, begun | set(generate.CAST)) == set()
    topics = {slot.partition("@")[2] for slot in grammar} - {""}
    assert topics == set(generate.TOPICS)


def test_the_reader_finds_the_same():
    found = list(read_cmeee(FOLDER / "sample"))
    records = [record for record in found if isinstance(record, Record)]
    texts = {record.text: {tuple(m) for m in record.mentions} for record in records}
    assert texts == {s.text: set(s.mentions) for s in LABELLED}
    assert Counter(record.part for record in records) == {"train": 504, "dev": 126}
    assert sum(isinstance(record, Skipped) for record in found) == 63


def test_the_readme_has_the_counts():
    readme = (FOLDER / "README.md").read_text(encoding="utf8")
    for part in ("train", "dev"):
        counts = Counter(label for s in SENTENCES[part] for _, _, label in s.mentions)
        without = sum(not s.mentions for s in SENTENCES[part])
        row = [len(SENTENCES[part]), without, counts.total(), *(counts[t] for t in TYPES)]
        assert f"| {part} | {' | '.join(f'{n:,}' for n in row)} |" in readme
