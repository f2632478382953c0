"""The factory `nested_spancat`: from the settings of a config to the pipe."""

from typing import List, Optional

from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import Config, Model

from .component import DEFAULT_SPANS_KEY, NestedSpanCategorizer
from .config_errors import told_as_config_error
from .losses import SpanLoss
from .model.span_logits import SpanLogits
from .scorer import SpanScorer

DEFAULT_CONFIG = Config().from_str(
    """
[model]
@architectures = "spacy_nested_ner.GlobalPointer.v1"
head_size = 64
rope = true
efficient = false
max_span_width = "auto"
mixed_precision = null

[model.tok2vec]
@architectures = "spacy.Tok2Vec.v2"

[model.tok2vec.embed]
@architectures = "spacy.MultiHashEmbed.v2"
width = 96
rows = [5000, 1000, 2500, 1000]
attrs = ["NORM", "PREFIX", "SUFFIX", "SHAPE"]
include_static_vectors = false

[model.tok2vec.encode]
@architectures = "spacy.MaxoutWindowEncoder.v2"
width = ${model.tok2vec.embed.width}
window_size = 1
maxout_pieces = 3
depth = 4

[loss]
@losses = "EMC.v1"

[scorer]
@scorers = "spacy_nested_ner.nested_spancat_scorer.v1"
"""
)


@Language.factory(
    "nested_spancat",
    assigns=["doc.spans"],
    default_config={
        **DEFAULT_CONFIG,
        "spans_key": DEFAULT_SPANS_KEY,
        "threshold": 0.5,
        "learn_rate_scale": 1.0,
    },
    default_score_weights={
        f"spans_{DEFAULT_SPANS_KEY}_f": 1.0,
        f"spans_{DEFAULT_SPANS_KEY}_p": 0.0,
        f"spans_{DEFAULT_SPANS_KEY}_r": 0.0,
    },
)
def make_nested_spancat(
    nlp: Language,
    name: str,
    model: Model[List[Doc], SpanLogits],
    loss: SpanLoss,
    spans_key: str,
    threshold: float,
    learn_rate_scale: float,
    scorer: Optional[SpanScorer],
) -> NestedSpanCategorizer:
    """Factory of the pipe `nested_spancat`; see `NestedSpanCategorizer`."""
    with told_as_config_error():  # inside, for spaCy reads the arguments off the function
        return NestedSpanCategorizer(
            nlp.vocab,
            model,
            name,
            loss=loss,
            spans_key=spans_key,
            threshold=threshold,
            learn_rate_scale=learn_rate_scale,
            scorer=scorer,
        )
