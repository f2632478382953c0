"""Add the texts of a source to a corpus that `convert` wrote.

    earlier corpus ─ read_corpus ─► records in parts ┐
    source ─ read_source, cut ─────► new records      ┴ add_records ─► records in parts

A text that the corpus has already is replaced, and keeps its part; more copies of it join this
part. All other texts join train: dev and test keep their texts, so scores before and after
compare, and no text on which a pipeline has trained lands in test.
"""

from pathlib import Path
from typing import Any, Dict, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from ...user_error import UserError
from ..records import PARTS, Record
from .reading import read_source
from .report import read_report
from .sentences import join_documents
from .splits import Divided, Parts

OWN = "custom"  # the dataset of one's own annotations


class Corpus(NamedTuple):
    """A folder that `convert` wrote. report: Content of report.json."""

    report: Dict[str, Any]
    parts: Parts


def read_corpus(
    folder: Path,
    *,
    dataset: str,
    split: Optional[str],
    language: Optional[str],
    unit: Optional[str],
) -> Corpus:
    """Read a corpus to which a source will be added.

    dataset, split, language, unit: The arguments for the source.
    RAISES (UserError): The folder has no corpus, or one of a published dataset; the source has
        another language or unit, or asks for a split.
    """
    report = read_report(folder)
    for name in (dataset, report["dataset"]):
        if name != OWN:
            raise UserError(
                f"Dataset '{name}' is published, so nothing can be added to it: convert both "
                f"the corpus and the source as '{OWN}'."
            )
    if split is not None:
        raise UserError(
            f"The texts of {folder} keep their parts, and new texts join train: leave out the "
            f"split '{split}'."
        )
    for what, given in (("language", language), ("unit", unit)):
        if given not in (None, report[what]):
            raise UserError(
                f"The {what} of {folder} is '{report[what]}', not '{given}': leave it out, or "
                "convert the source to a corpus of its own."
            )
    files = {part: folder / f"{part}.spacy" for part in PARTS}
    return Corpus(
        report, {part: read_source("docbin", file).records for part, file in files.items()}
    )


def add_records(
    corpus: Corpus, records: Sequence[Record], source: Mapping[str, Any]
) -> Divided:
    """Add the records of a source to the parts of a corpus.

    In a corpus of documents, a text is the same if its characters are; in one of sentences,
    only in the same document, because many documents share short sentences.

    source: Name and checksum of the source, for the report.
    RETURNS: Earlier records that are replaced are left out.
    RAISES (UserError): A new record has the id of one with another text.
    """
    is_sentence = corpus.report["unit"] == "sentence"
    new = records if is_sentence else join_documents(records)

    def key(record: Record) -> Tuple[str, str]:
        return (record.text, record.document if is_sentence else "")

    # by text: the places of its records, by their ids; and its part
    places: Dict[Tuple[str, str], Dict[str, Tuple[str, int]]] = {}
    homes: Dict[Tuple[str, str], str] = {}
    for part, part_records in corpus.parts.items():
        for i, record in enumerate(part_records):
            places.setdefault(key(record), {})[record.id] = (part, i)
            homes[key(record)] = part
    parts = {part: list(part_records) for part, part_records in corpus.parts.items()}
    replaced = []
    n_copies = 0
    for record in new:
        same = places.get(key(record))
        if same:
            part, i = same.pop(record.id if record.id in same else next(iter(same)))
            replaced.append(corpus.parts[part][i])
            parts[part][i] = record
        else:
            n_copies += key(record) in homes
            parts[homes.get(key(record), "train")].append(record)
    _check_ids(parts)
    added = {**source, "texts": len(new), "replaced": len(replaced), "copies": n_copies}
    facts = {name: corpus.report.get(name) for name in ("source", "split", "seed")}
    return Divided(
        parts, replaced, {**facts, "added": [*corpus.report.get("added", []), added]}
    )


def _check_ids(parts: Parts) -> None:
    taken: Set[str] = set()
    for record in (record for records in parts.values() for record in records):
        if record.id in taken:
            raise UserError(
                f"The id '{record.id}' is that of another text in the corpus: give the new "
                "text an id of its own. If the source has no ids, rename its file."
            )
        taken.add(record.id)
