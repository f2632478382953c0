"""The spans that compete with a gold span in a boundary loss, and their costs."""

from typing import TYPE_CHECKING, Dict, Literal, Tuple

import torch
from torch import Tensor

if TYPE_CHECKING:
    from ..model.grid import SpanGrid

Geometry = Literal["length", "area"]

# Upper bound of `span_cost`, never reached.
HIGHEST_COST: Dict[str, float] = {"length": 2.25, "area": 3.25}


def span_cost(s: Tensor, e: Tensor, a: Tensor, b: Tensor, *, geometry: Geometry) -> Tensor:
    """Efficient IoU (arXiv 2101.08158) in one dimension: the cost of predicting the span from
    token s to token e for the gold span from a to b. Both ends are inclusive; the tensors are
    broadcast.

    With widths w, v, intersection I, hull c, distance d of the centres:

        length: 1 − I/(w+v−I)    + (d/c)² +  ((w−v)/c)²   in [0, 2.25)
        area:   1 − I²/(w²+v²−I²) + (d/c)² + 2((w−v)/c)²   in [0, 3.25)

    "area" represents a span by the square [s,e]×[s,e] of the token grid. Widths count both
    ends, so every denominator is at least 1; with widths e − s a span of one token would cost
    0/0. The cost does not rank by overlap: for the gold span (3,6), (3,3) costs more than the
    disjoint (7,10).
    """
    w, v = e - s + 1, b - a + 1
    intersection = (torch.minimum(e, b) - torch.maximum(s, a) + 1).clamp(min=0)
    hull = torch.maximum(e, b) - torch.minimum(s, a) + 1
    centres = ((s + e) - (a + b)) / 2
    widths = (w - v) / hull
    if geometry == "length":
        iou, weight = intersection / (w + v - intersection), 1
    else:
        iou, weight = intersection**2 / (w**2 + v**2 - intersection**2), 2
    return 1 - iou + (centres / hull) ** 2 + weight * widths**2


@torch.no_grad()
def neighbours(
    gold: Tensor, grid: "SpanGrid", geometry: Geometry
) -> Tuple[Tensor, Tensor, Tensor]:
    """The cells that compete with each gold span: a cell belongs to the cheapest of the gold
    spans of its label that it overlaps. So another gold span of the label is never a wrong
    answer. Only overlapping gold spans count, because a disjoint one can be cheaper.

    RETURNS: cells (N, 3), their costs (N,) and the index of the gold span of each (N,).
    """
    cells, owner = overlapping_spans(gold, grid)
    cost, cheapest, key = _cheapest_cost(cells, owner, gold, grid, geometry)
    keep = cost == cheapest[key]
    return cells[keep], cost[keep], owner[keep]


def overlapping_spans(gold: Tensor, grid: "SpanGrid") -> Tuple[Tensor, Tensor]:
    """The valid cells that overlap each gold span, with its label: cells (N, 3) and the index
    of the gold span of each (N,). A cell occurs once for each gold span that it overlaps."""
    first, last = gold[:, 0], gold[:, 0] + gold[:, 1]  # (G,)
    # an overlapping span begins at most w − 1 tokens before the gold span, and not in
    # the document before
    begin = torch.maximum(first - grid.width + 1, grid.offsets[grid.doc_of_row[first]])
    cells, owner = _spans_beginning_between(begin, last + 1, gold, grid)
    overlaps = cells[:, 0] + cells[:, 1] >= first[owner]
    return cells[overlaps], owner[overlaps]


@torch.no_grad()
def all_spans(
    gold: Tensor, grid: "SpanGrid", geometry: Geometry
) -> Tuple[Tensor, Tensor, Tensor]:
    """The valid cells of each (document, label) pair with a gold span.

    RETURNS: cells (N, 3), the cost of each for its cheapest gold span (N,), and the index of
        its (document, label) pair (N,).
    """
    doc = grid.doc_of_row[gold[:, 0]]
    begin = grid.offsets[doc]
    cells, owner = _spans_beginning_between(begin, begin + grid.lengths[doc], gold, grid)
    _, cheapest, key = _cheapest_cost(cells, owner, gold, grid, geometry)
    pair = doc[owner] * (int(gold[:, 2].max()) + 1) + cells[:, 2]
    # one of the equally cheap owners of a cell is enough
    key, at = torch.unique(key, return_inverse=True)
    chosen = at.new_zeros(len(key)).scatter(0, at, torch.arange(len(at), device=at.device))
    return cells[chosen], cheapest[key], torch.unique(pair[chosen], return_inverse=True)[1]


def _spans_beginning_between(
    begin: Tensor, stop: Tensor, gold: Tensor, grid: "SpanGrid"
) -> Tuple[Tensor, Tensor]:
    """For each gold span the valid cells of the rows begin ≤ row < stop, with its label: cells
    (N, 3) and the index of the gold span of each (N,)."""
    count = stop - begin
    owner = torch.arange(len(gold), device=gold.device).repeat_interleave(count)
    row = (
        torch.arange(len(owner), device=gold.device) - (count.cumsum(0) - count - begin)[owner]
    )
    at, column = grid.valid[row].nonzero(as_tuple=True)
    owner = owner[at]
    return torch.stack((row[at], column, gold[owner, 2]), dim=1), owner


def _cheapest_cost(
    cells: Tensor, owner: Tensor, gold: Tensor, grid: "SpanGrid", geometry: Geometry
) -> Tuple[Tensor, Tensor, Tensor]:
    """Cost of each cell for its gold span (N,), the lowest cost of every cell of the grid, and
    the index of each cell in the latter (N,)."""
    first, last = gold[owner, 0], gold[owner, 0] + gold[owner, 1]
    row, column, label = cells.unbind(1)
    cost = span_cost(row, row + column, first, last, geometry=geometry)
    n_labels = int(gold[:, 2].max()) + 1
    key = (row * grid.width + column) * n_labels + label
    lowest = cost.new_full((grid.n_tokens * grid.width * n_labels,), torch.inf)
    return cost, lowest.scatter_reduce(0, key, cost, "amin"), key
