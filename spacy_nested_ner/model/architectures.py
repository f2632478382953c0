"""The registered architectures: a token encoder and the Global Pointer on top of it."""

from typing import List, Optional, Sequence, Tuple

from spacy.tokens import Doc
from thinc.api import Model, chain, with_getitem
from thinc.types import Floats2d, Ragged

from ..config_errors import as_config_error
from .bridge import build_grid_head, build_spans_head, change_labels, scorer_slot
from .scorer_slot import MaxSpanWidth, Precision, ScorerOptions
from .span_logits import SpanLogits


@as_config_error()
def build_global_pointer(
    tok2vec: Model[List[Doc], List[Floats2d]],
    *,
    head_size: int = 64,
    rope: bool = True,
    efficient: bool = False,
    linear_terms: bool = True,
    max_span_width: MaxSpanWidth = "auto",
    mixed_precision: Optional[Precision] = None,
) -> Model[List[Doc], SpanLogits]:
    """Logits of all spans of documents for all labels, for `nested_spancat`; registered as
    spacy_nested_ner.GlobalPointer.v1.

    tok2vec (Model[List[Doc], List[Floats2d]]): Token vectors, (tokens, D) a document.
    head_size (int): Size of the query and key of a token; even if `rope`.
    rope (bool): Rotary positions: the scorer sees the distance of two tokens.
    efficient (bool): Share queries and keys between labels, for hundreds of labels.
    linear_terms (bool): Add scores of every token of a span, not only of the first and the
        last one.
    max_span_width (Union[int, str, None]): Widest span in tokens. "auto": the widest gold
        span found at initialisation. None: no limit; time and memory then grow with the
        square of the length of a document.
    mixed_precision (Optional[str]): "float16" (GPU) or "bfloat16" for the products of the
        scorer; logits are always float32.
    """
    options = ScorerOptions(
        head_size, rope, efficient, linear_terms, max_span_width, mixed_precision
    )
    head = build_grid_head(options)
    model: Model[List[Doc], SpanLogits] = chain(tok2vec, head)
    model.set_ref("tok2vec", tok2vec)
    model.set_ref("head", head)
    model.attrs["fit_width"] = fit_width
    model.attrs["widen"] = widen
    model.attrs["resize_output"] = add_labels
    model.attrs["keep_labels"] = keep_labels
    return model


def fit_width(model: Model[List[Doc], SpanLogits], widest: int) -> Optional[int]:
    """Set the width of the widest gold span; the component calls this at initialisation.

    widest (int): Tokens of the widest gold span in the training data.
    RETURNS (Optional[int]): Widest span that is scored; None for no limit.
    RAISES (ValueError): If the model is set to narrower spans.
    """
    slot = scorer_slot(model.get_ref("head"))
    slot.widest_gold = widest
    if slot.max_width is not None and slot.max_width < widest:
        raise ValueError(
            f"max_span_width={slot.max_width} would cut the widest gold span, which has "
            f'{widest} tokens: raise it to {widest}, or set it to "auto".'
        )
    return slot.max_width


def widen(model: Model[List[Doc], SpanLogits], widest: int) -> bool:
    """Let a trained model score spans of `widest` tokens, too.

    RETURNS (bool): Whether it did not before.
    RAISES (ValueError): If the model is set to narrower spans.
    """
    limit = scorer_slot(model.get_ref("head")).max_width
    if limit is None or widest <= limit:
        return False
    fit_width(model, widest)
    return True


def add_labels(
    model: Model[List[Doc], SpanLogits], n_labels: int
) -> Model[List[Doc], SpanLogits]:
    """Grow a model with weights to n_labels labels; the logits of the earlier ones stay."""
    return keep_labels(model, range(model.get_dim("nO")), n_labels)


def keep_labels(
    model: Model[List[Doc], SpanLogits], kept: Sequence[int], n_labels: Optional[int] = None
) -> Model[List[Doc], SpanLogits]:
    """Change the labels of a model with weights.

    kept (Sequence[int]): Positions of the labels that stay. They become the first ones, and
        their logits stay.
    n_labels (Optional[int]): Number of labels afterwards; None for those that stay.
    """
    n_labels = len(kept) if n_labels is None else n_labels
    change_labels(model.get_ref("head"), kept, n_labels)
    model.set_dim("nO", n_labels, force=True)
    return model


@as_config_error()
def build_global_pointer_spancat(
    tok2vec: Model[List[Doc], List[Floats2d]],
    *,
    head_size: int = 64,
    rope: bool = True,
    efficient: bool = False,
    linear_terms: bool = True,
    mixed_precision: Optional[Precision] = None,
) -> Model[Tuple[List[Doc], Ragged], Floats2d]:
    """Probabilities of suggested spans, (N, L): the same scorer as the model of spaCy's own
    `spancat` with any suggester; registered as spacy_nested_ner.GlobalPointerSpancat.v1.

    The options are those of `build_global_pointer`; the suggester limits the widths. Unlike
    the stock model, it trains spancat on cross-entropy, not on squared error.
    """
    options = ScorerOptions(head_size, rope, efficient, linear_terms, None, mixed_precision)
    head = build_spans_head(options)
    model: Model[Tuple[List[Doc], Ragged], Floats2d] = chain(with_getitem(0, tok2vec), head)
    model.set_ref("tok2vec", tok2vec)
    model.set_ref("head", head)
    return model
