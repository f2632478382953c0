"""Every reader trims blanks around labels."""

import json
from typing import Any

import pytest

from spacy_nested_ner.corpus.conversion.reading import read_source
from spacy_nested_ner.corpus.readers.characters import CharacterSpan, make_record
from spacy_nested_ner.corpus.records import Discontinuous, Lost, Mention

TEXT = "feed pump leaks"
SPACED, PLAIN = "part ", "part"


def spans(*labels: str) -> Any:
    return [{"start": 0, "end": 9 - 5 * i, "label": label} for i, label in enumerate(labels)]


def region(start: int, end: int, label: str) -> Any:
    value = {"start": start, "end": end, "labels": [label]}
    return {"type": "labels", "to_name": "text", "value": value}


FILES = {
    "jsonl": ("a.jsonl", {"text": TEXT, "spans": spans(SPACED, PLAIN)}),
    "doccano": ("a.jsonl", {"text": TEXT, "label": [[0, 9, SPACED], [0, 4, PLAIN]]}),
    "spacy_tuples": ("a.json", [[TEXT, {"entities": [[0, 9, SPACED], [0, 4, PLAIN]]}]]),
    "gliner": (
        "a.json",
        [{"tokenized_text": TEXT.split(), "ner": [[0, 1, SPACED], [0, 0, PLAIN]]}],
    ),
    "label_studio": (
        "a.json",
        [
            {
                "id": 1,
                "data": {"text": TEXT},
                "annotations": [{"result": [region(0, 9, SPACED), region(0, 4, PLAIN)]}],
            }
        ],
    ),
    "csv": ("a.csv", f"text,start,end,label\n{TEXT},0,9,{SPACED}\n{TEXT},0,4,{PLAIN}\n"),
}


@pytest.mark.parametrize("format", FILES)
def test_a_label_with_a_blank_is_the_label_without(tmp_path, format):
    name, value = FILES[format]
    text = value if isinstance(value, str) else json.dumps(value)
    (tmp_path / name).write_text(text, encoding="utf8")
    (record,) = read_source(format, tmp_path).records
    assert record.mentions == (Mention(0, 9, PLAIN), Mention(0, 4, PLAIN))
    assert record.lost == ()


def test_labels_that_lost_blanks_are_counted_as_trimmed():
    given = [CharacterSpan(0, 9, "\tpart\u00a0", "here"), CharacterSpan(0, 4, "part", "here")]
    pieces = [Discontinuous(((0, 4), (10, 15)), " part", "here")]
    record = make_record("a", TEXT, given, discontinuous=pieces)
    assert record.mentions == (Mention(0, 9, "part"), Mention(0, 4, "part"))
    assert record.discontinuous == (pieces[0]._replace(label="part"),)
    assert record.trimmed == 2
    assert make_record("a", TEXT, [CharacterSpan(0, 4, "two words", "here")]).trimmed == 0


def test_a_label_that_differs_from_another_only_in_blanks_is_a_repeat():
    given = [CharacterSpan(0, 9, "part", "one"), CharacterSpan(0, 9, "part ", "two")]
    record = make_record("a", TEXT, given)
    assert record.mentions == (Mention(0, 9, "part"),)
    assert record.lost == (Lost("repeated", "two", "feed pump"),)


@pytest.mark.parametrize("label", ["", " ", "\t\n", "\u3000"])
def test_a_label_of_blanks_is_lost_as_an_empty_one_is(label):
    pieces = [Discontinuous(((0, 4), (10, 15)), label, "there")]
    record = make_record("a", TEXT, [CharacterSpan(0, 4, label, "here")], discontinuous=pieces)
    assert (record.mentions, record.discontinuous, record.trimmed) == ((), (), 0)
    assert record.lost == (
        Lost("unlabelled", "here", "feed"),
        Lost("unlabelled", "there", "feed leaks"),
    )
