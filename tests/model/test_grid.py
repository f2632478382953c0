import pytest
import torch

from spacy_nested_ner.model.grid import SpanGrid

LENGTHS = [3, 0, 5, 1]


@pytest.mark.parametrize("max_width", [None, 1, 2, 50])
def test_valid_cells_are_exactly_the_spans_of_the_documents(max_width):
    grid = SpanGrid(LENGTHS, max_width=max_width)
    doc, start, end = grid.spans(*grid.valid.numpy().nonzero())
    found = set(zip(doc.tolist(), start.tolist(), end.tolist()))
    expected = {
        (b, i, j)
        for b, n in enumerate(LENGTHS)
        for i in range(n)
        for j in range(i + 1, n + 1)
        if max_width is None or j - i <= max_width
    }
    assert found == expected
    assert len(doc) == len(expected)


def test_spans_to_cells_and_back():
    grid = SpanGrid(LENGTHS)
    doc, start, end = (
        torch.tensor([0, 2, 2, 3]),
        torch.tensor([1, 0, 2, 0]),
        torch.tensor([3, 5, 3, 1]),
    )
    cells = grid.cells(doc, start, end)
    assert cells[0].tolist() == [1, 3, 5, 8]
    back = grid.spans(*(x.numpy() for x in cells))
    assert [x.tolist() for x in back] == [x.tolist() for x in (doc, start, end)]


def test_a_band_is_no_wider_than_the_longest_document():
    assert SpanGrid([2, 3], max_width=50).width == 3
    assert SpanGrid([20, 3], max_width=4).width == 4


def test_a_batch_without_tokens_has_a_grid_without_cells():
    for lengths in ([], [0], [0, 0]):
        assert SpanGrid(lengths).valid.shape[0] == 0


def test_some_rows_and_columns_of_the_valid_cells():
    grid = SpanGrid(LENGTHS)
    for row, column in [(0, 0), (2, 1), (5, 3), (8, 4)]:
        some = grid.valid_in(row, 9, column, 5)
        assert torch.equal(some, grid.valid[row:9, column:5])
    assert SpanGrid([0]).valid_in(0, 0, 0, 1).shape == (0, 1)


def test_the_widest_span_that_begins_in_some_rows():
    grid = SpanGrid(LENGTHS, max_width=4)
    assert [grid.widest_from(i, i + 2) for i in range(8)] == [3, 2, 4, 4, 4, 3, 2, 1]
    assert grid.widest_from(0, 9) == 4
    assert SpanGrid([0]).widest_from(0, 0) == 0
