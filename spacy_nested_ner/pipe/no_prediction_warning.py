"""A warning with the reason if a pipe predicts no span and the gold documents have some."""

import warnings
from typing import Iterable, List, Mapping, Protocol, Sequence, Tuple

import numpy
import torch
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Model

from ..decoding.spans import PredictedSpans
from ..decoding.thresholds import LogitThresholds
from ..model.span_logits import SpanLogits

# A new pipe predicts its first spans after about ten updates: without any, the warning would
# come in every training, because spaCy evaluates after the first update.
FEW_UPDATES = 100
# documents: enough to estimate how probable spans are
_SAMPLE_SIZE = 100


class SpanPipe(Protocol):
    """The part of `NestedSpanCategorizer` that the warning needs."""

    name: str
    spans_key: str
    threshold: float
    thresholds: Mapping[str, float]
    model: Model[List[Doc], SpanLogits]

    @property
    def labels(self) -> Tuple[str, ...]: ...

    def predict(self, docs: Iterable[Doc]) -> PredictedSpans: ...

    def logit_thresholds(self) -> LogitThresholds: ...


def warn_of_no_prediction(pipe: SpanPipe, examples: Sequence[Example]) -> None:
    """Warn if the examples have gold spans and no predicted span.

    The reason is either a pipe that did not run on them, or thresholds above all
    probabilities.
    """
    key = pipe.spans_key
    docs = [eg.predicted for eg in examples]
    n_gold = sum(len(eg.reference.spans.get(key, [])) for eg in examples)
    if not n_gold or any(doc.spans.get(key) for doc in docs):
        return
    some = [doc for doc in docs if len(doc)][:_SAMPLE_SIZE]
    if len(pipe.predict(some).doc):
        why = (
            "this pipe predicts some when it runs alone, so it did not run on them, or another "
            "component removed them: check the order of the pipeline."
        )
    else:
        thresholds = pipe.logit_thresholds()
        highest = pipe.model.predict(some).highest().cpu()
        probability = (highest * torch.as_tensor(thresholds.scale)).sigmoid().numpy()
        # the label whose best span is closest to its threshold
        label = int(numpy.argmax(highest.numpy() - numpy.minimum(thresholds.logit, 1e9)))
        name = pipe.labels[label]
        own = name in pipe.thresholds
        threshold = pipe.thresholds[name] if own else pipe.threshold
        why = (
            f"the most probable span reaches {probability[label]:.3g}, and the threshold "
            f"{f'of its label {name!r} ' if own else ''}is {threshold}: train for more updates "
            "or with a higher learn rate, or lower the threshold."
        )
    warnings.warn(
        f"{pipe.name} predicted no span in {len(docs)} documents, but doc.spans[{key!r}] has "
        f"{n_gold} gold spans: {why}",
        stacklevel=3,
    )
