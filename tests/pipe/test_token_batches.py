import pytest
import spacy
from spacy.tokens import Doc

from spacy_nested_ner.pipe import token_batches
from spacy_nested_ner.pipe.token_batches import batch_by_tokens

VOCAB = spacy.blank("en").vocab


def make_doc(n_tokens: int) -> Doc:
    return Doc(VOCAB, words=["x"] * n_tokens)


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([4, 6, 1, 9], [[4, 6], [1, 9]]),
        ([11, 3, 12, 1], [[11], [3], [12], [1]]),
        ([0, 10, 0, 1], [[0, 10, 0], [1]]),
        ([25], [[25]]),
        ([0], [[0]]),
        ([], []),
    ],
)
def test_documents_are_taken_in_order_up_to_so_many_tokens(monkeypatch, lengths, expected):
    monkeypatch.setattr(token_batches, "_TOKENS_AT_A_TIME", 10)
    parts = list(batch_by_tokens(map(make_doc, lengths)))
    assert [[len(doc) for doc in part] for part in parts] == expected
