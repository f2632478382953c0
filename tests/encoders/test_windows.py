import numpy
import pytest
import torch

from spacy_nested_ner.encoders.windows import (
    SpecialTokens,
    batch_by_length,
    make_encoder_input,
    plan_windows,
)
from spacy_nested_ner.encoders.word_pieces import WordPieces

SPECIAL = SpecialTokens(before=(101,), after=(102, 103), padding=0)


@pytest.mark.parametrize("overlap", [0, 1, 2, 5, 9])
@pytest.mark.parametrize("n", [0, 1, 9, 10, 11, 12, 25, 100])
def test_each_piece_counts_in_one_window_that_reads_it(n, overlap):
    windows = plan_windows(n, 10, overlap)
    counted = [i for w in windows for i in range(w.first, w.last)]
    assert counted == list(range(n))
    for w in windows:
        assert w.start <= w.first
        assert w.last <= w.end
        assert w.end - w.start == min(n, 10)


@pytest.mark.parametrize("n", [12, 25, 97, 100])
def test_a_piece_has_half_the_overlap_as_context_on_both_sides(n):
    for w in plan_windows(n, 10, 4):
        assert w.start == 0 or w.first - w.start >= 2
        assert w.end == n or w.end - w.last >= 2


def test_batches_have_similar_lengths_and_fit_the_maximum():
    lengths = [3, 9, 4, 30, 4, 8, 1]
    batches = list(batch_by_length(lengths, 20, 20))
    assert batches == [[6, 0, 2, 4], [5, 1], [3]]
    for batch in batches:
        assert len(batch) == 1 or len(batch) * lengths[batch[-1]] <= 20


def test_lengths_that_differ_too_much_get_batches_of_their_own():
    lengths = [10, 11, 12, 14, 30]
    assert list(batch_by_length(lengths, 1000, 0)) == [[i] for i in range(5)]
    # 10, 11 and 12 in rows of 12 have 3 pieces of padding; with 14 there are 9
    assert list(batch_by_length(lengths, 1000, 8)) == [[0, 1, 2], [3], [4]]
    assert list(batch_by_length(lengths, 1000, 9)) == [[0, 1, 2, 3], [4]]
    assert list(batch_by_length(lengths, 1000, 1000)) == [[0, 1, 2, 3, 4]]


def document(*tokens):
    """Pieces of each token, as a document."""
    counts = numpy.asarray([len(pieces) for pieces in tokens], dtype=numpy.int64)
    ids = numpy.asarray([i for pieces in tokens for i in pieces], dtype=numpy.int64)
    return WordPieces(
        ids=ids,
        token=numpy.repeat(numpy.arange(len(tokens)), counts),
        piece=numpy.arange(len(ids)),
        place=numpy.cumsum(counts) - counts,
    )


def vectors(documents, special=SPECIAL, pooling="mean", **sizes):
    """Pooled "vectors" of tokens: one number, the piece itself."""
    sizes = {"window": 100, "overlap": 0, "max_batch": 100, **sizes}
    cpu = torch.device("cpu")
    inputs = make_encoder_input(documents, special, pooling=pooling, device=cpu, **sizes)
    for ids, mask in inputs.batches:
        assert ((ids != special.padding) == mask.bool()).all()
    rows = [ids.flatten().float()[:, None] for ids, _ in inputs.batches]
    return inputs, inputs.pool(torch.cat([*rows, torch.zeros(0, 1)]))[:, 0].tolist()


DOCUMENTS = [
    document([2, 4], [5]),
    document(),
    document([7]),
    document([1, 2, 6], [8], [9], [3, 5]),
]
MEANS = [3, 5, 7, 3, 8, 9, 4]


@pytest.mark.parametrize("max_batch", [1, 8, 1000])
@pytest.mark.parametrize(("window", "overlap"), [(4, 0), (5, 1), (100, 7)])
def test_the_vector_of_a_token_is_the_mean_of_all_its_pieces(window, overlap, max_batch):
    sizes = {"window": window, "overlap": overlap, "max_batch": max_batch}
    _, found = vectors(DOCUMENTS, **sizes)
    assert found == MEANS


def test_first_takes_the_first_piece():
    assert vectors(DOCUMENTS, pooling="first")[1] == [2, 5, 7, 1, 8, 9, 3]


def test_a_token_without_a_piece_has_the_special_token_of_the_window_around_it():
    inputs, found = vectors([document([], [5], [], [6, 7], [])])
    assert found == [101, 5, 101, 6.5, 101]
    assert vectors([document([])])[1] == [101]
    # three windows, each after its own special token
    inputs, _ = vectors([document([1], [2], [], [3], [])], window=4)
    assert [len(ids) for ids, _ in inputs.batches] == [3]
    width = inputs.batches[0][0].shape[1]
    rows = dict(zip(inputs.token.tolist(), inputs.row.tolist()))
    assert (rows[2], rows[4]) == (2 * width, 2 * width)


def test_without_special_tokens_it_has_the_first_piece_of_the_window():
    none = SpecialTokens((), (), 0)
    assert vectors([document([], [5], [])], none)[1] == [5, 5, 5]
    inputs, found = vectors([document([]), document([4])], none)
    assert found == [0, 4]
    assert [ids.tolist() for ids, _ in inputs.batches] == [[[4]]]


def test_documents_without_tokens_need_no_batch():
    inputs, found = vectors([document(), document()])
    assert (inputs.batches, found) == ([], [])
