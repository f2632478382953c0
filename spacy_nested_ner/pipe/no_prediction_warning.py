"""Why a pipe predicted nothing at all where gold has spans, told as a warning."""

import warnings
from typing import Iterable, List, Mapping, Protocol, Sequence, Tuple

import numpy
import torch
from spacy.tokens import Doc
from spacy.training import Example
from thinc.api import Model

from ..decoding.decode import Cutoffs, DecodedSpans
from ..model.span_logits import SpanLogits

# enough to see how probable spans are
_SAMPLE_SIZE = 100


class SpanPipe(Protocol):
    """What is asked of a pipe: `NestedSpanCategorizer` has it all."""

    name: str
    spans_key: str
    threshold: float
    thresholds: Mapping[str, float]
    model: Model[List[Doc], SpanLogits]

    @property
    def labels(self) -> Tuple[str, ...]: ...

    def predict(self, docs: Iterable[Doc]) -> DecodedSpans: ...

    def cutoffs(self) -> Cutoffs: ...


def warn_of_no_prediction(pipe: SpanPipe, examples: Sequence[Example]) -> None:
    """Warn if there is no predicted span in all the examples, but a gold one."""
    key = pipe.spans_key
    docs = [eg.predicted for eg in examples]
    n_gold = sum(len(eg.reference.spans.get(key, [])) for eg in examples)
    if not n_gold or any(doc.spans.get(key) for doc in docs):
        return
    some = [doc for doc in docs if len(doc)][:_SAMPLE_SIZE]
    if len(pipe.predict(some).doc):
        why = (
            "this pipe would predict some, so it did not run on them or another "
            "component has emptied the group: look at the order of the pipeline."
        )
    else:
        cutoffs = pipe.cutoffs()
        highest = pipe.model.predict(some).highest().cpu()
        probability = (highest * torch.as_tensor(cutoffs.scale)).sigmoid().numpy()
        # the label whose best span is closest to its threshold
        label = int(numpy.argmax(highest.numpy() - numpy.minimum(cutoffs.limit, 1e9)))
        name = pipe.labels[label]
        own = name in pipe.thresholds
        threshold = pipe.thresholds[name] if own else pipe.threshold
        why = (
            f"the most probable span reaches {probability[label]:.3g}, and the threshold "
            f"{f'of its label {name!r} ' if own else ''}is {threshold}: train for more updates "
            "or with a higher learn rate, or lower the threshold."
        )
    warnings.warn(
        f"{pipe.name} predicted no span in {len(docs)} documents, where doc.spans[{key!r}] "
        f"has {n_gold} gold spans: {why}",
        stacklevel=3,
    )
