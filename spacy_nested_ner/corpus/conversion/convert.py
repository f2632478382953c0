"""Convert published files to train.spacy, dev.spacy, test.spacy and report.json."""

import json
import warnings
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

from spacy.language import Language
from spacy.tokens import Doc, DocBin

from ...files.writing import check_folder, write_files
from ...progress import progress
from ...user_error import UserError
from ..overlap import find_duplicates, find_leakage
from ..recipe import SENTENCE_FORMATS
from ..recipes import find_recipe
from ..recognition.recognise import AUTO, find_unread, recognise
from ..records import PARTS, Record
from ..tokenizers import blank_pipeline
from .accounts import Amount, measure_doc, take_account
from .additions import add_records, read_corpus
from .alignment import (
    Placed,
    check_alignment,
    choose_max_misaligned,
    distinct_spans,
    is_aligned,
    place_mentions,
    refuse_misaligned,
    touched_tokens,
)
from .annotators import check_annotators, merge_annotators
from .discontinuous import check_discontinuous, settle_discontinuous
from .reading import check_on_error, read_source
from .sentences import cut_sentences
from .splits import (
    BY_SENTENCE,
    Divided,
    Parts,
    check_split,
    earlier_copies,
    split_records,
)
from .statistics import PartCounts

DEFAULT_SPLIT = "stratified"
N_NAMES = 3  # of files in a warning


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
    spans_key: Optional[str] = None,
    format: Optional[str] = None,
    language: Optional[str] = None,
    tokenizer: Optional[str] = None,
    on_error: str = "stop",
    discontinuous: str = "drop",
    annotators: str = "stop",
    add_to: Optional[Path] = None,
) -> Dict[str, Any]:
    """Convert a corpus, and return the report, which is also written to `out`.

    Every doc has doc.spans[spans_key], which is empty if it has no mention, and the ids of its
    record and document in doc.user_data["id"] and ["document"]. The report counts everything
    that is not in the docs: skipped records, lost annotations, misaligned mentions. The same
    input gives the same bytes.

    dataset: Name of a recipe, or "custom" for your own corpus. Arguments that are None take
        the setting of the recipe.
    source: Published file or archive, or its folder.
    out: Folder for train.spacy, dev.spacy, test.spacy and report.json.
    split, seed: How records are divided into parts, see `split_records`.
    unit: What a doc holds: a "sentence" (longer texts are cut, unless the format has sentences
        already) or a whole "document".
    align: Policy for misaligned mentions, see `place_mentions`.
    max_misaligned: Largest accepted share of misaligned mentions, see `choose_max_misaligned`.
    format: Name of a reader. "auto", or None for a recipe without a format, recognises it.
    language: spaCy's language code.
    tokenizer: "punctuation", "language" or "character", see `choose_tokenizer`.
    discontinuous: Policy for mentions of several pieces, see `settle_discontinuous`.
    on_error: "stop" or "skip": what to do with faults of the source, see `read_source`.
    annotators: Which mentions of a text with several annotators stay, see `merge_annotators`.
    spans_key: None for "sc", or the key of `add_to`.
    add_to: A converted corpus. `out` then has its texts and those of the source, see
        `add_records`. Language, tokenizer and unit that are None are its own.
    RAISES (UserError): The source or an argument is wrong. `out` is then unchanged.
    """
    recipe = find_recipe(dataset)
    if (format or recipe.format or AUTO) == AUTO:
        format = recognise(source)
    corpus = None
    if add_to is not None:
        corpus = read_corpus(add_to, dataset=dataset, split=split, language=language, unit=unit)
        language, unit = corpus.report["language"], corpus.report["unit"]
    recipe = recipe.fill_in(
        format=format, language=language, tokenizer=tokenizer, split=split, unit=unit
    )
    if corpus is not None and tokenizer is None:
        recipe = replace(recipe, tokenizer=corpus.report["tokenizer_config"])
    spans_key = spans_key or (corpus.report["spans_key"] if corpus else "sc")
    check_split(recipe.split or DEFAULT_SPLIT, recipe.unit)
    check_alignment(align, max_misaligned)
    max_misaligned = choose_max_misaligned(align, max_misaligned)
    check_on_error(on_error)
    check_discontinuous(discontinuous)
    check_annotators(annotators, recipe.split in BY_SENTENCE)
    check_folder(out, (*(f"{part}.spacy" for part in PARTS), "report.json"), [source, add_to])
    nlp = blank_pipeline(recipe.language, recipe.tokenizer)
    head = recipe.describe(source)
    _warn_unread(source, recipe.format)
    reading = read_source(recipe.format, source, on_error=on_error)
    n_discontinuous = sum(len(record.discontinuous) for record in reading.records)
    reading = reading._replace(
        records=[settle_discontinuous(record, discontinuous) for record in reading.records]
    )
    reading, annotated = merge_annotators(reading, annotators, source)
    records = reading.records
    if recipe.unit == "sentence" and recipe.format not in SENTENCE_FORMATS:
        records = list(cut_sentences(records, recipe.language))
    if corpus is None:
        split = recipe.split or _find_split(reading.records, source)
        divided = Divided(
            split_records(records, split=split, unit=recipe.unit, seed=seed),
            earlier_copies(reading.records, split),
            {"split": split, "seed": seed if split == "stratified" else None, "added": []},
        )
    else:
        divided = add_records(corpus, records, head["source"])
        reading = reading._replace(records=[*chain(*corpus.parts.values()), *reading.records])
    parts = divided.parts
    _check_mentions(parts, source)
    files: Dict[str, bytes] = {}
    counts: Dict[str, Any] = {}
    written: List[Amount] = []
    n_texts = sum(len(part_records) for part_records in parts.values())
    texts = progress(chain.from_iterable(parts.values()), total=n_texts, unit="texts")
    for part, part_records in parts.items():
        part_counts = PartCounts()
        doc_bin = DocBin(attrs=(), store_user_data=True)
        for record in islice(texts, len(part_records)):
            doc, placed = make_doc(nlp, record, spans_key, align)
            part_counts.add(record, doc, placed)
            written.append(measure_doc(doc, spans_key))
            # This line takes most of the time: for every span group and user data srsly
            # searches all of spaCy's registry, and no public API avoids it.
            doc_bin.add(doc)
        counts[part] = part_counts.report()
        files[f"{part}.spacy"] = doc_bin.to_bytes()
    refuse_misaligned(counts, max_misaligned)
    report = {
        **head,
        "format": recipe.format,
        **divided.facts,
        "unit": recipe.unit,
        "tokenizer": recipe.tokenizer["@tokenizers"],
        "tokenizer_config": dict(recipe.tokenizer),
        "encoder": recipe.encoder,
        "align": align,
        "max_misaligned": max_misaligned,
        "on_error": on_error,
        "discontinuous": {"count": n_discontinuous, "policy": discontinuous},
        "spans_key": spans_key,
        "annotators": annotated,
        **take_account(reading, divided.left_out, written, counts),
        "duplicates": {part: find_duplicates(parts[part]) for part in parts},
        "leakage": find_leakage(parts),
        "parts": counts,
    }
    text = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
    files["report.json"] = text.encode("utf8")
    write_files(out, files)
    return report


