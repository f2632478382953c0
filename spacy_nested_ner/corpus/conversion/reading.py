"""Read a whole source, and check the records of the reader."""

from pathlib import Path
from typing import List, NamedTuple, Set

from ...user_error import UserError
from ..readers import find_reader
from ..records import Record, Skipped


class Reading(NamedTuple):
    """Content of a source."""

    records: List[Record]
    skipped: List[Skipped]


def read_source(format: str, source: Path) -> Reading:
    """Read a whole source.

    format: Name of a reader.
    RAISES (UserError): The reader refuses the source, or finds no record. A reader of another
        package may also yield an id twice, or a mention that is not in its text.
    """
    reading = Reading([], [])
    ids: Set[str] = set()
    for item in find_reader(format)(source):
        if isinstance(item, Skipped):
            reading.skipped.append(item)
            continue
        if item.id in ids:
            raise UserError(
                f"{source}: the id '{item.id}' comes twice: give every record its own id."
            )
        ids.add(item.id)
        _check_mentions(item, source)
        reading.records.append(item)
    if not reading.records:
        raise UserError(
            f"{source} has no record of format '{format}' ({len(reading.skipped):,} skipped): "
            "give a source with annotated texts."
        )
    return reading


def _check_mentions(record: Record, source: Path) -> None:
    for start, end, label in record.mentions:
        if not 0 <= start < end <= len(record.text) or not label:
            raise UserError(
                f"{source}: the mention '{label}' from {start} to {end} of record "
                f"'{record.id}' has no label or is not inside its {len(record.text)} "
                "characters: correct the file or its reader."
            )
    if len(set(record.mentions)) < len(record.mentions):
        raise UserError(
            f"{source}: record '{record.id}' has a mention twice: correct its reader, which "
            "should report repeats as lost."
        )
