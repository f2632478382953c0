"""A larger learn rate for new weights than for a pretrained encoder."""

from typing import Any, Callable, Tuple

from thinc.api import Model, Optimizer

from ..encoders.pretrained import find_pretrained
from ..user_error import UserError


def scale_learn_rate(
    sgd: Optimizer, model: Model[Any, Any], scale: float
) -> Callable[[Tuple[int, str], Any, Any], Tuple[Any, Any]]:
    """Wrap an optimizer for `finish_update` of a model: it updates the weights at `scale` times
    its learn rate, those of a pretrained encoder inside the model at its plain learn rate.

    RETURNS: Called like the optimizer, with key, weights and gradient.
    RAISES (UserError): The optimizer is RAdam, which has one learn rate for all weights.
    """
    if getattr(sgd, "use_radam", False):
        raise UserError(
            f"RAdam.v1 has one learn rate for all weights, so learn_rate_scale={scale} has no "
            "effect: choose Adam.v1 for training.optimizer, or a scale of 1."
        )
    is_pretrained = find_pretrained(model)

    def scaled(key: Tuple[int, str], weights: Any, gradient: Any) -> Tuple[Any, Any]:
        lr_scale = 1.0 if is_pretrained(key) else scale
        updated: Tuple[Any, Any] = sgd(key, weights, gradient, lr_scale=lr_scale)
        return updated

    return scaled
