"""What a pretrained encoder consists of, and what its config says about it."""

from dataclasses import dataclass, field
from typing import Any, Dict, List, Optional

from torch import nn

from .windows import SpecialTokens


@dataclass
class PretrainedEncoder:
    """An encoder of the transformers library with its tokenizer.

    module: A `PreTrainedModel` in float32, without the pooling layer that some have on top: it
        has no part in the vectors of tokens.
    tokenizer: `tokenizers.Tokenizer` that neither cuts nor pads.
    special: The special tokens of a window.
    code: Python files by name, for an architecture that transformers does not contain.
    """

    module: Any
    tokenizer: Any
    special: SpecialTokens
    code: Dict[str, str] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """Size of the vectors."""
        width: int = self.module.config.hidden_size
        return width

    @property
    def n_layers(self) -> int:
        n_layers: int = self.module.config.num_hidden_layers
        return n_layers

    @property
    def layers(self) -> Optional[nn.ModuleList]:
        """The layers from the lowest to the highest; None if they share their weights, as in
        ALBERT."""
        for module in self.module.modules():
            if isinstance(module, nn.ModuleList) and len(module) == self.n_layers:
                return module
        return None

    @property
    def max_pieces(self) -> Optional[int]:
        """Maximum number of word pieces at once, with special tokens; None for no limit."""
        limits: List[int] = []
        for name, module in self.module.named_modules():
            if name.endswith("position_embeddings") and isinstance(module, nn.Embedding):
                # RoBERTa numbers its positions from the one after that of the padding
                unused = 0 if module.padding_idx is None else module.padding_idx + 1
                limits.append(module.num_embeddings - unused)
        of_config = getattr(self.module.config, "max_position_embeddings", None)
        # XLNet has no limit and says −1
        if isinstance(of_config, int) and of_config > 0:
            limits.append(of_config)
        return min(limits, default=None)


def find_special_tokens(tokenizer: Any, padding: Optional[int]) -> SpecialTokens:
    """Ask a `tokenizers.Tokenizer` what it puts before and after a text.

    padding: Index of the padding token; None for an encoder without one.
    """
    encoding = tokenizer.encode("a")
    mask = encoding.special_tokens_mask
    n_before = mask.index(0) if 0 in mask else len(mask)
    n_after = mask[::-1].index(0) if 0 in mask else 0
    return SpecialTokens(
        tuple(encoding.ids[:n_before]),
        tuple(encoding.ids[len(mask) - n_after :]),
        # where there is no padding token, the mask alone tells
        0 if padding is None else padding,
    )
