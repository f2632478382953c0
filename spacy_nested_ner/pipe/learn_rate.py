"""One schedule for all, another learn rate for what starts from nothing."""

from typing import Any, Callable, Set, Tuple

from thinc.api import Model, Optimizer

from ..encoders.pretrained import transformer_nodes


def scale_learn_rate(
    sgd: Optimizer, model: Model, scale: float
) -> Callable[[Tuple[int, str], Any, Any], Tuple[Any, Any]]:
    """An optimizer that updates the weights of a model at a multiple of its learn rate, but
    those of a pretrained transformer inside it at that itself.

    RETURNS: To be called as the optimizer is: with key, weights and gradient.
    """
    pretrained: Set[int] = set()
    for node in transformer_nodes(model):
        pretrained |= _keys(node)
    ids = _keys(model) - pretrained

    def scaled(key: Tuple[int, str], weights: Any, gradient: Any) -> Tuple[Any, Any]:
        return sgd(key, weights, gradient, lr_scale=scale if key[0] in ids else 1.0)

    return scaled


def _keys(model: Model) -> Set[int]:
    """What begins the keys of a model's weights."""
    nodes = list(model.walk())
    return {node.id for node in nodes} | {shim.id for node in nodes for shim in node.shims}
