"""From published files to train.spacy, dev.spacy, test.spacy and report.json."""

import json
import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict, List

import spacy
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from tqdm import tqdm

from .readers import READERS
from .records import CorpusError, Record
from .splits import Parts, split_records
from .statistics import count_part, is_aligned, touched_tokens
from .tokenizers import PUNCTUATION_TOKENIZER


def convert(
    dataset: str,
    source: Path,
    out: Path,
    *,
    split: str = "document",
    unit: str = "sentence",
    spans_key: str = "sc",
    progress: bool = False,
) -> Dict[str, Any]:
    """Convert a corpus and return the report, which `out` holds as well.

    Every doc carries doc.spans[spans_key], empty when it has no mention, and the ids of record
    and article in doc.user_data["id"] and ["document"]. A mention that begins or ends inside a
    token is left out and counted in the report. The same input gives the same bytes.

    dataset: Name of a reader, "genia".
    source: Published file or archive, or the folder it lies in.
    out: Folder for train.spacy, dev.spacy, test.spacy and report.json.
    split, unit: Which texts go where, see `split_records`.
    progress: Show a progress bar when stderr is a terminal.
    RAISES (CorpusError): The source or the request is at fault; `out` is as it was.
    """
    if dataset not in READERS:
        raise CorpusError(f"Unknown dataset '{dataset}': choose one of {', '.join(READERS)}.")
    if os.path.lexists(out) and not os.path.isdir(out):
        raise CorpusError(f"{out} is a file: give a folder to write to.")
    reader = READERS[dataset]
    description = reader.describe(source)
    parts = split_records(list(reader.read(source)), split=split, unit=unit)
    _check_mentions(parts, source)
    config = {"nlp": {"tokenizer": {"@tokenizers": PUNCTUATION_TOKENIZER}}}
    nlp = spacy.blank(str(description["language"]), config=config)
    counts: Dict[str, Any] = {}
    files: Dict[str, bytes] = {}
    n_records = sum(len(records) for records in parts.values())
    # disable=None: shown on a terminal only
    with tqdm(total=n_records, unit=f" {unit}s", disable=None if progress else True) as bar:
        for part, records in parts.items():
            docs: List[Doc] = []
            doc_bin = DocBin(attrs=(), store_user_data=True)
            for record in records:
                docs.append(make_doc(nlp, record, spans_key))
                doc_bin.add(docs[-1])
                bar.update()
            counts[part] = count_part(records, docs)
            files[f"{part}.spacy"] = doc_bin.to_bytes()
    report = {
        **description,
        "split": split,
        "unit": unit,
        "tokenizer": PUNCTUATION_TOKENIZER,
        "spans_key": spans_key,
        "parts": counts,
    }
    text = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
    files["report.json"] = text.encode("utf8")
    _write(out, files)
    return report


def make_doc(nlp: Language, record: Record, spans_key: str) -> Doc:
    """Tokenize a record and set those of its mentions that fit the tokens."""
    doc = nlp.make_doc(record.text)
    spans = [(touched_tokens(doc, mention), mention) for mention in record.mentions]
    aligned = [tokens for tokens, mention in spans if is_aligned(tokens, mention)]
    doc.spans[spans_key] = aligned
    doc.user_data["id"] = record.id
    doc.user_data["document"] = record.document
    return doc


def _check_mentions(parts: Parts, source: Path) -> None:
    for part, records in parts.items():
        if not any(record.mentions for record in records):
            raise CorpusError(
                f"{source} has no mention in the {len(records)} texts for {part}: give a "
                "corpus with mentions in every part."
            )


def _write(out: Path, files: Dict[str, bytes]) -> None:
    """Write all files or none: first beside their places, then moved over the old ones."""
    for name in files:
        if (out / name).is_dir():
            raise CorpusError(f"{out / name} is a folder where a file is to lie: remove it.")
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
        raise CorpusError(
            f"Cannot write to {out} ({error.strerror}): give a folder that can be written to."
        ) from None
