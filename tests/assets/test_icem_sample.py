"""The sample corpus is what its README says, read here by a slow reader of its own."""

import json
import re
import subprocess
import sys
from collections import Counter
from random import Random

import pytest

from assets.icem import generate
from assets.marked_text import read_grammar
from spacy_nested_ner.corpus.readers.cmeee import read_cmeee
from tests.assets.cmeee_form import (
    ROOT,
    crossings,
    nestings,
    read_sentences,
    strings,
    undefined_and_unused,
)

FOLDER = ROOT / "assets" / "icem"
SAMPLE = FOLDER / "sample" / "icem.json"
ORDERS = read_sentences(SAMPLE)
COUNTS = Counter(label for order in ORDERS for _, _, label in order.mentions)


def test_the_sample_is_what_the_generator_writes(tmp_path):
    file = tmp_path / "sample.json"
    command = [sys.executable, "-m", "assets.icem.generate", str(file)]
    subprocess.run(command, check=True, cwd=ROOT)
    assert file.read_bytes() == SAMPLE.read_bytes()


def test_another_seed_gives_another_corpus():
    assert generate.generate(generate.SEED + 1) != generate.generate(generate.SEED)


def test_records_have_the_form_of_cmeee():
    """`end_idx` is the last character."""
    for record in json.loads(SAMPLE.read_text(encoding="utf8")):
        assert set(record) == {"text", "entities"}
        for entity in record["entities"]:
            assert set(entity) == {"start_idx", "end_idx", "type", "entity"}
            start, end = entity["start_idx"], entity["end_idx"]
            assert record["text"][start : end + 1] == entity["entity"] != ""


def test_sizes():
    assert len(ORDERS) == 496
    assert SAMPLE.stat().st_size < 250_000


def test_no_work_order_comes_twice():
    assert len({order.text for order in ORDERS}) == len(ORDERS)


def test_a_few_types_are_common_and_many_are_rare():
    assert len(COUNTS) == 26
    common = [label for label, _ in COUNTS.most_common(5)]
    assert common == ["part", "component", "action", "fault", "equipment"]
    assert sum(COUNTS[label] for label in common) > 0.6 * COUNTS.total()
    assert sum(count < 20 for count in COUNTS.values()) >= 9
    assert sum(3 <= count <= 6 for count in COUNTS.values()) >= 5
    assert min(COUNTS.values()) == 3


def test_the_rarest_types_come_as_often_as_the_generator_says():
    assert {label: COUNTS[label] for label in generate.TAIL} == generate.TAIL


def test_some_work_orders_have_no_mention():
    without = sum(not order.mentions for order in ORDERS)
    assert 0.05 <= without / len(ORDERS) <= 0.10


@pytest.mark.parametrize(
    ("outer", "inner"),
    [
        ("part", "component"),
        ("fault", "part"),
        ("fault", "component"),
        ("cause", "part"),
        ("equipment", "component"),
        ("symptom", "parameter"),
        ("sensor", "parameter"),
        ("part", "material"),
        ("fault", "fluid"),
        ("part", "part"),
        ("component", "component"),
        ("location", "location"),
    ],
)
def test_mentions_nest(outer, inner):
    assert Counter(nestings(ORDERS))[outer, inner] >= 5


def test_mentions_nest_up_to_four_deep():
    def depth(mention, mentions):
        inside = [
            depth(m, mentions)
            for m in mentions
            if mention[0] <= m[0] and m[1] <= mention[1] and m[:2] != mention[:2]
        ]
        return 1 + max(inside, default=0)

    depths = Counter(depth(m, mentions) for _, mentions in ORDERS for m in mentions)
    assert max(depths) == 4
    assert depths[3] > depths[4] >= 5


def test_some_spans_have_two_types_and_none_cross():
    spans = Counter((i, *m[:2]) for i, order in enumerate(ORDERS) for m in order.mentions)
    assert sum(n == 2 for n in spans.values()) >= 15
    assert max(spans.values()) == 2
    assert crossings(ORDERS) == 0


def test_mentions_are_ordered():
    for _, mentions in ORDERS:
        assert mentions == sorted(mentions, key=lambda m: (m[0], -m[1], m[2]))
        assert len(set(mentions)) == len(mentions)


def test_work_orders_are_written_as_such():
    """Short, in small letters but for names, and without a full stop."""
    for text, mentions in ORDERS:
        assert re.fullmatch(r"[A-Za-z][\w ,.:%/°-]*[\w%]", text), text
        assert not re.search(r"  | [,.:]|[,:]\S|\b(\w+) \1\b", text), text
        assert len(text) < 130
        for start, end, _ in mentions:
            assert re.fullmatch(r"(?<!\w).+(?!\w)", text[start:end])
            assert text[start:end] == text[start:end].strip()


def test_many_mentions_of_any_tenth_are_new():
    """The file has no parts: whatever a split holds out shows new names."""
    for seed in range(5):
        orders = Random(seed).sample(ORDERS, len(ORDERS))
        tenth = len(orders) // 10
        held_out, rest = strings(orders[:tenth]), strings(orders[tenth:])
        assert 0.35 <= len(held_out - rest) / len(held_out) <= 0.65


def test_every_slot_of_the_grammar_is_used():
    grammar = read_grammar(FOLDER / "grammar.txt")
    begun = {*generate.COMMON, *generate.TAIL}
    assert undefined_and_unused(grammar, begun | set(generate.CAST)) == set()
    topics = {slot.partition("@")[2] for slot in grammar} - {""}
    assert topics == set(generate.TOPICS)


def test_the_reader_finds_the_same():
    records = list(read_cmeee(SAMPLE))
    assert [(record.text, set(record.mentions)) for record in records] == [
        (order.text, set(order.mentions)) for order in ORDERS
    ]


def test_the_readme_has_the_counts():
    readme = (FOLDER / "README.md").read_text(encoding="utf8")
    assert f"{len(ORDERS)} work orders with {COUNTS.total():,} mentions" in readme
    for label, count in COUNTS.items():
        assert f"| {label} | {count} |" in readme
