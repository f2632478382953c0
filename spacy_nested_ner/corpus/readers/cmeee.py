"""CMeEE and CMeEE-V2 of the CBLUE benchmark, and other corpora in their form: a JSON list.

    [{"text": "患者发热", "entities":
      [{"start_idx": 2, "end_idx": 3, "type": "sym", "entity": "发热"}]}]

In one version `end_idx` is the last character of the mention, in the other the one after it.
The reader finds the version of a file by the texts of its mentions: one version must fit all of
them.
"""

from pathlib import Path, PurePosixPath
from typing import Any, Dict, Iterator, List, NamedTuple, Sequence, Union

from ...user_error import UserError
from ..records import Record, Skipped
from ..sources import SourceFile, find_files, part_of, read_json
from .characters import CharacterSpan, make_record
from .ids import Ids, name_files

# files of the benchmark that only show the form of a submission
EXAMPLES = ("example_gold", "example_pred")
FIELDS = {"start_idx": int, "end_idx": int, "type": str, "entity": str}


class Entity(NamedTuple):
    """A mention as in the file: `end_idx` is its last character or the one after it."""

    start_idx: int
    end_idx: int
    type: str
    entity: str
    where: str


def read_cmeee(source: Path) -> Iterator[Union[Record, Skipped]]:
    """Yield one record per object of the lists, file after file.

    source: A .json file, a folder or an archive. The part comes from the names of files.
    YIELDS: The records of a file without any "entities" are skipped as "unlabelled": the test
        part is published so. Those of the benchmark's example files are skipped as "example".
    RAISES (UserError): The file is no such list; a mention fits neither version of the offsets,
        or another version than the mentions before; an id comes twice.
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
        shift = _find_end_shift(entities, [record["text"] for record in records])
        for number, record in enumerate(records):
            where = _where(file, number)
            id = ids.add(record.get("id"), where, default=f"{name}:{number}")
            spans = [
                CharacterSpan(e.start_idx, e.end_idx + shift, e.type, e.where, e.entity)
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
                f"{_where(file, number)} is no object with a 'text': give a list of objects "
                "with 'text' and 'entities'."
            )
    return records


def _read_entities(record: Dict[str, Any], where: str) -> List[Entity]:
    values = record.get("entities")
    if not isinstance(values, list):
        raise UserError(
            f"{where} has no list of 'entities', which other records have: add it, empty if "
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
                    f"{place}: {key!r} is {value.get(key)!r}, not a {what}: give "
                    f"{', '.join(FIELDS)}; the reader compares the text at the offsets with "
                    "'entity'."
                )
        entities.append(Entity(**{key: value[key] for key in FIELDS}, where=place))
    return entities


def _find_end_shift(entities: Sequence[Sequence[Entity]], texts: Sequence[str]) -> int:
    """How many characters after `end_idx` the mentions of a file end, 0 or 1."""
    known: Dict[int, str] = {}  # place of a mention with each shift
    for mentions, text in zip(entities, texts):
        for start, end, _, given, where in mentions:
            fits = [
                shift
                for shift in (0, 1)
                if 0 <= start < end + shift <= len(text) and text[start : end + shift] == given
            ]
            if not fits:
                raise UserError(
                    f"{where}: {given!r} is not the text from {start} to {end}, with or "
                    f"without the character at {end}: correct the offsets."
                )
            (shift,) = fits  # the given text has one length, so one shift fits at most
            known.setdefault(shift, where)
            if len(known) == 2:
                raise UserError(
                    f"{known[1]}: 'end_idx' is the last character, but in {known[0]} the one "
                    "after it: use one way in the whole file."
                )
    return max(known, default=0)
