"""Divide records into train, dev and test, by rules and without lists of ids."""

from typing import Any, Dict, List, NamedTuple, Sequence

from ...user_error import UserError
from ..records import PARTS, Record
from .sentences import group_documents, join_documents
from .stratify import stratify

BY_DOCUMENT = ("document", "stratified")
BY_SENTENCE = ("sentence", "sentence_contiguous")
SPLITS = ("published", *BY_DOCUMENT, *BY_SENTENCE)
UNITS = ("sentence", "document")
Parts = Dict[str, List[Record]]


class Divided(NamedTuple):
    """Records in parts.

    left_out: Those that are in no part, because their text or document comes again later.
    facts: How they were divided, for the report.
    """

    parts: Parts
    left_out: List[Record]
    facts: Dict[str, Any]


def split_records(records: Sequence[Record], *, split: str, unit: str, seed: int = 0) -> Parts:
    """Divide the records of a source, in its order, into train, dev and test.

    split: "published" follows `Record.part`.
        "document" keeps every document in one part: test is the last tenth of the documents,
        dev the tenth before it.
        "stratified" also keeps every document in one part, and `stratify` brings rare labels
        into every part. If a document comes twice, both splits use the later copy.
        "sentence" is the split of most GENIA papers: test is the last tenth of the records, dev
        every fourth of the first ones. So train and dev share documents.
        "sentence_contiguous" has the same test part, and dev right before it.
    unit: What becomes one text: a record ("sentence") or the whole "document".
    seed: Seed of split "stratified".
    RAISES (UserError): See `check_split`. A part would be empty, or a record has no published
        part.
    """
    check_split(split, unit)
    if split == "published":
        parts = _split_as_published(records)
    elif split in BY_DOCUMENT:
        parts = _split_documents(_latest_copies(records), split, seed)
    else:
        parts = _split_sentences(records, split)
    if not all(parts.values()):
        n_documents = len(group_documents(records))
        needed = "at least 10 documents and 11 records"
        if split == "stratified":
            needed = "more documents that share their labels"
        raise UserError(
            f"Too few documents ({n_documents}) and records ({len(records)}) for train, dev "
            f"and test by split '{split}': give {needed}."
        )
    if unit == "document":
        return {part: join_documents(part_records) for part, part_records in parts.items()}
    return parts


def check_split(split: str, unit: str) -> None:
    """RAISES (UserError): A name is unknown, or the split would divide a whole document."""
    if split not in SPLITS:
        raise UserError(f"Unknown split '{split}': choose one of {', '.join(SPLITS)}.")
    if unit not in UNITS:
        raise UserError(f"Unknown unit '{unit}': choose one of {', '.join(UNITS)}.")
    if unit == "document" and split in BY_SENTENCE:
        raise UserError(
            f"Unit 'document' with split '{split}' would put one document into two parts: "
            "choose split 'document'."
        )


def earlier_copies(records: Sequence[Record], split: str) -> List[Record]:
    """The records that a split leaves out, because their document comes again later."""
    if split not in BY_DOCUMENT:
        return []
    latest = _latest_copies(records)
    copies = group_documents(records).items()
    return [record for name, copy in copies if name not in latest for record in copy]


def _latest_copies(records: Sequence[Record]) -> Dict[str, List[Record]]:
    """The last copy of each document, in order."""
    copies = group_documents(records)
    last = {copy[0].document: name for name, copy in copies.items()}
    return {name: copy for name, copy in copies.items() if name == last[copy[0].document]}


def _split_as_published(records: Sequence[Record]) -> Parts:
    without = [record.id for record in records if record.part is None]
    if without:
        raise UserError(
            f"{len(without):,} of {len(records):,} records belong to no published part, for "
            f"example '{without[0]}': choose split 'stratified'."
        )
    parts: Parts = {part: [r for r in records if r.part == part] for part in PARTS}
    empty = [part for part, part_records in parts.items() if not part_records]
    if empty:
        raise UserError(
            f"The published split has no {' and no '.join(empty)}: choose split 'stratified', "
            "which makes three parts of all records."
        )
    return parts


def _split_documents(documents: Dict[str, List[Record]], split: str, seed: int) -> Parts:
    if split == "document":
        tenth = len(documents) // 10
        n_train = len(documents) - 2 * tenth
        order = [*["train"] * n_train, *["dev"] * tenth, *["test"] * tenth]
        chosen = dict(zip(documents, order, strict=True))
    else:
        labels = {
            name: frozenset(m.label for record in document for m in record.mentions)
            for name, document in documents.items()
        }
        chosen = dict(stratify(labels, seed))
    parts: Parts = {part: [] for part in PARTS}
    for name, document in documents.items():
        parts[chosen[name]] += document
    return parts


def _split_sentences(sentences: Sequence[Record], split: str) -> Parts:
    n_rest = len(sentences) - len(sentences) // 10
    n_dev = n_rest // 10
    if split == "sentence":
        dev = set(range(0, 4 * n_dev, 4))
    else:
        dev = set(range(n_rest - n_dev, n_rest))
    return {
        "train": [s for i, s in enumerate(sentences[:n_rest]) if i not in dev],
        "dev": [sentences[i] for i in sorted(dev)],
        "test": list(sentences[n_rest:]),
    }
