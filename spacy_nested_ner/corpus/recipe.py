"""How a corpus is converted, and how its files are recognised."""

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Dict, Mapping, Optional

from ..user_error import UserError
from .archives import ARCHIVES
from .readers.columns import NOTES
from .readers.columns import SUFFIXES as COLUMNS
from .readers.maintie import SCHEME
from .readers.token_json import SUFFIXES as TOKEN_JSON
from .sources import digest, find_files, hash_file
from .tokenizers import choose_tokenizer, usual_tokenizer

# their records are sentences; those of other formats are whole texts, long or short
SENTENCE_FORMATS = ("columns", "genia", "maintie", "maintie_top", "token_json")
# how the names of data files end; in the folder of another format, every file is data
DATA = {
    "brat": (".txt", ".ann", ".a1"),
    "cmeee": (".json",),
    "columns": (*COLUMNS, NOTES),
    "docbin": (".spacy",),
    "genia": (".xml",),
    "jsonl": (".jsonl",),
    "maintie": (".json",),
    "maintie_top": (".json",),
    "token_json": TOKEN_JSON,
}
# the same of files that are data, as archives are, where there is no other
BESIDE = {"columns": NOTES, "maintie": SCHEME, "maintie_top": SCHEME}
SAMPLE_LICENCE = "MIT, text written for spacy-nested-ner"
CUSTOM_LICENCE = "unknown: see the source"


@dataclass(frozen=True)
class Recipe:
    """How a corpus is converted, and under which terms it may be used.

    format: name of a reader.
    language: code of spaCy.
    tokenizer: config block [nlp.tokenizer].
    split, unit: see `split_records` and `cut_sentences`. An empty split is the published one if
        the source has all three parts, else "stratified".
    encoder: pretrained encoder that suits language and field, a hub name.
    licence, citation: of the published corpus.
    get: how to get that, one sentence.
    checksums: "full" or "sample" by the SHA-256 of a file, or of a folder as `describe` counts.

    An empty format and language are for the user to say, the rest depends on them.
    """

    name: str
    format: str
    language: str
    tokenizer: Mapping[str, str]
    split: str
    unit: str
    encoder: str
    licence: str
    citation: Optional[str]
    get: str
    checksums: Mapping[str, str] = field(default_factory=dict)

    def fill_in(
        self,
        *,
        format: Optional[str] = None,
        language: Optional[str] = None,
        tokenizer: Optional[str] = None,
        split: Optional[str] = None,
        unit: Optional[str] = None,
    ) -> "Recipe":
        """Replace what is given here, and choose the tokenizer and the unit if there is none.

        tokenizer: A word, see `choose_tokenizer`.
        RETURNS: A recipe in which nothing but the split may be empty.
        RAISES (UserError): A format or a language is missing, or there is no such tokenizer
            or language.
        """
        filled = replace(
            self,
            format=format or self.format,
            language=language or self.language,
            split=split or self.split,
        )
        if not filled.format or not filled.language:
            raise UserError(
                f"Dataset '{self.name}' comes in any format and language: give both, format "
                "'jsonl' and language 'en', for one."
            )
        chosen = self.tokenizer
        if tokenizer:
            chosen = choose_tokenizer(tokenizer, filled.language)
        elif not chosen or filled.language != self.language:
            chosen = usual_tokenizer(filled.language)
        usual_unit = "sentence" if filled.format in SENTENCE_FORMATS else "document"
        own_unit = self.unit if filled.format == self.format else ""
        return replace(filled, tokenizer=chosen, unit=unit or own_unit or usual_unit)

    def describe(self, source: Path) -> Dict[str, Any]:
        """Say where the records come from and under which terms: the head of the report.

        RETURNS: `corpus` is "full" or "sample" if the checksum says so, else "custom". The
            checksum of a folder is that of its only data file or archive or, of several, of
            what `sha256sum` prints for them, sorted by path.
        RAISES (UserError): The source cannot be read or has no data file.
        """
        try:
            found = _digest(source, self.format)
        except UserError as error:
            raise UserError(f"{error} {self.get}") from None
        corpus = self.checksums.get(found["sha256"], "custom")
        licences = {"full": self.licence, "sample": SAMPLE_LICENCE, "custom": CUSTOM_LICENCE}
        return {
            "dataset": self.name,
            "corpus": corpus,
            "source": found,
            "licence": licences[corpus],
            "citation": self.citation if corpus == "full" else None,
            "language": self.language,
        }


def _digest(source: Path, format: str) -> Dict[str, str]:
    """Name and SHA-256 of the data in a source, not of the readme and the licence beside it."""
    if format not in DATA or not source.is_dir():
        return digest(source)
    files = find_files(source, (*DATA[format], *ARCHIVES))
    beside = (*ARCHIVES, *([BESIDE[format]] if format in BESIDE else []))
    files = [file for file in files if not file.name.lower().endswith(beside)] or files
    sums = {file.path_in_source: hash_file(file) for file in files}
    if len(sums) == 1:
        ((path, sha256),) = sums.items()
        return {"name": Path(path).name, "sha256": sha256}
    lines = "".join(f"{sha256}  {path}\n" for path, sha256 in sums.items())
    sha256 = hashlib.sha256(lines.encode("utf8")).hexdigest()
    return {"name": source.resolve().name, "sha256": sha256}
