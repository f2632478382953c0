"""Global Pointer as Thinc models: token vectors in, span logits or probabilities out.

Both use one torch module. It is in a Thinc shim from the start and gets its weights when the
widths of its neighbours are known. So `from_bytes` and `from_disk` work on a pipeline that was
never initialised.
"""

import os
from functools import partial
from typing import Any, Callable, Iterator, List, Optional, Sequence, Tuple, cast

import torch
from thinc.api import (
    ArgsKwargs,
    Model,
    PyTorchGradScaler,
    torch2xp,
    xp2torch,
)
from thinc.types import Floats2d, Ints2d, Ragged
from torch import Tensor

from .finite import NonFiniteDocuments, NonFiniteGradient, has_finite_norm
from .global_pointer import GlobalPointer
from .grid import SpanGrid
from .in_place_shim import InPlaceShim
from .scorer_slot import ScorerOptions, ScorerSlot, deserialize_slot, serialize_slot
from .span_logits import Band, SpanLogits

# A forked process does not inherit the threads of torch and would wait for them without end:
# nlp.pipe(n_process=2) would hang. With one thread torch needs none of them.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=partial(torch.set_num_threads, 1))


def build_grid_head(options: ScorerOptions) -> Model[List[Floats2d], SpanLogits]:
    """Token vectors of documents, (n_i, D) each, to the logits of all their spans.

    Backprop takes the gradient on the dense logits as a torch tensor, (T, w, L), and raises
    `NonFiniteGradient` before the encoder gets a gradient that is not finite. Vectors that are
    not finite raise `NonFiniteDocuments`.
    """
    return _build_head("global_pointer", _forward_grid, options, GlobalPointer.forward)


def build_spans_head(
    options: ScorerOptions,
) -> Model[Tuple[List[Floats2d], Ragged], Floats2d]:
    """Token vectors and suggested spans of documents to a probability of each suggested
    span for each label, (N, L)."""
    return _build_head(
        "global_pointer_spancat", _forward_spans, options, GlobalPointer.score_spans
    )


def scorer_slot(head: Model[Any, Any]) -> ScorerSlot:
    """The torch module inside a head."""
    return cast(ScorerSlot, _shim(head)._model)


def change_labels(head: Model[Any, Any], kept: Sequence[int], n_labels: int) -> None:
    """Change the labels of a head with weights; see `ScorerSlot.change_labels`."""
    scorer_slot(head).change_labels(kept, n_labels)
    head.set_dim("nO", n_labels, force=True)
    # an optimizer has moments of the former shape under the former id
    _shim(head).renew_id()


def _shim(head: Model[Any, Any]) -> InPlaceShim:
    return cast(InPlaceShim, head.shims[0])


def _build_head(
    name: str, forward: Callable[..., Any], options: ScorerOptions, score: Callable[..., Tensor]
) -> Model[Any, Any]:
    shim = InPlaceShim(
        ScorerSlot(options, score),
        # the module does the casts itself; the gradients of float16 need scaling
        grad_scaler=PyTorchGradScaler(options.mixed_precision == "float16"),
        serialize_model=serialize_slot,
        deserialize_model=deserialize_slot,
    )
    return Model(
        name,
        forward,
        init=_init,
        dims={"nI": None, "nO": None},
        attrs={"dropout_rate": 0.0},
        shims=[shim],
    )


def _init(model: Model[Any, Any], X: Any = None, Y: Any = None) -> None:
    """Take the width of the token vectors from X and the number of labels from Y. A scorer that
    has learned is replaced by a new one."""
    vectors = X[0] if isinstance(X, tuple) else X
    if vectors and model.has_dim("nI") is None:
        model.set_dim("nI", max(x.shape[1] for x in vectors))  # empty documents are (0, 0)
    if Y is not None and model.has_dim("nO") is None:
        model.set_dim("nO", Y.shape[-1])
    if model.has_dim("nI") and model.has_dim("nO"):
        if _shim(model).learned:
            scorer_slot(model).scorer = None
            _shim(model).begin_again(scorer_slot(model))
        scorer_slot(model).build(model.get_dim("nI"), model.get_dim("nO"))


