import numpy
import pytest
import spacy

from spacy_nested_ner.encoders.word_pieces import split_into_pieces

NLP = spacy.blank("en")
TEXTS = [
    "Gene in bx-binds.",
    " two  blanks\n\nand a line ",
    "🙂 é疾病 שלום, x",
    "a\u200b\x07 \u0301 b",
    "don't",
    "",
    "\n",
]


@pytest.fixture(params=["wordpiece", "bytes", "unigram"])
def tokenizer(request):
    pytest.importorskip("transformers")
    from tests.transformer import make_tokenizer

    return make_tokenizer(request.param).backend_tokenizer


@pytest.mark.parametrize("text", TEXTS)
def test_tokens_and_pieces_are_pairs_if_they_share_a_character(tokenizer, text):
    doc = NLP(text)
    found = split_into_pieces(tokenizer, doc)
    offsets = tokenizer.encode(text, add_special_tokens=False).offsets
    expected = [
        (token.i, k)
        for token in doc
        for k, (start, end) in enumerate(offsets)
        if max(start, token.idx) < min(end, token.idx + len(token))
    ]
    assert list(zip(found.token.tolist(), found.piece.tolist())) == expected
    assert len(found.ids) == len(offsets)
    assert len(found.place) == len(doc)
    for token, place in zip(doc, found.place):
        assert place == sum(end <= token.idx for _, end in offsets)


def test_the_text_is_not_cut(tokenizer):
    found = split_into_pieces(tokenizer, NLP("in " * 3000))
    assert len(found.ids) >= 3000
    assert numpy.unique(found.token).tolist() == list(range(3000))
