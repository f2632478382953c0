"""Several models as one: each learns by itself, and the mean of their logits decides.

Models that start from other weights err in other places, so their mean errs less than any of
them. What it costs is plain: so many times the training, the prediction and the size.
"""

from typing import Any, Callable, List, Optional, Tuple

from spacy.tokens import Doc
from thinc.api import Model
from torch import Tensor

from ..config_errors import told_as_config_error
from .bridge import scorer_slot
from .span_logits import SpanLogits

SpanModel = Model[List[Doc], SpanLogits]


@told_as_config_error()
def build_ensemble(*members: SpanModel) -> SpanModel:
    """The mean of the logits of several models; registered as spacy_nested_ner.Ensemble.v1.

    Each member gets the gradient of its own loss, as if it were alone.

    members (Model[List[Doc], SpanLogits]): Of GlobalPointer.v1. Their encoders may differ, and
        may listen to one that they share; the options of their scorers have to be the same.
    RAISES (ValueError): For fewer than two members, one of another architecture, or scorers
        with other options.
    """
    if len(members) < 2:
        raise ValueError(
            f"An ensemble of {len(members)} is none: name two models or more in the section "
            "[….model.*], or take the model itself."
        )
    if not all(member.has_ref("head") for member in members):
        raise ValueError(
            "A member of an ensemble is not a spacy_nested_ner.GlobalPointer.v1: name that "
            "architecture in each."
        )
    options = [scorer_slot(member.get_ref("head")).options for member in members]
    if different := [other for other in options if other != options[0]]:
        raise ValueError(
            f"The members of an ensemble score spans differently, {options[0]} and "
            f"{different[0]}: give all the same options; their encoders alone may differ."
        )
    return Model(
        "ensemble",
        _forward,
        init=_initialize,
        layers=list(members),
        attrs={"fit_width": fit_members_width},
    )


def fit_members_width(model: SpanModel, widest: int) -> Optional[int]:
    """Tell each member of the widest gold span, see `architectures.fit_width`.

    RETURNS: The widest span that is scored, in tokens; None for no limit.
    """
    (width,) = {member.attrs["fit_width"](member, widest) for member in model.layers}
    return width


def _initialize(model: SpanModel, X: Any = None, Y: Any = None) -> None:
    for member in model.layers:
        member.initialize(X=X, Y=Y)


def _forward(
    model: SpanModel, docs: List[Doc], is_train: bool
) -> Tuple[SpanLogits, Callable[[Tensor], List[Doc]]]:
    scores, backprops = zip(*(member(docs, is_train) for member in model.layers))

    def backprop(d_logits: Tensor) -> List[Doc]:
        for backprop_member, d_member in zip(backprops, d_logits):
            backprop_member(d_member[None])
        return docs

    return SpanLogits.mean_of(scores), backprop
