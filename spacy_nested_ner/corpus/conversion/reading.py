"""Read a whole source, and check the records of the reader."""

import re
from pathlib import Path
from typing import List, NamedTuple, Optional, Sequence, Set, Tuple

from ...files.limits import check_memory
from ...user_error import UserError
from ..faults import Fault, collect_faults, tolerate
from ..readers import find_reader
from ..recognition.recognise import suggest_format
from ..records import Record, Skipped
from .sentences import number_copies

ON_ERROR = ("stop", "skip")
N_SHOWN = 50  # faults in a message
# memory of an empty record and of a mention, also in the conversion, in bytes
RECORD, MENTION = 1000, 200


class Reading(NamedTuple):
    """Content of a source.

    faults: The parts that were left out.
    """

    records: List[Record]
    skipped: List[Skipped]
    faults: Sequence[Fault] = ()


def check_on_error(on_error: str) -> None:
    """RAISES (UserError): The policy for faults is unknown."""
    if on_error not in ON_ERROR:
        raise UserError(
            f"Unknown value '{on_error}' of on-error: choose one of {', '.join(ON_ERROR)}."
        )


def read_source(format: str, source: Path, *, on_error: str = "stop") -> Reading:
    """Read a whole source.

    format: Name of a reader.
    on_error: What to do with faults, parts of the source that break the rules of its format:
        "stop" refuses the source and names all of them, "skip" leaves them out.
    RAISES (UserError): The reader refuses the source, or finds no record or too many. A reader
    of another
        package may also yield an id twice, or a mention that is not in its text.
    """
    check_on_error(on_error)
    reading = Reading([], [])
    end: List[str] = []  # the error that ended the reading
    with collect_faults() as faults:
        try:
            _read(format, source, reading)
        except UserError as error:
            end = [str(error)]
    if not reading.records and (faults or end):
        # probably a file of another format: its first fault is enough
        message = faults[0].message if faults else end[0]
        suggestion = _suggest(reading, format, source)
        _, _, advice = suggestion.rpartition(": ")
        # the reader itself may have said to decompress the file
        is_said = bool(advice) and message.endswith(advice)
        raise UserError(message if is_said else message + suggestion)
    if end or (faults and on_error == "stop"):
        raise UserError(_name_faults(source, faults, *end) + _suggest(reading, format, source))
    if not reading.records:
        raise UserError(
            f"{source} has no record of format '{format}' ({len(reading.skipped):,} skipped): "
            f"give a source with annotated texts.{_suggest(reading, format, source)}"
        )
    # the report of a conversion is the same on every machine
    here = re.compile(rf"{re.escape(str(source))}[/:]")
    return reading._replace(
        records=number_copies(reading.records),
        faults=[Fault(fault.of, here.sub("", fault.message)) for fault in faults],
    )


def _read(format: str, source: Path, reading: Reading) -> None:
    """Read a source into lists that hold the records before an error."""
    ids: Set[Tuple[str, Optional[str]]] = set()
    memory = 0
    for item in find_reader(format)(source):
        memory += RECORD
        if isinstance(item, Record):
            memory += 2 * len(item.text) + MENTION * len(item.mentions)
        check_memory(memory, str(source))
        if isinstance(item, Skipped):
            reading.skipped.append(item)
            continue
        with tolerate("record"):
            if (item.id, item.annotator) in ids:
                raise UserError(
                    f"{source}: the id '{item.id}' comes twice: give every record its own id."
                )
            ids.add((item.id, item.annotator))
            _check_mentions(item, source)
            reading.records.append(item)


def _suggest(reading: Reading, format: str, source: Path) -> str:
    """A sentence about another format, if no mention could be read."""
    is_other = not any(record.mentions for record in reading.records)
    return suggest_format(source, format) if is_other else ""


def _name_faults(source: Path, faults: Sequence[Fault], *more: str) -> str:
    """A message about faults, or about one in the words of the reader.

    more: An error that ended the reading.
    """
    skip = "choose on-error 'skip' to leave it out"
    if not faults:
        return more[0]
    if len(faults) == 1 and not more:
        return f"{faults[0].message} Or {skip}."
    messages = [fault.message for fault in faults[:N_SHOWN]]
    if len(faults) > N_SHOWN:
        messages.append(f"… and {len(faults) - N_SHOWN:,} more")
    n = f"{len(faults):,} fault{'s' if len(faults) > 1 else ''}"
    head = f"{source} has {n}: correct them, or {skip.replace('it out', 'them out')}."
    return "\n- ".join([head, *messages, *more])


def _check_mentions(record: Record, source: Path) -> None:
    for start, end, label in record.mentions:
        is_label = isinstance(label, str) and label.strip() != ""
        if not 0 <= start < end <= len(record.text) or not is_label:
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
