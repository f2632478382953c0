"""Losses on a grid of span logits: EMC (ZLPR), EIoU-EMC, binary cross-entropy.

A loss is called with

    logits (Tensor): (T, w, L), float32 or float64,
    gold (Tensor): the gold cells (row, column, label), without repeats, (G, 3), int64,
    grid: the documents behind the rows (`spacy_nested_ner.model.grid.SpanGrid`),
    ignored (Optional[Tensor]): given only if it is needed; True for the cells that do not
        count, because the gold says nothing about them, (T, w, L). No gold cell is among them.
        The loss does not depend on their logits, and a (document, label) pair of
        ignored cells alone does not count either,

and returns the loss to minimise and the values of its parts by name. `logit_scale` defines
the probability of a logit S: p = σ(logit_scale · S), so p = ½ where S = 0.

The names EMC and EIoU are from arXiv 2504.14203. That paper publishes no code, and its
definition of EIoU is ambiguous: the formulas below are the definitions of this project.
"""

from dataclasses import dataclass
from typing import (
    TYPE_CHECKING,
    ClassVar,
    Dict,
    Literal,
    Optional,
    Protocol,
    Tuple,
    get_args,
)

import torch
from torch import Tensor

from .competing_spans import HIGHEST_COST, Geometry, all_spans, neighbours, span_cost

if TYPE_CHECKING:
    from ..model.grid import SpanGrid

Boundary = Literal["expected_cost", "expected_box", "global"]

# finite: −inf times a zero gradient is nan
_NOWHERE = -1e12


class SpanLoss(Protocol):
    logit_scale: ClassVar[float]

    def __call__(
        self, logits: Tensor, gold: Tensor, grid: "SpanGrid"
    ) -> Tuple[Tensor, Dict[str, Tensor]]: ...


@dataclass(frozen=True)
class EMC:
    """The loss that the field calls ZLPR (arXiv 2208.02955): multi-label cross-entropy with a
    zero class,

        1/(B·L) Σ_{b,a} LSE({0} ∪ {S : not gold}) + LSE({0} ∪ {−S : gold})

    over the spans of document b and label a. Every (document, label) pair has the same weight,
    so a single span of a rare label counts as much as the many spans of a frequent label.

    For one span with a soft target t the minimum is at t = σ(2S), hence the logit scale of 2.
    The spans of a document share one sum, so this probability need not be calibrated: measure
    its reliability.
    """

    logit_scale: ClassVar[float] = 2.0

    def __call__(
        self, logits: Tensor, gold: Tensor, grid: "SpanGrid", ignored: Optional[Tensor] = None
    ) -> Tuple[Tensor, Dict[str, Tensor]]:
        rejected = lse_off_gold(logits, gold, grid, ignored)
        accepted = lse_of_cells(-logits[gold.unbind(1)], gold, grid, logits.shape[-1])
        loss = (rejected + accepted).sum() / _count_pairs(logits, grid, ignored)
        return loss, {"emc": loss.detach()}


def lse_off_gold(
    logits: Tensor, gold: Tensor, grid: "SpanGrid", ignored: Optional[Tensor] = None
) -> Tensor:
    """LSE({0} ∪ {S : not gold}) of each document and label, (B·L,)."""
    L = logits.shape[-1]
    off_gold = logits.masked_fill(~_counted(grid, ignored), _NOWHERE)
    off_gold = off_gold.index_put(gold.unbind(1), logits.new_tensor(_NOWHERE))
    # first over the columns, then over the rows of a document
    per_row = off_gold.logsumexp(dim=1)  # (T, L)
    pair = grid.doc_of_row[:, None] * L + torch.arange(L, device=logits.device)
    return _logsumexp_with_zero(per_row.flatten(), pair.flatten(), grid.n_docs * L)


