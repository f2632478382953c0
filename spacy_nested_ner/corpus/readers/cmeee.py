"""CMeEE and CMeEE-V2 of the CBLUE benchmark, and other corpora in their form: a JSON list.

    [{"text": "患者发热", "entities":
      [{"start_idx": 2, "end_idx": 3, "type": "sym", "entity": "发热"}]}]

In one version `end_idx` is the last character of the mention, in the other the one after it.
The reader finds the version of a file by the texts of its mentions.
"""

from pathlib import Path, PurePosixPath
from typing import Any, Dict, Iterator, List, NamedTuple, Sequence, Tuple, Union

from ...user_error import UserError
from ..faults import tolerate
from ..records import Record, Skipped
from ..sources import SourceFile, find_files, part_of, read_json
from .characters import CharacterSpan, make_record
from .ids import Ids, name_files
from .offsets import is_same_text

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
        with tolerate("file"):
            yield from _read_file(file, name, ids)


def _read_file(file: SourceFile, name: str, ids: Ids) -> Iterator[Union[Record, Skipped]]:
    records = _read_list(file)
    is_example = PurePosixPath(file.path_in_source).stem in EXAMPLES
    if is_example or not any("entities" in record for record in records.values()):
        reason = "example" if is_example else "unlabelled"
        yield from (Skipped(reason, where) for where in records)
        return
    entities: Dict[str, List[Entity]] = {}
    for where, record in records.items():
        with tolerate("record"):
            entities[where] = _read_entities(record, where)
    shift = _find_end_shift(
        [(entity, records[where]["text"]) for where in entities for entity in entities[where]]
    )
    for number, (where, record) in enumerate(records.items()):
        if where in entities:
            with tolerate("record"):
                id = ids.add(record.get("id"), where, file=name, number=number)
                spans = []
                for entity in entities[where]:
                    with tolerate("annotation"):
                        spans.append(_make_span(entity, record["text"], shift))
                yield make_record(id, record["text"], spans, part=part_of(file))


def _read_list(file: SourceFile) -> Dict[str, Dict[str, Any]]:
    """The objects of a file by file and number."""
    values = read_json(file)
    if not isinstance(values, list):
        raise UserError(
            f"{file.name} is no JSON list: give a list of objects with 'text' and 'entities'."
        )
    records = {}
    for number, value in enumerate(values):
        where = f"{file.path_in_source}, record {number} (from 0)"
        with tolerate("record"):
            if not isinstance(value, dict) or not isinstance(value.get("text"), str):
                raise UserError(
                    f"{where} is no object with a 'text': give a list of objects with 'text' "
                    "and 'entities'."
                )
            records[where] = value
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
        with tolerate("annotation"):
            entities.append(_read_entity(value, f"{where}, entity {number}"))
    return entities


def _read_entity(value: Any, where: str) -> Entity:
    if not isinstance(value, dict):
        raise UserError(f"{where}: {value!r} is no object: correct it.")
    for key, kind in FIELDS.items():
        if type(value.get(key)) is not kind:
            what = "whole number" if kind is int else "text"
            raise UserError(
                f"{where}: {key!r} is {value.get(key)!r}, not a {what}: give "
                f"{', '.join(FIELDS)}; the reader compares the text at the offsets with "
                "'entity'."
            )
    return Entity(**{key: value[key] for key in FIELDS}, where=where)


def _find_end_shift(entities: Sequence[Tuple[Entity, str]]) -> int:
    """How many characters after `end_idx` most mentions of a file end, 0 or 1.

    entities: Each with the text of its record.
    """
    after, last = (sum(_fits(e, text, shift) for e, text in entities) for shift in (0, 1))
    return int(last > after)


def _make_span(entity: Entity, text: str, shift: int) -> CharacterSpan:
    """RAISES (UserError): The end of the mention is counted in the other way."""
    if _fits(entity, text, 1 - shift) and not _fits(entity, text, shift):
        this, most = ("last character", "one after it")[:: -1 if shift else 1]
        raise UserError(
            f"{entity.where}: 'end_idx' is the {this} of the mention, but in most mentions of "
            f"the file it is the {most}: correct it."
        )
    start, end, label, given, where = entity
    return CharacterSpan(start, end + shift, label, where, given)


def _fits(entity: Entity, text: str, shift: int) -> bool:
    start, end = entity.start_idx, entity.end_idx + shift
    return 0 <= start < end <= len(text) and is_same_text(text[start:end], entity.entity)