def _forward_grid(
    model: Model[Any, Any], X: List[Floats2d], is_train: bool
) -> Tuple[SpanLogits, Callable[[Tensor], List[Floats2d]]]:
    shim, slot = _shim(model), scorer_slot(model)
    flat, grid = _flatten(model, X, is_train, max_width=slot.max_width)
    if not has_finite_norm(flat):
        # one document would make the logits of the whole batch NaN
        rows = ~flat.norm(dim=1).isfinite()
        if not rows.any():  # only together they are too large
            rows = ~rows
        raise NonFiniteDocuments(grid.doc_of_row[rows].unique().tolist())
    if is_train:
        call = ArgsKwargs((flat, grid), {"dropout_rate": model.attrs["dropout_rate"]})
        logits, backprop_call = shim.begin_update(call)  # (T, w, L)
        scores = SpanLogits.from_dense(grid, logits.detach())
    else:
        score_bands = partial(_score_bands, slot.built, flat, grid)
        scores = SpanLogits(grid, slot.built.n_labels, score_bands, flat)

    def backprop(d_logits: Tensor) -> List[Floats2d]:
        d_call = backprop_call(ArgsKwargs(((logits,),), {"grad_tensors": (d_logits,)}))
        if not has_finite_norm(d_call.args[0]):
            raise NonFiniteGradient
        return _unflatten(model, d_call.args[0], X)

    return scores, backprop


@torch.inference_mode()
def _score_bands(
    scorer: GlobalPointer, X: Tensor, grid: SpanGrid, numbers: Optional[int]
) -> Iterator[Band]:
    yield from scorer.score_bands(X, grid, numbers)


def _forward_spans(
    model: Model[Any, Any], X_spans: Tuple[List[Floats2d], Ragged], is_train: bool
) -> Tuple[Floats2d, Callable[[Floats2d], Tuple[List[Floats2d], Ragged]]]:
    X, spans = X_spans
    shim = _shim(model)
    flat, grid = _flatten(model, X, is_train)
    half_open = xp2torch(cast(Ints2d, spans.dataXd), device=shim.device).long()
    half_open = half_open.reshape(-1, 2)  # (N, 2), also of the (0, 0) of no suggestions
    doc = SpanGrid(model.ops.to_numpy(spans.lengths), device=shim.device).doc_of_row  # (N,)
    starts, ends = (half_open + grid.offsets[doc, None]).unbind(1)
    call = ArgsKwargs(
        (flat, grid, starts, ends - 1), {"dropout_rate": model.attrs["dropout_rate"] * is_train}
    )
    logits, backprop_call = shim(call, is_train)  # (N, L)

    def backprop(d_scores: Floats2d) -> Tuple[List[Floats2d], Ragged]:
        # spancat passes p − y: with p = σ(S) this is the gradient of the cross-entropy on S,
        # which does not vanish for a gold span with p ≈ 0
        d_logits = xp2torch(d_scores, device=shim.device)
        d_call = backprop_call(ArgsKwargs(((logits,),), {"grad_tensors": (d_logits,)}))
        return _unflatten(model, d_call.args[0], X), spans

    return cast(Floats2d, torch2xp(logits.detach().sigmoid())), backprop


def _flatten(
    model: Model[Any, Any],
    X: List[Floats2d],
    is_train: bool,
    *,
    max_width: Optional[int] = None,
) -> Tuple[Tensor, SpanGrid]:
    """The vectors of all tokens, (T, D), and the grid of their spans."""
    device = _shim(model).device
    grid = SpanGrid([len(x) for x in X], max_width=max_width, device=device)
    # a listener gives (0, 0) for an empty document
    filled = [x for x in X if len(x)] or [model.ops.alloc2f(0, scorer_slot(model).built.n_in)]
    flat = model.ops.xp.concatenate(filled)
    return xp2torch(flat, requires_grad=is_train, device=device), grid


def _unflatten(model: Model[Any, Any], dX: Tensor, X: List[Floats2d]) -> List[Floats2d]:
    lengths = model.ops.asarray1i([len(x) for x in X])
    return model.ops.unflatten(cast(Floats2d, torch2xp(dX)), lengths)
