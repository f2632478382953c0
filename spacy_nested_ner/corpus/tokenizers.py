"""Tokenizers for the conversion of a corpus. The pipeline trained on it has the same one."""

import re
from typing import Callable, Dict, Mapping

import spacy
from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.util import get_lang_class

from ..letters import find_marks
from ..user_error import UserError

PUNCTUATION_TOKENIZER = "spacy_nested_ner.PunctuationTokenizer.v1"
PUNCTUATION = {"@tokenizers": PUNCTUATION_TOKENIZER}
# spaCy's own, works for any language: one token per character that is not whitespace
CHARACTERS = {"@tokenizers": "spacy.zh.ChineseTokenizer", "segmenter": "char"}
TOKENIZERS = ("punctuation", "language", "character")
# languages of spaCy that are written without blanks between words
UNSPACED = ("bo", "ja", "th", "zh")


def make_punctuation_tokenizer() -> Callable[[Language], Tokenizer]:
    """Make a tokenizer that splits at whitespace and makes a token of every punctuation
    character, without special cases.

    A punctuation character is neither letter, digit nor whitespace. A combining mark, such as
    a vowel in Hindi or a separate accent, belongs to the character before it.

    spaCy's blank English tokenizer leaves 1.1 % of GENIA's mentions inside tokens
    ("NF-kappaB/DNA"), this one 0.03 %. It is spaCy's own class with other patterns: it keeps
    every character of the text, and is saved and loaded with the pipeline.
    """

    def create_tokenizer(nlp: Language) -> Tokenizer:
        marks = find_marks()
        # to `re` the underscore is a letter
        punctuation = rf"(?:[^\w\s{marks}]|_)[{marks}]*"
        return Tokenizer(
            nlp.vocab,
            # spaCy does not look for infixes at the first character
            prefix_search=re.compile(f"^{punctuation}").search,
            infix_finditer=re.compile(punctuation).finditer,
        )

    return create_tokenizer


def choose_tokenizer(name: str, language: str) -> Dict[str, str]:
    """The config block of a tokenizer, [nlp.tokenizer].

    name: "punctuation", ours; "character", one token per character; "language", the default of
        the language.
    language: spaCy's language code.
    RAISES (UserError): The name or the language is unknown.
    """
    if name not in TOKENIZERS:
        raise UserError(f"Unknown tokenizer '{name}': choose one of {', '.join(TOKENIZERS)}.")
    if name == "character":
        return dict(CHARACTERS)
    if name == "punctuation":
        return dict(PUNCTUATION)
    return dict(_find_language(language).default_config["nlp"]["tokenizer"])


def usual_tokenizer(language: str) -> Dict[str, str]:
    """The default tokenizer of a corpus: "character" for a language that is written without
    blanks between words, else "punctuation"."""
    name = "character" if language in UNSPACED else "punctuation"
    return choose_tokenizer(name, language)


def blank_pipeline(language: str, tokenizer: Mapping[str, str]) -> Language:
    """A pipeline without components.

    tokenizer: Its config block.
    RAISES (UserError): spaCy has no such language, or the tokenizer needs a package that is
        not installed.
    """
    _find_language(language)
    try:
        return spacy.blank(language, config={"nlp": {"tokenizer": dict(tokenizer)}})
    except ImportError as error:
        reason = " ".join(str(error).split())
        raise UserError(
            f"The tokenizer {tokenizer['@tokenizers']} cannot be used ({reason}): install the "
            "package that it needs, or choose tokenizer 'character' or 'punctuation'."
        ) from None


def _find_language(language: str) -> type[Language]:
    try:
        return get_lang_class(language)
    except ImportError:
        raise UserError(
            f"Unknown language '{language}': give a code that spaCy knows, such as en, de, zh, "
            "or xx for several languages."
        ) from None
