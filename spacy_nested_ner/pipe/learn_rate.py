"""A larger learn rate for new weights than for a pretrained transformer."""

from typing import Any, Callable, Set, Tuple

from thinc.api import Model, Optimizer

from ..encoders.pretrained import transformer_nodes


def scale_learn_rate(
    sgd: Optimizer, model: Model[Any, Any], scale: float
) -> Callable[[Tuple[int, str], Any, Any], Tuple[Any, Any]]:
    """Wrap an optimizer: it updates the weights of a model at `scale` times its learn rate,
    those of a pretrained transformer inside the model at its plain learn rate.

    RETURNS: Called like the optimizer, with key, weights and gradient.
    """
    pretrained: Set[int] = set()
    for node in transformer_nodes(model):
        pretrained |= _keys(node)
    ids = _keys(model) - pretrained

    def scaled(key: Tuple[int, str], weights: Any, gradient: Any) -> Tuple[Any, Any]:
        lr_scale = scale if key[0] in ids else 1.0
        updated: Tuple[Any, Any] = sgd(key, weights, gradient, lr_scale=lr_scale)
        return updated

    return scaled


def _keys(model: Model[Any, Any]) -> Set[int]:
    """The ids of the nodes and shims of a model, with which the keys of its weights begin."""
    nodes = list(model.walk())
    return {node.id for node in nodes} | {shim.id for node in nodes for shim in node.shims}
