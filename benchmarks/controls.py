"""Controls of the experiments: losses, layers, an optimizer and a pipe that are not meant for
real pipelines.

Importing this module registers them, so that a config can name them.
"""

import re
from dataclasses import dataclass
from typing import Any, Callable, Dict, Optional, Tuple

from spacy.language import Language
from spacy.pipeline.span_finder import SpanFinder
from spacy.pipeline.spancat import SpanCategorizer
from spacy.pipeline.trainable_pipe import TrainablePipe
from spacy.util import registry
from thinc.api import Linear, Model, Optimizer, chain, glorot_uniform_init
from thinc.optimizers import FloatOrSeq
from thinc.types import Floats2d
from torch import Tensor

from spacy_nested_ner.losses.competing_spans import Geometry
from spacy_nested_ner.losses.span_losses import Boundary, EIoU, SpanLoss
from spacy_nested_ner.model.grid import SpanGrid
from spacy_nested_ner.pipe.learn_rate import scale_learn_rate


@dataclass(frozen=True)
class Scaled:
    """A loss times a constant: the control for β · EIoU + (1 − β) · EMC is (1 − β) · EMC. Only
    the gain over this control is due to EIoU."""

    loss: SpanLoss
    factor: float

    @property
    def logit_scale(self) -> float:
        return self.loss.logit_scale

    def __call__(
        self, logits: Tensor, gold: Tensor, grid: SpanGrid
    ) -> Tuple[Tensor, Dict[str, Tensor]]:
        loss, parts = self.loss(logits, gold, grid)
        return self.factor * loss, parts


@registry.losses("benchmarks.Scaled.v1")
def make_scaled(loss: SpanLoss, factor: float) -> SpanLoss:
    return Scaled(loss, factor)  # type: ignore[return-value]


@registry.losses("benchmarks.EIoU.v1")
def make_eiou(geometry: Geometry = "length", boundary: Boundary = "expected_cost") -> SpanLoss:
    """The boundary term alone; no threshold on its logits separates spans from other cells."""
    return EIoU(geometry, boundary)


@registry.layers("benchmarks.LinearCrossEntropy.v1")
def build_linear_cross_entropy(
    nO: Optional[int] = None, nI: Optional[int] = None
) -> Model[Floats2d, Floats2d]:
    """The scorer of spaCy's `spancat`, trained on cross-entropy.

    `spancat` passes p − y to its layer as the gradient of p. The logistic function turns it
    into (p − y)·p·(1 − p), the gradient of the squared error. This layer passes p − y to the
    logits unchanged: the gradient of the cross-entropy.
    """
    return chain(
        Linear(nO=nO, nI=nI, init_W=glorot_uniform_init),
        Model("logistic_straight_through", _forward),
    )


def _forward(
    model: Model[Floats2d, Floats2d], X: Floats2d, is_train: bool
) -> Tuple[Floats2d, Callable[[Floats2d], Floats2d]]:
    return model.ops.sigmoid(X), lambda d_logits: d_logits


class LayerDecay(Optimizer):
    """Adam with a lower learn rate for the lower layers of a `HuggingFaceEncoder`.

    decay: Each layer learns at this share of the learn rate of the layer above it, the highest
        one at this share of the plain learn rate; the embeddings are below the lowest layer.
    layers: Number of layers of the encoder.
    """

    def __init__(self, *, decay: float, layers: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.decay, self.layers = decay, layers

    def __call__(
        self, key: Tuple[int, str], weights: Any, gradient: Any, *, lr_scale: float = 1.0
    ) -> Tuple[Any, Any]:
        scale = lr_scale * self.decay ** self.depth(key[1])
        updated: Tuple[Any, Any] = super().__call__(key, weights, gradient, lr_scale=scale)
        return updated

    def depth(self, name: str) -> int:
        """Number of steps from the output down to a weight; 0 outside an encoder."""
        if not name.startswith("encoder."):
            return 0
        layer = re.search(r"\.layers?\.(\d+)\.", name)
        return self.layers - int(layer[1]) if layer else self.layers + 1


@registry.optimizers("benchmarks.LayerDecay.v1")
def make_layer_decay(
    learn_rate: FloatOrSeq,
    beta1: float,
    beta2: float,
    L2: float,
    L2_is_weight_decay: bool,
    grad_clip: float,
    use_averages: bool,
    eps: float,
    decay: float,
    layers: int,
) -> Optimizer:
    return LayerDecay(**locals())


class _Scaled(TrainablePipe):
    """A pipe of spaCy with the `learn_rate_scale` of `nested_spancat`: with a pretrained
    encoder it would otherwise learn too slowly for a fair comparison."""

    learn_rate_scale = 1.0

    def finish_update(self, sgd: Optimizer) -> None:
        scaled = scale_learn_rate(sgd, self.model, self.learn_rate_scale)
        self.model.finish_update(scaled)


class ScaledSpancat(_Scaled, SpanCategorizer):
    """spaCy's `spancat`."""


class ScaledSpanFinder(_Scaled, SpanFinder):
    """spaCy's `span_finder`."""


@Language.factory("scaled_spancat", assigns=["doc.spans"])
def make_scaled_spancat(
    nlp: Language,
    name: str,
    model: Model,
    suggester: Callable[..., Any],
    spans_key: str,
    threshold: float,
    learn_rate_scale: float,
    scorer: Optional[Callable[..., Any]],
) -> SpanCategorizer:
    pipe = ScaledSpancat(
        nlp.vocab,
        model,
        suggester,
        name,
        spans_key=spans_key,
        threshold=threshold,
        scorer=scorer,
    )
    pipe.learn_rate_scale = learn_rate_scale
    return pipe


@Language.factory("scaled_span_finder", assigns=["doc.spans"])
def make_scaled_span_finder(
    nlp: Language,
    name: str,
    model: Model,
    spans_key: str,
    threshold: float,
    max_length: Optional[int],
    learn_rate_scale: float,
) -> SpanFinder:
    pipe = ScaledSpanFinder(
        nlp,
        model,
        name,
        spans_key=spans_key,
        threshold=threshold,
        max_length=max_length,
        scorer=None,  # the pipe that reads its spans is scored
    )
    pipe.learn_rate_scale = learn_rate_scale
    return pipe
