"""From published files to train.spacy, dev.spacy, test.spacy and report.json."""

import json
import warnings
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence

from spacy.language import Language
from spacy.tokens import Doc, DocBin
from tqdm import tqdm

from ...files.writing import check_folder, write_files
from ...user_error import UserError
from ..overlap import find_duplicates, find_leakage
from ..recipe import SENTENCE_FORMATS
from ..recipes import find_recipe
from ..records import Record
from ..tokenizers import blank_pipeline
from .accounts import Amount, measure_docs, take_account
from .alignment import check_alignment, distinct_spans, place_mentions, refuse_misaligned
from .reading import read_source
from .sentences import cut_sentences
from .splits import Parts, check_split, earlier_copies, split_records
from .statistics import count_part
from .stratify import PARTS

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
    check_folder(out, (*(f"{part}.spacy" for part in PARTS), "report.json"), [source])
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
            docs: List[Doc] = []
            doc_bin = DocBin(attrs=(), store_user_data=True)
            for record in part_records:
                docs.append(make_doc(nlp, record, spans_key, align))
                # Most of the time goes by here: for every span group and user data srsly looks
                # through all that spaCy has registered, and has no public way around it.
                doc_bin.add(docs[-1])
                bar.update()
            counts[part] = count_part(part_records, docs, align)
            written.append(measure_docs(docs, spans_key))
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
    write_files(out, files)
    return report


def make_doc(nlp: Language, record: Record, spans_key: str, align: str = "drop") -> Doc:
    """Tokenize a record and set its mentions as far as they fit the tokens."""
    # not nlp.make_doc, whose limit on the length of a text is meant for parsers
    doc = nlp.tokenizer(record.text)
    doc.spans[spans_key] = distinct_spans(place_mentions(doc, record.mentions, align))
    doc.user_data["id"] = record.id
    doc.user_data["document"] = record.document
    return doc


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
