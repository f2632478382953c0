"""The torch module of the bridge: the options of a scorer, and the scorer when it is built."""

from dataclasses import dataclass
from io import BytesIO
from typing import Any, Callable, Dict, Literal, Optional, Sequence, Union

import torch
from thinc.util import get_torch_default_device
from torch import Tensor, nn

from .global_pointer import GlobalPointer
from .saved_state import load_state

Precision = Literal["float16", "bfloat16"]
MaxSpanWidth = Union[int, Literal["auto"], None]


@dataclass(frozen=True)
class ScorerOptions:
    """The options of the scorer in a config; the widths come from the data."""

    head_size: int
    rope: bool
    efficient: bool
    linear_terms: bool
    max_span_width: MaxSpanWidth = None
    mixed_precision: Optional[Precision] = None

    def __post_init__(self) -> None:
        if self.head_size < 1 or (self.rope and self.head_size % 2):
            raise ValueError(
                f"head_size={self.head_size} does not fit: choose a positive number, an even "
                "one when rope is true, because rotary positions turn pairs of features."
            )
        width = self.max_span_width
        if isinstance(width, int) and width < 1:
            raise ValueError(
                f"max_span_width={width} leaves no span: choose a number of tokens, "
                '"auto" for the widest gold span, or null for no limit.'
            )
        if self.mixed_precision == "float16" and get_torch_default_device().type != "cuda":
            raise ValueError(
                'mixed_precision="float16" needs a GPU: use null or "bfloat16" on this '
                f"device ({get_torch_default_device()})."
            )


class ScorerSlot(nn.Module):
    """Holds the options of the scorer and, once the widths are known, the scorer.

    score (Callable): The method of the scorer for `forward` to call.
    """

    def __init__(self, options: ScorerOptions, score: Callable[..., Tensor]) -> None:
        super().__init__()
        self.options = options
        self.score = score
        self.scorer: Optional[GlobalPointer] = None
        # tokens of the widest gold span of the training data, for max_span_width="auto"
        self.widest_gold: Optional[int] = None

    @property
    def max_width(self) -> Optional[int]:
        """Widest span in tokens; None for no limit."""
        width = self.options.max_span_width
        return self.widest_gold if isinstance(width, str) else width

    def build(self, n_in: int, n_labels: int) -> None:
        """Make the weights, unless there are weights of these widths."""
        if self.scorer is not None and (self.scorer.n_in, self.scorer.n_labels) == (
            n_in,
            n_labels,
        ):
            return
        precision = self.options.mixed_precision
        self.scorer = GlobalPointer(
            n_in,
            n_labels,
            head_size=self.options.head_size,
            rope=self.options.rope,
            efficient=self.options.efficient,
            linear_terms=self.options.linear_terms,
            precision=None if precision is None else getattr(torch, precision),
        ).to(get_torch_default_device())

    def change_labels(self, kept: Sequence[int], n_labels: int) -> None:
        """Change to n_labels labels. The labels at the positions `kept` are the first of them,
        and keep their weights and logits."""
        before = self.built
        self.build(before.n_in, n_labels)
        self.built.copy_labels(before, kept)

    def forward(self, X: Tensor, *args: Any, dropout_rate: float = 0.0) -> Tensor:
        # the rate is an argument, because Thinc sets it only on its own layers
        X = nn.functional.dropout(X, dropout_rate, training=dropout_rate > 0.0)
        return self.score(self.built, X, *args)

    @property
    def built(self) -> GlobalPointer:
        if self.scorer is None:
            raise ValueError(
                "The span scorer has no weights yet: call nlp.initialize() with training "
                "examples, or load a trained pipeline."
            )
        return self.scorer


def serialize_slot(slot: ScorerSlot) -> bytes:
    scorer = slot.scorer
    file = BytesIO()
    torch.save(
        {
            "widest_gold": slot.widest_gold,
            "widths": None if scorer is None else (scorer.n_in, scorer.n_labels),
            "shape": _shape(slot.options),
            "weights": None if scorer is None else scorer.state_dict(),
        },
        file,
    )
    return file.getvalue()


def deserialize_slot(slot: ScorerSlot, state: bytes, device: torch.device) -> ScorerSlot:
    saved = load_state(state, device)
    if saved["shape"] != _shape(slot.options):
        raise ValueError(
            f"The saved span scorer was trained with {saved['shape']}, but the config says "
            f"{_shape(slot.options)}: restore these settings or train again."
        )
    slot.widest_gold = saved["widest_gold"]
    if saved["widths"] is not None:
        slot.build(*saved["widths"])
        slot.built.load_state_dict(saved["weights"], strict=True)
        slot.to(device)
    return slot


def _shape(options: ScorerOptions) -> Dict[str, Union[int, bool]]:
    """The options that decide the shape of the weights; others may change after training."""
    names = "head_size", "rope", "efficient", "linear_terms"
    return {name: getattr(options, name) for name in names}
