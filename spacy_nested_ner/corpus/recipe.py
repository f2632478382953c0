"""How a corpus is converted, and how its files are recognised."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Dict, Mapping, Optional

from ..user_error import UserError
from .checksums import hash_source
from .tokenizers import choose_tokenizer, usual_tokenizer

# their records are sentences; those of other formats are whole texts, long or short
SENTENCE_FORMATS = ("columns", "genia", "maintie", "maintie_top", "token_json")
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
