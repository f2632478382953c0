import json
from pathlib import Path
from typing import Any, Dict

import pytest

from spacy_nested_ner.corpus.readers.maintie import read_maintie, read_maintie_top
from spacy_nested_ner.corpus.records import Lost, Mention, Skipped
from spacy_nested_ner.user_error import UserError

PUMP, SEAL = "PhysicalObject/Pump", "PhysicalObject/Seal/ShaftSeal"


def order(**changes: Any) -> Dict[str, Any]:
    """A work order with three mentions, one of them inside another."""
    order = {
        "text": "pmp shaft seal leaks",
        "tokens": ["pump", "shaft", "seal", "leaks"],
        "entities": [
            {"start": 0, "end": 1, "type": PUMP},
            {"start": 0, "end": 3, "type": SEAL},
            {"start": 3, "end": 4, "type": "State"},
        ],
        "relations": [{"head": 1, "tail": 0, "type": "isPartOf"}],
    }
    return {**order, **changes}


def write(folder: Path, *orders: Any, name: str = "gold.json") -> Path:
    file = folder / name
    file.write_text(json.dumps(orders, indent=2), encoding="utf8")
    return file


def test_the_tokens_make_the_text_and_whole_paths_are_the_labels(tmp_path):
    (record,) = read_maintie(write(tmp_path, order()))
    assert record.text == "pump shaft seal leaks"
    assert record.mentions == (
        Mention(0, 15, SEAL),
        Mention(0, 4, PUMP),
        Mention(16, 21, "State"),
    )


def test_the_first_level_is_the_label_and_one_span_may_have_it_once(tmp_path):
    seals = [{"start": 1, "end": 3, "type": type} for type in (SEAL, PUMP, "State/Leak")]
    file = write(tmp_path, order(), order(entities=seals))
    plain, same = read_maintie_top(file)
    assert plain.mentions == (
        Mention(0, 15, "PhysicalObject"),
        Mention(0, 4, "PhysicalObject"),
        Mention(16, 21, "State"),
    )
    assert same.mentions == (Mention(5, 15, "PhysicalObject"), Mention(5, 15, "State"))
    assert same.lost == (Lost("repeated", "gold.json, record 1 (from 0)", "shaft seal"),)
    assert not plain.lost
    assert not any(record.lost for record in read_maintie(file))


def test_records_are_numbered_and_parts_come_from_names(tmp_path):
    write(tmp_path, order(), order(tokens=[], entities=[]), order(), name="train.json")
    write(tmp_path, order(), name="more.json")
    write(tmp_path, {"entity": []}, name="scheme.json")
    more, first, skipped, last = read_maintie(tmp_path)
    assert [r.id for r in (more, first, last)] == ["more:0", "train:0", "train:2"]
    assert [r.document for r in (more, first, last)] == ["more:0", "train:0", "train:2"]
    assert [r.part for r in (more, first, last)] == [None, "train", "train"]
    assert skipped == Skipped("empty", "train.json, record 1 (from 0)")


BAD_ORDERS = {
    "no entities": ({"tokens": ["pump"]}, "keys .*tokens: .*tokens and entities"),
    "the scheme": ({"entity": []}, "keys .*entity: .*tokens and entities"),
    "no object": (["pump"], r'\["pump"\] .*object.* tokens and entities'),
    "past the end": (order(tokens=["pump", "shaft", "seal"]), " 3 tokens"),
    "no type": (order(entities=[{"start": 0, "end": 1}]), "label .*'type'"),
}


@pytest.mark.parametrize("read", [read_maintie, read_maintie_top])
@pytest.mark.parametrize("case", BAD_ORDERS)
def test_a_bad_record_is_named(tmp_path, case, read):
    bad, message = BAD_ORDERS[case]
    file = write(tmp_path, order(), bad)
    with pytest.raises(UserError, match=rf"gold\.json, record 1 \(from 0\): .*{message}"):
        list(read(file))


def test_a_truncated_file_is_refused(tmp_path):
    file = write(tmp_path, order(), order())
    file.write_bytes(file.read_bytes()[:-30])
    with pytest.raises(UserError, match=r"gold\.json, line \d+, column \d+: "):
        list(read_maintie(file))
