"""The factory `nested_spancat`: makes the pipe from the settings of a config."""

from typing import Any, List, Optional

from spacy.language import Language
from spacy.tokens import Doc
from thinc.api import Config, Model

from ..config_errors import as_config_error
from ..decoding.policies import Overlap, Preference
from ..decoding.settings import read_label_values
from ..losses.span_losses import SpanLoss
from ..model.span_logits import SpanLogits
from ..scoring.score_weights import DEFAULT_SPANS_KEY, FACTORY, default_score_weights
from ..scoring.scorer import SpanScorer
from .component import NestedSpanCategorizer
from .owner import Owner

DEFAULT_CONFIG = Config().from_str(
    """
[model]
@architectures = "spacy_nested_ner.GlobalPointer.v1"
head_size = 64
rope = true
efficient = false
linear_terms = true
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
@losses = "spacy_nested_ner.EMC.v1"

[scorer]
@scorers = "spacy_nested_ner.nested_spancat_scorer.v1"
"""
)


@Language.factory(
    FACTORY,
    # doc.ents only if the setting `ents` is not null
    assigns=["doc.spans", "doc.ents", "token.ent_iob", "token.ent_type"],
    default_config={
        **DEFAULT_CONFIG,
        "spans_key": DEFAULT_SPANS_KEY,
        "threshold": 0.5,
        "thresholds": [],
        "temperatures": [],
        "overlap": "all",
        "prefer": "probability",
        "max_depth": None,
        "ents": None,
        "learn_rate_scale": 1.0,
    },
    default_score_weights=default_score_weights(DEFAULT_SPANS_KEY),
)
def make_nested_spancat(
    nlp: Language,
    name: str,
    model: Model[List[Doc], SpanLogits],
    loss: SpanLoss,
    spans_key: str,
    threshold: float,
    thresholds: List[List[Any]],
    temperatures: List[List[Any]],
    overlap: Overlap,
    prefer: Preference,
    max_depth: Optional[int],
    ents: Optional[Preference],
    learn_rate_scale: float,
    scorer: Optional[SpanScorer],
) -> NestedSpanCategorizer:
    """Factory of the pipe `nested_spancat`; see `NestedSpanCategorizer`.

    thresholds, temperatures (List[List[Any]]): [[label, number], …]; see `read_label_values`.
    """
    # not a decorator: spaCy inspects the arguments of this function
    with as_config_error():
        pipe = NestedSpanCategorizer(
            nlp.vocab,
            model,
            name,
            loss=loss,
            spans_key=spans_key,
            threshold=threshold,
            thresholds=read_label_values(thresholds, setting="thresholds"),
            temperatures=read_label_values(temperatures, setting="temperatures"),
            overlap=overlap,
            prefer=prefer,
            max_depth=max_depth,
            ents=ents,
            learn_rate_scale=learn_rate_scale,
            scorer=scorer,
        )
    pipe.owner = Owner(nlp)
    pipe.one_time_warnings.of_shared_key(pipe, nlp)
    return pipe