def lse_of_cells(x: Tensor, cells: Tensor, grid: "SpanGrid", n_labels: int) -> Tensor:
    """LSE({0} ∪ x) of the cells of each document and label, (B·L,).

    x (Tensor): A number for each cell, (N,).
    cells (Tensor): (row, column, label), (N, 3).
    """
    pair = grid.doc_of_row[cells[:, 0]] * n_labels + cells[:, 2]
    return _logsumexp_with_zero(x, pair, grid.n_docs * n_labels)


@dataclass(frozen=True)
class BinaryCrossEntropy:
    """The sum of the independent cross-entropies of all spans, divided by B·L.

    focal_gamma (float): Weight a cell by (1 − p_correct)^γ (focal loss, arXiv
        1708.02002, without its α); 0 for the plain loss.
    """

    focal_gamma: float = 0.0
    logit_scale: ClassVar[float] = 1.0

    def __post_init__(self) -> None:
        if self.focal_gamma < 0:
            raise ValueError(
                f"focal_gamma={self.focal_gamma} is negative: use 0 for plain binary "
                "cross-entropy, or a value such as 2 to focus on hard cells."
            )

    def __call__(
        self, logits: Tensor, gold: Tensor, grid: "SpanGrid", ignored: Optional[Tensor] = None
    ) -> Tuple[Tensor, Dict[str, Tensor]]:
        target = torch.zeros_like(logits)
        target[gold.unbind(1)] = 1.0
        cell = torch.nn.functional.binary_cross_entropy_with_logits(
            logits, target, reduction="none"
        )
        if self.focal_gamma:
            wrong = -(-cell).expm1()  # 1 − p_correct, because cell = −log p_correct
            # the gradient of a power below 1 is infinite at 0
            wrong = wrong.clamp_min(torch.finfo(wrong.dtype).tiny)
            cell = cell * wrong**self.focal_gamma
        cell = torch.where(_counted(grid, ignored), cell, 0.0)
        loss = cell.sum() / _count_pairs(logits, grid, ignored)
        return loss, {"bce": loss.detach()}


@dataclass(frozen=True)
class EIoU:
    """The boundary term: the expected cost (`span_cost`, scaled to [0, 1)) of the spans around
    a gold span, under a softmax over their logits. A constant added to all logits does not
    change it, so it ranks spans, but does not separate spans from no span.

    geometry (str): "length" or "area", see `span_cost`.
    boundary (str): The mean of this value over the gold spans is the loss.
        "expected_cost": the expected cost over the `neighbours` of the gold span.
        "expected_box": the cost of the expected first and last token over the same spans.
            Errors that cancel out cost nothing: half on (2,7), half on (4,5) for (3,6).
        "global": the expected cost over all spans of the document, each with the cost for its
            cheapest gold span; the mean is over (document, label) pairs. A gold span that is
            missed beside one that is found costs nothing.
    """

    geometry: Geometry = "length"
    boundary: Boundary = "expected_cost"
    logit_scale: ClassVar[float] = EMC.logit_scale

    def __post_init__(self) -> None:
        for option, kind in (("geometry", Geometry), ("boundary", Boundary)):
            if getattr(self, option) not in get_args(kind):
                raise ValueError(
                    f"{option}={getattr(self, option)!r} is not known: choose one of "
                    f"{', '.join(get_args(kind))}."
                )

    def __call__(
        self, logits: Tensor, gold: Tensor, grid: "SpanGrid", ignored: Optional[Tensor] = None
    ) -> Tuple[Tensor, Dict[str, Tensor]]:
        loss = self._mean_cost(logits, gold, grid, ignored) if len(gold) else logits.sum() * 0.0
        return loss, {"eiou": loss.detach()}

    def _mean_cost(
        self, logits: Tensor, gold: Tensor, grid: "SpanGrid", ignored: Optional[Tensor]
    ) -> Tensor:
        if self.boundary == "global":
            cells, cost, group = all_spans(gold, grid, self.geometry)
        else:
            cells, cost, group = neighbours(gold, grid, self.geometry)
        n = int(group.max()) + 1
        if ignored is not None:
            # each group keeps the cell of a gold span
            keep = ~ignored[cells.unbind(1)]
            cells, cost, group = cells[keep], cost[keep], group[keep]
        p = _softmax(logits[cells.unbind(1)], group, n)
        if self.boundary == "expected_box":
            # positions relative to the gold span: small numbers, so sums are precise
            first = cells[:, 0] - gold[group, 0]
            ends = p[:, None] * torch.stack((first, first + cells[:, 1]), dim=1)
            s, e = p.new_zeros(n, 2).index_add(0, group, ends).unbind(1)
            a, b = torch.zeros_like(gold[:, 1]), gold[:, 1]
            total = span_cost(s, e, a, b, geometry=self.geometry).sum()
        else:
            total = (p * cost).sum()
        return total / (HIGHEST_COST[self.geometry] * n)


