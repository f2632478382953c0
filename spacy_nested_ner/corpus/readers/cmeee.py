"""CMeEE and CMeEE-V2 of the CBLUE benchmark, and what is written in their form: a JSON list.

    [{"text": "患者发热", "entities":
      [{"start_idx": 2, "end_idx": 3, "type": "sym", "entity": "发热"}]}]

One version counts the character at `end_idx` in, the other does not. Which one a file is, the
texts of its mentions say: each must be what one and the same reading of the offsets gives.
"""

from pathlib import Path, PurePosixPath
from typing import Any, Dict, Iterator, List, NamedTuple, Sequence, Union

from ...user_error import UserError
from ..records import Record, Skipped
from ..sources import SourceFile, find_files, part_of, read_json
from .characters import CharacterSpan, make_record
from .ids import Ids, name_files

# what is handed in to the benchmark and what would be right for it, as a pattern
EXAMPLES = ("example_gold", "example_pred")
FIELDS = {"start_idx": int, "end_idx": int, "type": str, "entity": str}


class Entity(NamedTuple):
    """A mention as it is written: `end_idx` is one of the characters or the one after them."""

    start_idx: int
    end_idx: int
    type: str
    entity: str
    where: str


def read_cmeee(source: Path) -> Iterator[Union[Record, Skipped]]:
    """Yield a record an object of the lists, file after file.

    source: A .json, or a folder or an archive with some. The part comes from their names.
    YIELDS: The records of a file without any "entities", as the test part is published, are
        skipped as "unlabelled", those of the benchmark's example files as "example".
    RAISES (UserError): Something else than such a list; a mention that no reading of the
        offsets or not the one of the file's other mentions explains; an id that comes twice.
    """
    files = find_files(source, [".json"])
    ids = Ids()
    for name, file in zip(name_files(files), files):
        records = _read_list(file)
        is_example = PurePosixPath(file.path_in_source).stem in EXAMPLES
        if is_example or not any("entities" in record for record in records):
            reason = "example" if is_example else "unlabelled"
            for number in range(len(records)):
                yield Skipped(reason, _where(file, number))
            continue
        entities = [
            _read_entities(record, _where(file, number))
            for number, record in enumerate(records)
        ]
        after = _find_end(entities, [record["text"] for record in records])
        for number, record in enumerate(records):
            where = _where(file, number)
            id = ids.add(record.get("id"), where, default=f"{name}:{number}")
            spans = [
                CharacterSpan(e.start_idx, e.end_idx + after, e.type, e.where, e.entity)
                for e in entities[number]
            ]
            yield make_record(id, record["text"], spans, part=part_of(file))


def _where(file: SourceFile, number: int) -> str:
    return f"{file.path_in_source}, record {number} (from 0)"


def _read_list(file: SourceFile) -> List[Dict[str, Any]]:
    records = read_json(file)
    if not isinstance(records, list):
        raise UserError(
            f"{file.name} is no JSON list: give a list of objects with 'text' and 'entities'."
        )
    for number, record in enumerate(records):
        if not isinstance(record, dict) or not isinstance(record.get("text"), str):
            raise UserError(
                f"{_where(file, number)}: no object with a 'text': give a list of objects with "
                "'text' and 'entities'."
            )
    return records


def _read_entities(record: Dict[str, Any], where: str) -> List[Entity]:
    values = record.get("entities")
    if not isinstance(values, list):
        raise UserError(
            f"{where}: no list of 'entities', which other records have: add it, empty where "
            "there are none."
        )
    entities = []
    for number, value in enumerate(values):
        place = f"{where}, entity {number}"
        if not isinstance(value, dict):
            raise UserError(f"{place}: {value!r} is no object: correct it.")
        for key, kind in FIELDS.items():
            if type(value.get(key)) is not kind:
                what = "whole number" if kind is int else "text"
                raise UserError(
                    f"{place}: {key!r} is {value.get(key)!r}, not a {what}: give all of "
                    f"{', '.join(FIELDS)}; the offsets are checked by the text of 'entity'."
                )
        entities.append(Entity(**{key: value[key] for key in FIELDS}, where=place))
    return entities


def _find_end(entities: Sequence[Sequence[Entity]], texts: Sequence[str]) -> int:
    """How many characters after `end_idx` the mentions end, 0 or 1, in all the same."""
    known: Dict[int, str] = {}  # where a mention of each reading was found
    for mentions, text in zip(entities, texts):
        for start, end, _, said, where in mentions:
            fits = [
                after
                for after in (0, 1)
                if 0 <= start < end + after <= len(text) and text[start : end + after] == said
            ]
            if not fits:
                raise UserError(
                    f"{where}: {said!r} is not the text from {start} to {end}, with or without "
                    f"the character at {end}: correct the offsets."
                )
            (after,) = fits  # texts of two lengths cannot both be what is said
            known.setdefault(after, where)
            if len(known) == 2:
                raise UserError(
                    f"{known[1]}: 'end_idx' is the last character, but in {known[0]} the one "
                    "after it: write all of a file in one way."
                )
    return max(known, default=0)
