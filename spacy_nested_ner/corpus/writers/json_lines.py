"""JSON with one document on each line."""

import json
from typing import Any, Iterable, Mapping


def dump_lines(values: Iterable[Mapping[str, Any]]) -> bytes:
    """JSON lines: one object on each line."""
    return "".join(f"{_dump(value)}\n" for value in values).encode("utf8")


def dump_list(values: Iterable[Mapping[str, Any]]) -> bytes:
    """A JSON list with one object on each line."""
    return ("[\n" + ",\n".join(map(_dump, values)) + "\n]\n").encode("utf8")


def _dump(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False)
