"""Tokenizer, n-grams and drawings agree on what a letter is."""

import sys
from unicodedata import category, normalize

import pytest
import spacy

from spacy_nested_ner.corpus.tokenizers import PUNCTUATION
from spacy_nested_ner.letters import split_letters
from spacy_nested_ner.rendering.breaks import is_glued

MARKS = [c for c in map(chr, range(sys.maxunicode + 1)) if category(c)[0] == "M"]
WORDS = {
    "Hindi": ("किताब", 3),
    "Tamil": ("தமிழ்", 3),
    "Bengali": ("বাংলা", 2),
    "pointed Hebrew": ("שָׁלוֹם", 4),
    "vocalised Arabic": ("كِتَاب", 4),
    "decomposed French": (normalize("NFD", "hépatite"), 8),
    "composed French": ("hépatite", 8),
    "English": ("IL2", 3),
    "nothing": ("", 0),
}


@pytest.mark.parametrize("name", WORDS)
def test_a_letter_has_its_marks(name):
    word, n_letters = WORDS[name]
    letters = split_letters(word)
    assert len(letters) == n_letters
    assert "".join(letters) == word


def test_no_mark_begins_a_letter_or_a_token_or_a_line():
    nlp = spacy.blank("xx", config={"nlp": {"tokenizer": dict(PUNCTUATION)}})
    text = "".join(f"a{mark}" for mark in MARKS)
    assert len(split_letters(text)) == len(MARKS)
    assert len(nlp.tokenizer(text)) == 1
    assert all(is_glued(text, i) for i in range(1, len(text), 2))
    assert not any(is_glued(text, i) for i in range(2, len(text), 2))
