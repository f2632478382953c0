from typing import List

from spacy_nested_ner.corpus.overlap import find_duplicates, find_leakage
from spacy_nested_ner.corpus.records import Record


def records(prefix: str, *texts: str, document: str = "") -> List[Record]:
    return [
        Record(f"{prefix}:{i}", document or f"{prefix}{i}", text, ())
        for i, text in enumerate(texts)
    ]


def test_texts_that_come_again_are_counted_with_the_first_of_them():
    part = records("a", "One pump.", "Two pumps.", "One pump.", "Three.", "One pump.", "Three.")
    assert find_duplicates(part) == {
        "count": 3,
        "examples": [
            {"ids": ["a:0", "a:2"], "text": "One pump."},
            {"ids": ["a:0", "a:4"], "text": "One pump."},
            {"ids": ["a:3", "a:5"], "text": "Three."},
        ],
    }


def test_case_blanks_and_composed_characters_make_no_other_text():
    same = ["Das Öl läuft aus", " das  öl\n läuft aus", "DAS O\u0308L LA\u0308UFT AUS"]
    assert find_duplicates(records("a", *same))["count"] == 2
    assert find_duplicates(records("a", "Öl", "Ol", "Öl!"))["count"] == 0


def test_blank_texts_are_no_duplicates():
    assert find_duplicates(records("a", "", " ", "\n"))["count"] == 0
    leakage = find_leakage({"train": records("a", " "), "test": records("b", "")})
    assert leakage["train/test"]["texts"] == 0


def test_examples_are_few_and_short():
    duplicates = find_duplicates(records("a", *["x" * 81] * 8))
    assert duplicates["count"] == 7
    assert len(duplicates["examples"]) == 5
    assert duplicates["examples"][0]["text"] == "x" * 80 + "…"
    assert find_duplicates(records("a", *["x" * 80] * 2))["examples"][0]["text"] == "x" * 80


def test_each_pair_of_parts_is_compared():
    leakage = find_leakage(
        {
            "train": records("a", "One.", "Two.", "Two."),
            "dev": records("b", "two.", "TWO.", "Three.", "Four."),
            "test": records("c", "Three.", "One.", "Five.", "One.", "One."),
        }
    )
    assert {pair: found["texts"] for pair, found in leakage.items()} == {
        "train/dev": 2,
        "train/test": 3,
        "dev/test": 1,
    }
    assert leakage["train/dev"]["examples"] == [
        {"ids": ["a:1", "b:0"], "text": "two."},
        {"ids": ["a:1", "b:1"], "text": "TWO."},
    ]


def test_documents_in_two_parts_are_counted_once_each():
    leakage = find_leakage(
        {
            "train": [
                *records("a", "One.", "Two.", document="D"),
                *records("b", "3.", document="E"),
            ],
            "dev": records("c", "Four.", "Five.", "Six.", document="D"),
            "test": records("d", "Seven."),
        }
    )
    assert {pair: found["documents"] for pair, found in leakage.items()} == {
        "train/dev": 1,
        "train/test": 0,
        "dev/test": 0,
    }
    assert leakage["train/dev"]["examples"] == []
