"""Other losses for boundaries: candidates for the experiments. Importing this module registers
them.

Some are class terms with the overlap of a cell and a gold span:

    IoU[c] = the highest IoU of cell c and a gold span of its label, |both| / |either| in
             tokens; 1 for gold, 0 for a cell without overlap

`Contrast` is a boundary term that does not saturate, in place of EIoU. `Mixed` combines a
boundary term with a class term.
"""

from dataclasses import dataclass
from typing import ClassVar, Dict, Tuple

import torch
from spacy.util import registry
from torch import Tensor

from spacy_nested_ner.losses.competing_spans import neighbours, overlapping_spans
from spacy_nested_ner.losses.span_losses import (
    EMC,
    BinaryCrossEntropy,
    SpanLoss,
    lse_of_cells,
    lse_off_gold,
)
from spacy_nested_ner.model.grid import SpanGrid


@dataclass(frozen=True)
class MarginEMC:
    """EMC with a margin for near misses: the loss adds margin · IoU to the logits of cells that
    are not gold, so they must be further below 0. A negative margin has the opposite effect."""

    margin: float
    logit_scale: ClassVar[float] = EMC.logit_scale

    def __call__(
        self, logits: Tensor, gold: Tensor, grid: SpanGrid
    ) -> Tuple[Tensor, Dict[str, Tensor]]:
        cells, iou = near_misses(gold, grid)
        place = tuple(cells.unbind(1))
        raised = logits.index_put(place, logits[place] + self.margin * iou.to(logits.dtype))
        return EMC()(raised, gold, grid)


@dataclass(frozen=True)
class SoftEMC:
    """EMC with soft targets around gold: t = softness · IoU, below ½, so that at the minimum of
    the loss no near miss is above the threshold.

        1/(B·L) Σ LSE({0} ∪ {S + log(1 − t)}) + LSE({0} ∪ {−S + log t})
    """

    softness: float
    logit_scale: ClassVar[float] = EMC.logit_scale

    def __call__(
        self, logits: Tensor, gold: Tensor, grid: SpanGrid
    ) -> Tuple[Tensor, Dict[str, Tensor]]:
        cells, iou = near_misses(gold, grid)
        place = tuple(cells.unbind(1))
        t = self.softness * iou.to(logits.dtype)
        lowered = logits.index_put(place, logits[place] + torch.log1p(-t))
        rejected = lse_off_gold(lowered, gold, grid)
        x = torch.cat((-logits[tuple(gold.unbind(1))], t.log() - logits[place]))
        accepted = lse_of_cells(x, torch.cat((gold, cells)), grid, logits.shape[-1])
        loss = (rejected + accepted).sum() / max(1, len(rejected))
        return loss, {"emc": loss.detach()}


@dataclass(frozen=True)
class SoftBinaryCrossEntropy:
    """Binary cross-entropy with soft targets around gold, t = softness · IoU: like boundary
    smoothing (arXiv 2204.12031), but by overlap, and the target of gold stays 1.

    A target of t instead of 0 subtracts t · S from the cross-entropy of a cell.
    """

    softness: float
    logit_scale: ClassVar[float] = BinaryCrossEntropy.logit_scale

    def __call__(
        self, logits: Tensor, gold: Tensor, grid: SpanGrid
    ) -> Tuple[Tensor, Dict[str, Tensor]]:
        cells, iou = near_misses(gold, grid)
        hard, _ = BinaryCrossEntropy()(logits, gold, grid)
        taken = (self.softness * iou.to(logits.dtype) * logits[tuple(cells.unbind(1))]).sum()
        loss = hard - taken / max(1, grid.n_docs * logits.shape[-1])
        return loss, {"bce": loss.detach()}


@dataclass(frozen=True)
class Contrast:
    """Cross-entropy of a gold span against its neighbours, overlapping spans as in
    `losses.EIoU`:

        mean over gold spans of  −log p(gold),  p the softmax over it and its neighbours

    The gradient of EIoU's expected cost is p·(cost − mean), which vanishes at p(gold) ≈ 0; the
    gradient of this logarithm is p − 1.
    """

    logit_scale: ClassVar[float] = EMC.logit_scale

    def __call__(
        self, logits: Tensor, gold: Tensor, grid: SpanGrid
    ) -> Tuple[Tensor, Dict[str, Tensor]]:
        if not len(gold):
            loss = logits.sum() * 0.0
            return loss, {"contrast": loss.detach()}
        cells, _, owner = neighbours(gold, grid, "length")
        S = logits[tuple(cells.unbind(1))]
        highest = S.detach().new_full((len(gold),), -torch.inf)
        highest = highest.scatter_reduce(0, owner, S.detach(), "amax")
        total = torch.zeros_like(highest).index_add(0, owner, (S - highest[owner]).exp())
        loss = (total.log() + highest - logits[tuple(gold.unbind(1))]).mean()
        return loss, {"contrast": loss.detach()}


@dataclass(frozen=True)
class Mixed:
    """β · boundary term + (1 − β) · class term, with the logit scale of the class term."""

    beta: float
    boundary: SpanLoss
    classes: SpanLoss

    @property
    def logit_scale(self) -> float:
        return self.classes.logit_scale

    def __call__(
        self, logits: Tensor, gold: Tensor, grid: SpanGrid
    ) -> Tuple[Tensor, Dict[str, Tensor]]:
        boundary, boundary_parts = self.boundary(logits, gold, grid)
        classes, class_parts = self.classes(logits, gold, grid)
        loss = self.beta * boundary + (1 - self.beta) * classes
        return loss, {**class_parts, **boundary_parts}


@torch.no_grad()
def near_misses(gold: Tensor, grid: SpanGrid) -> Tuple[Tensor, Tensor]:
    """The cells that are not gold but overlap a gold span of their label, (N, 3), and the IoU
    of each, (N,)."""
    if not len(gold):
        return gold, gold.new_zeros(0, dtype=torch.float)
    cells, owner = overlapping_spans(gold, grid)
    start, end = cells[:, 0], cells[:, 0] + cells[:, 1]
    first, last = gold[owner, 0], gold[owner, 0] + gold[owner, 1]
    common = torch.minimum(end, last) - torch.maximum(start, first) + 1
    either = torch.maximum(end, last) - torch.minimum(start, first) + 1
    distinct, place = torch.unique(cells, dim=0, return_inverse=True)
    iou = torch.zeros(len(distinct), device=gold.device)
    iou = iou.scatter_reduce(0, place, common / either, "amax")
    is_near = iou < 1.0
    return distinct[is_near], iou[is_near]


@registry.losses("benchmarks.MarginEMC.v1")
def make_margin_emc(margin: float) -> SpanLoss:
    return MarginEMC(margin)


@registry.losses("benchmarks.SoftEMC.v1")
def make_soft_emc(softness: float) -> SpanLoss:
    return SoftEMC(softness)


@registry.losses("benchmarks.SoftBinaryCrossEntropy.v1")
def make_soft_binary_cross_entropy(softness: float) -> SpanLoss:
    return SoftBinaryCrossEntropy(softness)


@registry.losses("benchmarks.Contrast.v1")
def make_contrast() -> SpanLoss:
    return Contrast()


@registry.losses("benchmarks.Mixed.v1")
def make_mixed(beta: float, boundary: SpanLoss, classes: SpanLoss) -> SpanLoss:
    return Mixed(beta, boundary, classes)  # type: ignore[return-value]
