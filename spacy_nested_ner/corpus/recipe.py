"""A recipe: how to convert a corpus, and how to recognise its published files."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Dict, Mapping, Optional

from ..user_error import UserError
from .checksums import hash_source
from .tokenizers import choose_tokenizer, usual_tokenizer

# formats whose records are sentences; in other formats they are texts of any length
SENTENCE_FORMATS = ("columns", "dygie", "genia", "maintie", "maintie_top", "token_json")
SAMPLE_LICENCE = "MIT, text written for spacy-nested-ner"
CUSTOM_LICENCE = "unknown: see the source"


@dataclass(frozen=True)
class Recipe:
    """How to convert a corpus, and its terms of use.

    format: name of a reader.
    language: spaCy's language code.
    tokenizer: config block [nlp.tokenizer].
    split, unit: see `split_records` and `cut_sentences`. An empty split means the published one
        if the source has all three parts, else "stratified".
    encoder: hub name of a pretrained encoder for this language and domain.
    licence, citation: of the published corpus.
    get: one sentence that says where to get it.
    checksums: "full" or "sample" by SHA-256, see `hash_source`.

    If format and language are empty, the user has to give them. Other empty settings get
    defaults that depend on these two.
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
        """Override settings, and choose a tokenizer and a unit if they are empty.

        tokenizer: Name of a tokenizer, see `choose_tokenizer`.
        RETURNS: A recipe without empty settings, except for the split.
        RAISES (UserError): The format or the language is missing, or the tokenizer or the
            language is unknown.
        """
        filled = replace(
            self,
            format=format or self.format,
            language=language or self.language,
            split=split or self.split,
        )
        if not filled.format or not filled.language:
            raise UserError(
                f"Dataset '{self.name}' comes in any format and language: give both, for "
                "example format 'jsonl' and language 'en'."
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
        """The head of the report: where the records come from, and their terms of use.

        RETURNS: `corpus` is "full" or "sample" if the recipe knows the checksum, else "custom".
        RAISES (UserError): The source cannot be read or has no data file.
        """
        try:
            found = hash_source(source, self.format)
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
