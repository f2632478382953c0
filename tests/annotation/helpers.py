"""Pipelines, inputs and outputs of the tests of `annotate`."""

import json
from pathlib import Path
from typing import Any, Dict, List

import spacy
from spacy.language import Language

from tests.pipelines import SENTENCES

TEXTS = [" ".join([text] * (1 + number % 3)) for number, (text, _) in enumerate(SENTENCES * 4)]


def make_rules(name: str = "rules") -> Language:
    nlp = spacy.blank("en", meta={"name": name, "version": "1.2.3"})
    ruler = nlp.add_pipe("span_ruler", config={"spans_key": "sc", "spans_filter": None})
    ruler.add_patterns(  # type: ignore[attr-defined]
        [
            {"label": "protein", "pattern": "ZED"},
            {"label": "DNA", "pattern": "ZED promoter"},
            {"label": "cell", "pattern": "T cells"},
        ]
    )
    return nlp


def make_rows() -> List[Dict[str, Any]]:
    return [
        {"id": f"r{number}", "text": text, "year": 1990 + number, "tags": ["a", "b"]}
        for number, text in enumerate(TEXTS)
    ]


def write_jsonl(path: Path, rows: List[Dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf8")
    return path


def read_lines(folder: Path) -> List[Dict[str, Any]]:
    return [
        json.loads(line)
        for file in sorted(folder.glob("*.jsonl"))
        for line in file.open(encoding="utf8")
    ]


def read_shards(out: Path) -> List[Dict[str, Any]]:
    return read_lines(out / "shards")


def read_errors(out: Path) -> Dict[int, str]:
    """The kind of each error, by the position of its record."""
    return {line["position"]: line["kind"] for line in read_lines(out / "errors")}
