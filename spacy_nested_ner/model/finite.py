"""Whether weights, gradients and logits are finite numbers."""

import math
from typing import Any, Iterable, Iterator, List, Optional

import numpy
import torch
from thinc.api import Model, PyTorchShim
from torch import Tensor


class NonFiniteGradient(ArithmeticError):
    """The gradient on the token vectors is not finite, so the encoder must not get it."""


class NonFiniteDocuments(ArithmeticError):
    """Token vectors or logits of documents are NaN or infinite.

    docs (List[int]): Their places in the batch.
    """

    def __init__(self, docs: List[int]) -> None:
        super().__init__(docs)
        self.docs = docs


def has_finite_norm(X: Tensor) -> bool:
    """Whether all numbers are finite, and also their sum of squares: an optimizer computes
    both."""
    return math.isfinite(torch.linalg.vector_norm(X.detach()))


def find_non_finite_weight(model: Model[Any, Any]) -> Optional[str]:
    """The name of a weight with a number that is not finite; None if there is none."""
    for node in model.walk():
        for name in node.param_names:
            if node.has_param(name) and not _is_finite(node.get_param(name)):
                return f"{node.name}.{name}"
        for shim in _torch_shims(node):
            for name, weight in shim._model.named_parameters():
                if weight.is_floating_point() and not bool(weight.isfinite().all()):
                    return f"{node.name}.{name}"
    return None


def gradients_are_finite(model: Model[Any, Any]) -> bool:
    """Whether the norm of the gradient of each weight is finite.

    A gradient of float16 that overflowed counts as finite as long as its scaler can lower the
    scale: the scaler leaves out the update.
    """
    for node in model.walk():
        for name in node.param_names:
            if node.has_grad(name) and not _square_sum_is_finite(node.get_grad(name)):
                return False
        for shim in _torch_shims(node):
            scaler = shim._grad_scaler
            if scaler.found_inf:
                if float(scaler._scale) < 1.0:
                    return False
                continue
            weights = shim._model.parameters()
            norms = [torch.linalg.vector_norm(w.grad) for w in weights if w.grad is not None]
            # one copy from the device for all of them
            if norms and not bool(torch.stack(norms).isfinite().all()):
                return False
    return True


def discard_gradients(models: Iterable[Model[Any, Any]]) -> None:
    """Remove all gradients, so that the next call of an optimizer skips the weights. Zeros in
    their place would still move weights with momentum."""
    for model in models:
        for node in model.walk():
            for name in node.param_names:
                # Thinc has no function that removes a gradient
                node._params._grads.pop((node.id, name), None)
            for shim in _torch_shims(node):
                shim._model.zero_grad(set_to_none=True)
                shim._grad_scaler.update()


def _torch_shims(node: Model[Any, Any]) -> Iterator[Any]:
    return (shim for shim in node.shims if isinstance(shim, PyTorchShim))


def _is_finite(weight: Any) -> bool:
    # much faster than a test of each number, which is needed only after an overflow
    return _square_sum_is_finite(weight) or bool((abs(weight) < math.inf).all())


def _square_sum_is_finite(array: Any) -> bool:
    """array: Of numpy or cupy."""
    flat = array.ravel()
    with numpy.errstate(over="ignore", invalid="ignore"):
        return math.isfinite(flat.dot(flat))