@dataclass(frozen=True)
class EIoUEMC:
    """β · EIoU + (1 − β) · EMC: a boundary term and a class term.

    beta (float): Weight of the boundary term, 0 ≤ β < 1.
    geometry, boundary (str): See `EIoU`.
    """

    beta: float
    geometry: Geometry = "length"
    boundary: Boundary = "expected_cost"
    logit_scale: ClassVar[float] = EMC.logit_scale

    def __post_init__(self) -> None:
        if not 0 <= self.beta < 1:
            raise ValueError(
                f"beta={self.beta} is outside [0, 1): at 1 only the boundary term is left, "
                "which does not change when a constant is added to all logits, so nothing "
                "would separate spans from no span; choose a smaller value."
            )
        EIoU(self.geometry, self.boundary)  # checks these options

    def __call__(
        self, logits: Tensor, gold: Tensor, grid: "SpanGrid", ignored: Optional[Tensor] = None
    ) -> Tuple[Tensor, Dict[str, Tensor]]:
        emc, class_part = EMC()(logits, gold, grid, ignored)
        eiou, boundary_part = EIoU(self.geometry, self.boundary)(logits, gold, grid, ignored)
        loss = self.beta * eiou + (1 - self.beta) * emc
        return loss, {**class_part, **boundary_part}


def _counted(grid: "SpanGrid", ignored: Optional[Tensor]) -> Tensor:
    """The cells that count, (T, w, L), or (T, w, 1) for the same cells of all labels."""
    valid = grid.valid[..., None]
    return valid if ignored is None else valid & ~ignored


def _count_pairs(logits: Tensor, grid: "SpanGrid", ignored: Optional[Tensor]) -> int:
    """Number of (document, label) pairs, at least 1, without those of ignored cells alone."""
    n = grid.n_docs * logits.shape[-1]
    if ignored is not None:
        counted = _counted(grid, ignored).any(1).long()  # (T, L)
        counts = counted.new_zeros(grid.n_docs, logits.shape[-1])
        counts = counts.index_add(0, grid.doc_of_row, counted)
        n -= int(((counts == 0) & (grid.lengths > 0)[:, None]).sum())
    return max(1, n)


def _softmax(x: Tensor, group: Tensor, n: int) -> Tensor:
    """Softmax of x (N,) within each of n groups."""
    with torch.no_grad():
        highest = x.new_full((n,), -torch.inf).scatter_reduce(0, group, x, "amax")
    weight = (x - highest[group]).exp()
    return weight / weight.new_zeros(n).index_add(0, group, weight)[group]


def _logsumexp_with_zero(x: Tensor, group: Tensor, n: int) -> Tensor:
    """LSE({0} ∪ x) of x (N,) within each of n groups, (n,); 0 for an empty one."""
    with torch.no_grad():
        highest = x.new_zeros(n).scatter_reduce(0, group, x, "amax")  # at least the 0
    total = (-highest).exp().index_add(0, group, (x - highest[group]).exp())
    return total.log() + highest
