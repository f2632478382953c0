"""Check that every record and mention of the source is either written or in the report."""

from collections import Counter
from typing import Any, Dict, FrozenSet, Mapping, NamedTuple, Sequence, Union

from spacy.tokens import Doc

from ...user_error import shorten
from ..records import Lost, Record, Skipped
from .reading import Reading

N_EXAMPLES = 5


class Amount(NamedTuple):
    """Amount of text and mentions.

    characters: without whitespace, which changes where texts are joined and cut.
    documents: names of the documents.
    """

    characters: int
    mentions: int
    documents: FrozenSet[str]


def measure_doc(doc: Doc, spans_key: str) -> Amount:
    """The amount in a doc of `make_doc`."""
    return Amount(
        _count_characters(doc.text),
        len(doc.spans[spans_key]),
        frozenset((doc.user_data["document"],)),
    )


def take_account(
    reading: Reading,
    left_out: Sequence[Record],
    written: Sequence[Amount],
    parts: Mapping[str, Mapping[str, Any]],
) -> Dict[str, Any]:
    """Compare the amounts that were read and written.

    left_out: records that are in no part: earlier copies of a document.
    written: amounts in the output.
    parts: the parts in the report, from `PartCounts.report`.
    RETURNS: Entries of the report: counts of "records" and "mentions" by what became of them,
        and the reasons for "skipped" records and "lost" annotations. Lost annotations are not
        counted as mentions. Every fault is in "faults" and is also counted: one of a record or
        of a whole file as a skipped record, one of an annotation as lost.
    RAISES (RuntimeError): The amounts differ, by a mistake of this package.
    """
    characters = sum(amount.characters for amount in written)
    mentions = sum(amount.mentions for amount in written)
    documents = frozenset(name for amount in written for name in amount.documents)
    dropped = sum(part["misaligned"]["dropped"] for part in parts.values())
    merged = sum(part["misaligned"]["merged"] for part in parts.values())
    read, passed = _measure(reading.records), _measure(left_out)
    _check("characters", read.characters, passed.characters + characters)
    _check("mentions", read.mentions, passed.mentions + dropped + merged + mentions)
    _check("documents", sorted(read.documents), sorted(passed.documents | documents))
    faults = reading.faults
    skipped = [
        *reading.skipped,
        *(Skipped("earlier copy", record.id) for record in left_out),
        *(Skipped("fault", fault.message) for fault in faults if fault.of != "annotation"),
    ]
    lost = [
        *(lost for record in reading.records for lost in record.lost),
        *(Lost("fault", fault.message, "") for fault in faults if fault.of == "annotation"),
    ]
    n_records = len(reading.records) + len(skipped) - len(left_out)
    return {
        "records": {
            "read": n_records,
            "skipped": len(skipped),
            "written": n_records - len(skipped),
        },
        "mentions": {
            "read": read.mentions,
            "skipped": passed.mentions,
            "dropped": dropped,
            "merged": merged,
            "written": mentions,
        },
        "skipped": _count_reasons(skipped),
        "lost": _count_reasons(lost),
        "trimmed": sum(record.trimmed for record in reading.records),
        "faults": [fault._asdict() for fault in faults],
    }


def _check(what: str, read: object, written: object) -> None:
    """Not an assertion, which `python -O` leaves out: nothing may get lost in silence."""
    if read != written:
        found = shorten(f"{read} and {written}", 200)
        raise RuntimeError(
            f"The conversion has lost or doubled {what}, {found}, and has written nothing: "
            "please report this bug of spacy-nested-ner."
        )


def _measure(records: Sequence[Record]) -> Amount:
    return Amount(
        sum(_count_characters(record.text) for record in records),
        sum(len(record.mentions) for record in records),
        frozenset(record.document for record in records),
    )


def _count_characters(text: str) -> int:
    return len("".join(text.split()))


def _count_reasons(items: Sequence[Union[Lost, Skipped]]) -> Dict[str, Any]:
    return {
        "count": len(items),
        "reasons": dict(sorted(Counter(item.reason for item in items).items())),
        "examples": [item._asdict() for item in items[:N_EXAMPLES]],
    }
