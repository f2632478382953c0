"""One schedule for all, another learn rate for a part."""

from typing import Any, Callable, Tuple

from thinc.api import Model, Optimizer


def scale_learn_rate(
    sgd: Optimizer, part: Model, scale: float
) -> Callable[[Tuple[int, str], Any, Any], Tuple[Any, Any]]:
    """An optimizer that updates the weights of a part of a model at a multiple of its learn
    rate, and the others at that itself.

    part (Model): The part, with all that it is made of.
    RETURNS: To be called as the optimizer is: with key, weights and gradient.
    """
    ids = {node.id for node in part.walk()}
    ids.update(shim.id for node in part.walk() for shim in node.shims)

    def scaled(key: Tuple[int, str], weights: Any, gradient: Any) -> Tuple[Any, Any]:
        return sgd(key, weights, gradient, lr_scale=scale if key[0] in ids else 1.0)

    return scaled
