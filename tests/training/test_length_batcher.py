import random

import pytest
import spacy
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import registry

VOCAB = spacy.blank("en").vocab


def make_doc(n_tokens: int) -> Doc:
    return Doc(VOCAB, words=["x"] * n_tokens)


def make_batches(lengths, **settings):
    """Lengths of the examples of each batch, of the batcher a config names."""
    make = registry.batchers.get("spacy_nested_ner.batch_by_length.v1")
    examples = [Example(make_doc(n), make_doc(n)) for n in lengths]
    batches = [list(batch) for batch in make(**settings)(examples)]
    assert sorted(map(id, examples)) == sorted(id(eg) for batch in batches for eg in batch)
    return [[len(eg.predicted) for eg in batch] for batch in batches]


def test_batches_have_a_fixed_number_of_examples_of_like_length():
    lengths = list(range(1, 60))
    random.Random(0).shuffle(lengths)
    batches = make_batches(lengths, size=10, window=6)
    assert sorted(map(len, batches)) == [9, 10, 10, 10, 10, 10]
    assert all(max(batch) - min(batch) < 10 for batch in batches)


def test_batches_come_in_an_order_that_the_seed_decides():
    def order(seed):
        random.seed(seed)
        return make_batches(range(64), size=4, window=16)

    assert order(1) == order(1) != order(2)
    assert order(1) != sorted(order(1))


def test_a_window_does_not_reach_into_the_next():
    batches = make_batches([9, 1, 8, 2, 7, 3, 6, 4], size=2, window=2)
    assert sorted(batches[:2]) == [[1, 2], [8, 9]]
    assert sorted(batches[2:]) == [[3, 4], [6, 7]]


def test_no_examples_no_batches():
    assert make_batches([], size=4) == []


@pytest.mark.parametrize("settings", [{"size": 0}, {"size": 4, "window": 0}])
def test_batches_of_nothing_are_refused(settings):
    with pytest.raises(ValueError, match=rf"{[*settings][-1]}\D*\b0\b"):
        make_batches([1], **settings)
