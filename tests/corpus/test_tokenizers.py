import importlib.util
import random
import re
from typing import List
from unicodedata import category, normalize

import pytest
import spacy
from spacy.language import Language

from spacy_nested_ner.corpus.tokenizers import (
    PUNCTUATION_TOKENIZER,
    TOKENIZERS,
    blank_pipeline,
    choose_tokenizer,
    find_marks,
    usual_tokenizer,
)
from spacy_nested_ner.user_error import UserError

CONFIG = {"nlp": {"tokenizer": {"@tokenizers": PUNCTUATION_TOKENIZER}}}
TEXT = "Don't use NF-kappaB/p65_a (e.g. 5'-flanking, 3.2±0.1 µM)… at http://a.b/c?d=1!"


@pytest.fixture(scope="module")
def nlp() -> Language:
    return spacy.blank("en", config=CONFIG)


def split_slowly(text: str) -> List[str]:
    """The definition, a character at a time."""
    tokens: List[str] = []
    before = "blank"  # what the last character is, without its marks
    for character in text:
        is_mark = category(character).startswith("M")
        if character.isspace():
            before = "blank"
        elif is_mark and before != "blank":
            tokens[-1] += character
        elif is_mark or character.isalnum():
            if before == "letter":
                tokens[-1] += character
            else:
                tokens.append(character)
            before = "letter"
        else:
            tokens.append(character)
            before = "punctuation"
    return tokens


def test_every_punctuation_character_is_a_token_and_nothing_is_special(nlp):
    tokens = "Don ' t use NF - kappaB / p65 _ a ( e . g . 5 ' - flanking , 3 . 2 ± 0 . 1 µM ) …"
    tokens += " at http : / / a . b / c ? d = 1 !"
    assert [token.text for token in nlp.make_doc(TEXT)] == tokens.split()


def test_tokens_follow_the_definition_on_any_text(nlp):
    rng = random.Random(0)
    for _ in range(500):
        text = "".join(
            rng.choices(
                "aZ7βé'-_/.…±€  \t\n\u0301\u0301\u093f\u20dd\U0001d165", k=rng.randint(0, 12)
            )
        )
        doc = nlp.make_doc(text)
        assert doc.text == text
        assert [token.text for token in doc if not token.is_space] == split_slowly(text)


WORDS = {
    "hi": "भारतीय रिज़र्व बैंक का मुख्यालय मुंबई में है ।",
    "bn": "ঢাকা বিশ্ববিদ্যালয়ের কার্জন হল",
    "ta": "சென்னை பல்கலைக்கழகம் நூலகம் ,",
    "ar": "مجلسُ الأمنِ عسكرياً",
    "he": "בֵּית הַמִּשְׁפָּט הָעֶלְיוֹן",
    "vi": normalize("NFD", "Ngân hàng Nhà nước Việt Nam ."),
    "pt": normalize("NFD", "doença crônica do coração"),
}


@pytest.mark.parametrize("language", WORDS)
def test_a_combining_mark_belongs_to_the_character_before_it(language):
    words = WORDS[language].split()
    pipeline = blank_pipeline(language, choose_tokenizer("punctuation", language))
    assert any(category(character).startswith("M") for character in WORDS[language])
    for text in (" ".join(words), "-".join(words)):
        tokens = [token.text for token in pipeline.make_doc(text)]
        assert [token for token in tokens if token != "-"] == words


def test_marks_are_those_of_unicode():
    marks = [chr(i) for i in range(0x110000) if category(chr(i)).startswith("M")]
    assert len(marks) > 2_000
    assert re.fullmatch(f"[{find_marks()}]+", "".join(marks))
    others = (chr(i) for i in range(0x110000) if not category(chr(i)).startswith("M"))
    assert not re.search(f"[{find_marks()}]", "".join(others))


def test_another_language_brings_no_special_cases():
    german = spacy.blank("de", config=CONFIG)
    assert [token.text for token in german.make_doc("z.B. 's")] == [
        "z",
        ".",
        "B",
        ".",
        "'",
        "s",
    ]


@pytest.mark.parametrize("way", ["bytes", "disk"])
def test_the_tokenizer_is_saved_with_the_pipeline(nlp, tmp_path, way):
    if way == "bytes":
        loaded = spacy.blank("en").from_bytes(nlp.to_bytes())
    else:
        nlp.to_disk(tmp_path)
        loaded = spacy.load(tmp_path)
        assert loaded.config["nlp"]["tokenizer"] == CONFIG["nlp"]["tokenizer"]
    expected = [token.text for token in nlp.make_doc(TEXT)]
    assert [token.text for token in loaded.make_doc(TEXT)] == expected


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("name", "language", "tokens"),
    [
        ("punctuation", "en", ["Don", "'", "t", "泵漏油", "!"]),
        ("language", "en", ["Do", "n't", "泵漏油", "!"]),
        ("character", "en", ["D", "o", "n", "'", "t", "泵", "漏", "油", "!"]),
        ("punctuation", "zh", ["Don", "'", "t", "泵漏油", "!"]),
        ("language", "zh", ["D", "o", "n", "'", "t", "泵", "漏", "油", "!"]),
        ("character", "ja", ["D", "o", "n", "'", "t", "泵", "漏", "油", "!"]),
    ],
)
def test_a_tokenizer_goes_with_any_language(name, language, tokens):
    nlp = blank_pipeline(language, choose_tokenizer(name, language))
    assert nlp.lang == language
    assert [token.text for token in nlp("Don't 泵漏油!")] == tokens


@pytest.mark.parametrize("language", ["en", "zh", "de", "ja"])
@pytest.mark.parametrize("name", TOKENIZERS)
def test_a_tokenizer_is_what_its_config_block_says(name, language):
    block = choose_tokenizer(name, language)
    if name != "language" or language != "ja":
        assert blank_pipeline(language, block).config["nlp"]["tokenizer"] == block


def test_languages_without_blanks_are_usually_cut_into_characters():
    names = {"zh": "character", "ja": "character", "ko": "punctuation", "xx": "punctuation"}
    for language, name in names.items():
        assert usual_tokenizer(language) == choose_tokenizer(name, language)


@pytest.mark.parametrize(
    ("name", "language", "message"),
    [
        ("words", "en", "tokenizer 'words': .*punctuation, language, character"),
        ("punctuation", "qq", "language 'qq'"),
        ("language", "qq", "language 'qq'"),
        ("character", "", "language ''"),
        ("language", "ja", "JapaneseTokenizer .*'character'"),
    ],
)
def test_what_spacy_does_not_have_is_refused(name, language, message):
    if language == "ja" and importlib.util.find_spec("sudachipy"):
        pytest.skip("the package that this is about is installed")
    with pytest.raises(UserError, match=message) as error:
        blank_pipeline(language, choose_tokenizer(name, language))
    assert "\n" not in str(error.value)
