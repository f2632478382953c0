"""A larger learn rate for new weights than for a pretrained encoder."""

from typing import Any, Callable, Tuple

from thinc.api import Model, Optimizer

from ..encoders.pretrained import find_pretrained, ids_of_weights


def scale_learn_rate(
    sgd: Optimizer, model: Model[Any, Any], scale: float
) -> Callable[[Tuple[int, str], Any, Any], Tuple[Any, Any]]:
    """Wrap an optimizer: it updates the weights of a model at `scale` times its learn rate,
    those of a pretrained encoder inside the model at its plain learn rate.

    RETURNS: Called like the optimizer, with key, weights and gradient.
    """
    ids, is_pretrained = ids_of_weights(model), find_pretrained(model)

    def scaled(key: Tuple[int, str], weights: Any, gradient: Any) -> Tuple[Any, Any]:
        lr_scale = scale if key[0] in ids and not is_pretrained(key) else 1.0
        updated: Tuple[Any, Any] = sgd(key, weights, gradient, lr_scale=lr_scale)
        return updated

    return scaled
