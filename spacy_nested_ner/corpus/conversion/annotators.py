"""Several annotators of one text: how well they agree, and one record made of theirs.

Readers yield a record for each annotator. Those of one text have the same id and differ in
`Record.annotator`. An annotator decides about each mention of the others: for it, or against it
if it is not in the own record. About mentions in regions that are not annotated, only accepted
and rejected spans decide.

Agreement is the F1 of two annotators, one taken as gold and the other as predicted; F1 is the
same either way, of mentions about which both decide. A mention counts as equal with the same
characters and label. Hripcsak, Rothschild. Agreement, the F-Measure, and Reliability in
Information Retrieval. JAMIA 12 (2005).
"""

from collections import Counter
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import AbstractSet, Any, Dict, Iterable, List, Optional, Sequence, Set, Tuple
from typing import Counter as Counts

from ...user_error import UserError
from ..records import Mention, Record
from .reading import Reading

ANNOTATORS = ("stop", "union", "majority", "first", "separate")


def check_annotators(annotators: str, by_sentence: bool = False) -> None:
    """by_sentence: Whether the split divides documents.

    RAISES (UserError): The policy is unknown, or the split could put the records of one text
        into two parts.
    """
    if annotators not in ANNOTATORS:
        raise UserError(
            f"Unknown value '{annotators}' of annotators: choose one of "
            f"{', '.join(ANNOTATORS)}."
        )
    if annotators == "separate" and by_sentence:
        raise UserError(
            "Annotators 'separate' with a split by sentence would put one text into two "
            "parts: choose split 'stratified' or other annotators, such as 'majority'."
        )


def merge_annotators(
    reading: Reading, annotators: str, source: Path
) -> Tuple[Reading, Optional[Dict[str, Any]]]:
    """Make one record of the records of each text, or keep them apart.

    annotators: Which mentions of a text with several annotators stay:
        "union" those of any of them;
        "majority" those of more than half of those who decide, so with two those of both;
        "first" those of the annotator who comes first in the source;
        "separate" all, in a record for each annotator: `<id>@<annotator>`, of one document;
        "stop" those of all, and the source is refused if two annotators of a text differ.
    source: For messages.
    RETURNS: The records, and the entry "annotators" of the report: None if no text has several
        annotators.
    RAISES (UserError): See "stop". Two records with one id have different texts.
    """
    by_id: Dict[str, List[Record]] = {}
    for record in reading.records:
        by_id.setdefault(record.id, []).append(record)
    several = [records for records in by_id.values() if len(records) > 1]
    _check_texts(several, source)
    differing = [records for records in several if _differ(records)]
    agreement = _measure_agreement(several)
    if differing and annotators == "stop":
        raise UserError(
            f"{source} has {len(several):,} texts with several annotators, who differ in "
            f"{len(differing):,} (F1 {agreement['f1']:.1%}), for example in "
            f"'{differing[0][0].id}': choose annotators {_list_policies()}."
        )
    if annotators == "separate":
        documents = {records[0].document for records in several}
        records = [
            _name(r) if r.document in documents else _without(r) for r in reading.records
        ]
    else:
        records = [_merge(copies, annotators) for copies in by_id.values()]
    if not several:
        return reading._replace(records=records), None
    ids = {copies[0].id for copies in several}
    n_read = sum(len({m for record in copies for m in record.mentions}) for copies in several)
    n_kept = sum(len(record.mentions) for record in records if record.id in ids)
    account = {
        "annotators": annotators,
        "records": sum(map(len, several)),
        "texts": len(several),
        "differing": len(differing),
        "mentions": {"read": n_read, "kept": n_read if annotators == "separate" else n_kept},
        "agreement": agreement,
    }
    return reading._replace(records=records), account


def _check_texts(several: Sequence[Sequence[Record]], source: Path) -> None:
    for records in several:
        if len({record.text for record in records}) > 1:
            raise UserError(
                f"{source}: the records of '{records[0].id}' by several annotators have "
                "different texts: correct the file or its reader."
            )


def _measure_agreement(several: Sequence[Sequence[Record]]) -> Dict[str, Any]:
    """F1 of each two annotators over the texts of both, and over all pairs together.

    RETURNS: F1 is None without mentions.
    """
    counts: Dict[Tuple[str, str], Counts[str]] = {}
    for records in several:
        by_name = sorted(records, key=lambda record: str(record.annotator))
        for one, other in combinations(by_name, 2):
            found, found_by_other = set(one.mentions), set(other.mentions)
            both = len(found & found_by_other)
            pair = counts.setdefault((str(one.annotator), str(other.annotator)), Counter())
            pair["texts"] += 1
            pair["one"] += both + len(_find_denied(other, found))
            pair["other"] += both + len(_find_denied(one, found_by_other))
            pair["both"] += both
    return {
        "f1": _f1(sum(counts.values(), Counter())),
        "pairs": [
            {
                "annotators": list(names),
                "texts": pair["texts"],
                "mentions": [pair["one"], pair["other"]],
                "both": pair["both"],
                "f1": _f1(pair),
            }
            for names, pair in sorted(counts.items())
        ],
    }


def _f1(pair: Counts[str]) -> Optional[float]:
    n = pair["one"] + pair["other"]
    return round(2 * pair["both"] / n, 5) if n else None


def _differ(records: Sequence[Record]) -> bool:
    found = {mention for record in records for mention in record.mentions}
    return any(_find_denied(record, found) for record in records)


def _find_denied(record: Record, mentions: AbstractSet[Mention]) -> Set[Mention]:
    """Those of the mentions against which an annotator decides."""
    others = set(mentions).difference(record.mentions)
    open_ones = {
        m
        for region in record.unannotated
        for m in others.difference(record.rejected)
        if m.start < region.end and region.start < m.end and region.label in ("", m.label)
    }
    return others - open_ones


def _list_policies() -> str:
    *names, last = (f"'{name}'" for name in ANNOTATORS if name != "stop")
    return f"{', '.join(names)} or {last}"


def _merge(records: Sequence[Record], annotators: str) -> Record:
    """One record of the records of a text, without an annotator."""
    if annotators == "first" or len(records) == 1:
        return _without(records[0])
    found = Counter(mention for record in records for mention in record.mentions)
    denied = Counter(m for record in records for m in _find_denied(record, found.keys()))
    rejected = Counter(span for record in records for span in record.rejected)
    kept = {m for m, n in found.items() if annotators != "majority" or n > denied[m]}
    first, *others = records
    return replace(
        first,
        mentions=_sort(kept),
        rejected=_sort(m for m, n in rejected.items() if n > found[m] and m not in kept),
        unannotated=tuple(
            region
            for region in first.unannotated
            if all(region in other.unannotated for other in others)
        ),
        lost=tuple(lost for record in records for lost in record.lost),
        trimmed=sum(record.trimmed for record in records),
        annotator=None,
    )


def _sort(mentions: Iterable[Mention]) -> Tuple[Mention, ...]:
    return tuple(sorted(mentions, key=lambda m: (m.start, -m.end, m.label)))


def _name(record: Record) -> Record:
    """The record with the name of its annotator in its id."""
    return (
        record
        if record.annotator is None
        else replace(record, id=f"{record.id}@{record.annotator}")
    )


def _without(record: Record) -> Record:
    return replace(record, annotator=None)
