"""Records: texts with their columns, and the records that could not be processed."""

from typing import Any, Dict, Mapping, NamedTuple, Optional


class InputRecord(NamedTuple):
    """A text of the input.

    position: its number in the whole input, from 0.
    id: as in the input, None if there is none.
    text: None if there is a fault.
    columns: all columns of the record, also id and text; empty if there is a fault.
    size: about as many characters as the record has in all columns.
    where: file and line, or file and number.
    fault: why the record cannot be processed.
    """

    position: int
    id: Any
    text: Optional[str]
    columns: Mapping[str, Any]
    size: int
    where: str
    fault: Optional["Fault"] = None


class Fault(NamedTuple):
    """Why a record has no result.

    kind: "unreadable", "no text", "too long", "pipeline" (it raised an error), "worker" (it
        died) or "output" (the format cannot hold the record).
    reason: one sentence.
    """

    kind: str
    reason: str


class RecordError(NamedTuple):
    """A line of the errors files."""

    position: int
    id: Any
    where: str
    kind: str
    reason: str

    @classmethod
    def of(cls, record: InputRecord, fault: Fault) -> "RecordError":
        return cls(record.position, record.id, record.where, fault.kind, fault.reason)

    def to_dict(self) -> Dict[str, Any]:
        return self._asdict()