def make_doc(
    nlp: Language, record: Record, spans_key: str, align: str = "drop"
) -> Tuple[Doc, List[Placed]]:
    """Tokenize a record, place its mentions on the tokens, and set those that fit as spans."""
    # not nlp.make_doc: it limits the length of a text, for the sake of parsers
    doc = nlp.tokenizer(record.text)
    placed = place_mentions(doc, record.mentions, align)
    doc.spans[spans_key] = distinct_spans(placed)
    if record.unannotated:
        doc.spans[f"{spans_key}_unannotated"] = [
            touched_tokens(doc, region) for region in record.unannotated
        ]
    if record.rejected:
        doc.spans[f"{spans_key}_rejected"] = [
            tokens
            for rejected in record.rejected
            if is_aligned(tokens := touched_tokens(doc, rejected), rejected)
        ]
    doc.user_data["id"] = record.id
    doc.user_data["document"] = record.document
    # gold mentions that no span holds; `evaluate` counts them
    not_aligned = [list(one.mention) for one in placed if one.span is None]
    n_discontinuous = sum(lost.reason == "discontinuous" for lost in record.lost)
    if not_aligned:
        doc.user_data["not_aligned"] = not_aligned
    if n_discontinuous:
        doc.user_data["discontinuous"] = n_discontinuous
    return doc, placed


def _warn_unread(source: Path, format: str) -> None:
    unread = find_unread(source, format) if source.is_dir() else []
    if unread:
        names = f"{', '.join(unread[:N_NAMES])}{', …' if unread[N_NAMES:] else ''}"
        warnings.warn(
            f"Format '{format}' does not read {len(unread):,} of the files in {source}, "
            f"{names}: convert them on their own if they are data.",
            stacklevel=3,
        )


def _find_split(records: Sequence[Record], source: Path) -> str:
    """The published split if it has all parts, else our own. Warns if it has some of them."""
    found = {record.part for record in records}
    if found == set(PARTS):
        return "published"
    named = [part for part in PARTS if part in found]
    if len(named) > 1:
        missing = [f"no {part}" for part in PARTS if part not in found]
        some = "records without a part" if None in found else " and ".join(missing)
        warnings.warn(
            f"{source} has {' and '.join(named)} but {some}: split '{DEFAULT_SPLIT}' makes new "
            "parts of all records, and scores do not compare to those on published parts.",
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
