"""From published files to train.spacy, dev.spacy, test.spacy and report.json."""

import json
import os
import shutil
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict, List, Optional, Sequence, Tuple

from spacy.language import Language
from spacy.tokens import Doc, DocBin
from tqdm import tqdm

from ...user_error import UserError
from ..overlap import find_duplicates, find_leakage
from ..recipe import SENTENCE_FORMATS
from ..recipes import find_recipe
from ..records import PARTS, Record
from ..tokenizers import blank_pipeline
from .accounts import Amount, measure_doc, take_account
from .alignment import (
    Placed,
    check_alignment,
    distinct_spans,
    place_mentions,
    refuse_misaligned,
)
from .reading import read_source
from .sentences import cut_sentences
from .splits import Parts, check_split, earlier_copies, split_records
from .statistics import PartCounts

DEFAULT_SPLIT = "stratified"


def convert(
    dataset: str,
    source: Path,
    out: Path,
    *,
    split: Optional[str] = None,
    unit: Optional[str] = None,
    align: str = "drop",
    max_misaligned: Optional[float] = None,
    seed: int = 0,
    spans_key: str = "sc",
    format: Optional[str] = None,
    language: Optional[str] = None,
    tokenizer: Optional[str] = None,
    progress: bool = False,
) -> Dict[str, Any]:
    """Convert a corpus and return the report, which `out` holds as well.

    Every doc carries doc.spans[spans_key], empty when it has no mention, and the ids of record
    and document in doc.user_data["id"] and ["document"]. What does not come to the docs is
    counted in the report: skipped records, lost annotations, mentions that do not fit the
    tokens. The same input gives the same bytes.

    dataset: Name of a recipe, which has what is None here; "custom" for a corpus of one's own.
    source: Published file or archive, or the folder it lies in.
    out: Folder for train.spacy, dev.spacy, test.spacy and report.json.
    split, seed: Which records go where, see `split_records`.
    unit: What becomes one text: a "sentence", cut from longer texts unless the format has
        sentences, or the whole "document".
    align: What becomes of mentions that do not fit the tokens, see `place_mentions`.
    max_misaligned: Largest share of such mentions, of all, that is accepted; None for any.
    format: Name of a reader.
    language: Code of a language of spaCy.
    tokenizer: "punctuation", "language" or "character", see `choose_tokenizer`.
    progress: Show a progress bar when stderr is a terminal.
    RAISES (UserError): The source or the request is at fault; `out` is as it was.
    """
    recipe = find_recipe(dataset).fill_in(
        format=format, language=language, tokenizer=tokenizer, split=split, unit=unit
    )
    check_split(recipe.split or DEFAULT_SPLIT, recipe.unit)
    check_alignment(align, max_misaligned)
    if os.path.lexists(out) and not os.path.isdir(out):
        raise UserError(f"{out} is a file: give a folder to write to.")
    nlp = blank_pipeline(recipe.language, recipe.tokenizer)
    head = recipe.describe(source)
    reading = read_source(recipe.format, source)
    split = recipe.split or _find_split(reading.records, source)
    records = reading.records
    if recipe.unit == "sentence" and recipe.format not in SENTENCE_FORMATS:
        records = list(cut_sentences(records, recipe.language))
    parts = split_records(records, split=split, unit=recipe.unit, seed=seed)
    _check_mentions(parts, source)
    files: Dict[str, bytes] = {}
    counts: Dict[str, Any] = {}
    written: List[Amount] = []
    n_texts = sum(len(part_records) for part_records in parts.values())
    # disable=None: shown on a terminal only
    with tqdm(total=n_texts, unit=" texts", disable=None if progress else True) as bar:
        for part, part_records in parts.items():
            part_counts = PartCounts()
            doc_bin = DocBin(attrs=(), store_user_data=True)
            for record in part_records:
                doc, placed = make_doc(nlp, record, spans_key, align)
                part_counts.add(record, doc, placed)
                written.append(measure_doc(doc, spans_key))
                # Most of the time goes by here: for every span group and user data srsly looks
                # through all that spaCy has registered, and has no public way around it.
                doc_bin.add(doc)
                bar.update()
            counts[part] = part_counts.report()
            files[f"{part}.spacy"] = doc_bin.to_bytes()
    refuse_misaligned(counts, max_misaligned)
    report = {
        **head,
        "format": recipe.format,
        "split": split,
        "seed": seed if split == "stratified" else None,
        "unit": recipe.unit,
        "tokenizer": recipe.tokenizer["@tokenizers"],
        "tokenizer_config": dict(recipe.tokenizer),
        "encoder": recipe.encoder,
        "align": align,
        "max_misaligned": max_misaligned,
        "spans_key": spans_key,
        **take_account(reading, earlier_copies(reading.records, split), written, counts),
        "duplicates": {part: find_duplicates(parts[part]) for part in parts},
        "leakage": find_leakage(parts),
        "parts": counts,
    }
    text = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
    files["report.json"] = text.encode("utf8")
    _write(out, files)
    return report


def make_doc(
    nlp: Language, record: Record, spans_key: str, align: str = "drop"
) -> Tuple[Doc, List[Placed]]:
    """Tokenize a record, place its mentions on the tokens, and set those that fit as spans."""
    # not nlp.make_doc: it limits the length of a text, for the sake of parsers
    doc = nlp.tokenizer(record.text)
    placed = place_mentions(doc, record.mentions, align)
    doc.spans[spans_key] = distinct_spans(placed)
    doc.user_data["id"] = record.id
    doc.user_data["document"] = record.document
    return doc, placed


def _find_split(records: Sequence[Record], source: Path) -> str:
    """The published split if it is whole, else one of our own, with a warning if there are
    pieces of a published one."""
    found = {record.part for record in records}
    if found == set(PARTS):
        return "published"
    named = [part for part in PARTS if part in found]
    if len(named) > 1:
        missing = [f"no {part}" for part in PARTS if part not in found]
        some = "records without a part" if None in found else " and ".join(missing)
        warnings.warn(
            f"{source} has {' and '.join(named)} but {some}: split '{DEFAULT_SPLIT}' deals all "
            "records anew, and scores are not those of the published parts.",
            stacklevel=3,
        )
    return DEFAULT_SPLIT


def _check_mentions(parts: Parts, source: Path) -> None:
    for part, records in parts.items():
        if not any(record.mentions for record in records):
            raise UserError(
                f"{source} has no mention in the {len(records)} texts for {part}: give a "
                "corpus with mentions in every part."
            )


def _write(out: Path, files: Dict[str, bytes]) -> None:
    """Write all files or none: first beside their places, then moved over the old ones."""
    for name in files:
        if (out / name).is_dir():
            raise UserError(f"{out / name} is a folder where a file is to lie: remove it.")
    is_new = not os.path.exists(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".convert-", dir=out) as staging:
            for name, data in files.items():
                Path(staging, name).write_bytes(data)
            for name in files:
                os.replace(Path(staging, name), out / name)
    except OSError as error:
        if is_new:
            shutil.rmtree(out, ignore_errors=True)
        raise UserError(
            f"Cannot write to {out} ({error.strerror}): give a folder that can be written to."
        ) from None
