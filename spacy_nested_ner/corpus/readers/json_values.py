"""The values of a JSON file: the items of a list, or the value in each line.

    for place, value in read_values(file):

Lines are read one by one; a list is held in memory.
"""

import codecs
import json
from functools import partial
from typing import Any, Dict, Iterator, NamedTuple, Tuple

from ...user_error import UserError
from ..faults import tolerate
from ..sources import SourceFile, parse_json, read_json, read_lines


class Place(NamedTuple):
    """A place in a source. at: line or record of the file."""

    file: SourceFile
    at: str

    def __str__(self) -> str:
        """The place for reports, without a path of this machine."""
        return f"{self.file.path_in_source}, {self.at}"

    def error(self, what: str) -> UserError:
        return UserError(f"{self.file.name}, {self.at}: {what}.")


def read_values(file: SourceFile, *, lists: bool = False) -> Iterator[Tuple[Place, Any]]:
    """Yield the values of a JSON list, or the value in each line, with their places.

    lists: Whether values are lists themselves. Then the lines of a .jsonl file are the values.
    RAISES (UserError): The file is not JSON, incomplete or empty.
    """
    is_empty = True
    has_lines = lists and file.name.lower().endswith(".jsonl")
    if not has_lines and _begins_with_bracket(file):
        for number, value in enumerate(read_json(file)):
            is_empty = False
            yield Place(file, f"record {number} (from 0)"), value
    else:
        for number, line in read_lines(file):
            if line.strip():
                is_empty = False
                with tolerate("record"):
                    yield Place(file, f"line {number}"), parse_json(line, file, number)
    if is_empty:
        raise UserError(
            f"{file.name} has no sentence or text: give a file with annotated texts."
        )


def read_objects(file: SourceFile) -> Iterator[Tuple[Place, Dict[str, Any]]]:
    """As `read_values`, for objects.

    RAISES (UserError): A value is no object; such a value can be left out, see `tolerate`.
    """
    for place, value in read_values(file):
        with tolerate("record"):
            if not isinstance(value, dict):
                raise place.error(f"{show_value(value)} is no object: correct it")
            yield place, value


def show_value(value: Any) -> str:
    """A value for a message, cut if it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 100 else f"{text[:100]}…"


def _begins_with_bracket(file: SourceFile) -> bool:
    """Whether the file is a list. A list may be one line, longer than `read_lines` allows."""
    with file.open() as stream:
        for chunk in iter(partial(stream.read, 64), b""):
            head = chunk.removeprefix(codecs.BOM_UTF8).lstrip()
            if head:
                return head.startswith(b"[")
    return False
