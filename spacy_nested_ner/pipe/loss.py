"""The loss of a batch: examples and logits in, a number and its gradient out."""

from typing import Callable, Dict, Sequence, Tuple

import torch
from spacy.training import Example
from torch import Tensor

from ..losses.span_losses import SpanLoss
from ..model.span_logits import SpanLogits
from .targets import gold_cells, ignored_cells


def loss_and_gradient(
    loss: SpanLoss,
    examples: Sequence[Example],
    scores: SpanLogits,
    *,
    labels: Sequence[str],
    spans_key: str,
) -> Tuple[float, Dict[str, float], Tensor]:
    """RETURNS: The loss, its parts by name, and the gradient on the dense logits, (T, w, L).
    RAISES (ValueError): For an unknown gold label, or a gold span that is too wide.
    """
    label_ids = {label: i for i, label in enumerate(labels)}
    gold = gold_cells(examples, scores.grid, label_ids, spans_key=spans_key)
    # a leaf: torch computes the gradient up to here, Thinc's backprop the rest
    logits = scores.dense().requires_grad_()
    ignored = ignored_cells(examples, scores.grid, label_ids, gold, spans_key=spans_key)
    # only if it is needed: a registered loss of the user may not know the option
    options = {} if ignored is None else {"ignored": ignored}
    loss_of: Callable[..., Tuple[Tensor, Dict[str, Tensor]]] = loss
    value, parts = loss_of(logits, gold, scores.grid, **options)
    (d_logits,) = torch.autograd.grad(value, logits)
    # one copy from the device, however many parts
    total, *values = torch.stack((value.detach(), *parts.values())).tolist()
    return total, dict(zip(parts, values)), d_logits
