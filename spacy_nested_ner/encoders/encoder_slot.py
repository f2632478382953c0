"""A pretrained encoder as one torch module, from word pieces to vectors of tokens."""

import copy
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Dict, List, Literal, Optional, Tuple, cast

import torch
from thinc.api import Optimizer
from torch import Tensor, nn

from ..model.in_place_shim import InPlaceShim
from ..user_error import UserError
from .precision import Precision, low_precision
from .pretrained_encoder import PretrainedEncoder
from .windows import EncoderInput, Pooling

# Windows are this long unless the config says otherwise: attention costs the square of it.
DEFAULT_WINDOW = 512


@dataclass(frozen=True)
class EncoderOptions:
    """The options of an encoder in a config; see `build_hugging_face_encoder`."""

    name: str
    revision: Optional[str]
    trust_remote_code: bool
    pooling: Pooling
    window: Optional[int]
    overlap: Optional[int]
    layers: Literal["last", "mix"]
    frozen_layers: int
    frozen_embeddings: bool
    precision: Precision
    gradient_checkpointing: bool
    max_batch: int


class EncoderSlot(nn.Module):
    """Holds the options of an encoder and, after initialisation or loading, the encoder.

    Threads may share the module, and a switch between training and prediction would change the
    dropout of all of them. So there are up to three forms of the encoder, and none of them ever
    changes its mode: `encoder` predicts; a copy that shares its weights and has dropout trains;
    a copy with rounded weights predicts in bfloat16 on a CPU.
    """

    def __init__(self, options: EncoderOptions) -> None:
        super().__init__()
        self.options = options
        self.pretrained: Optional[PretrainedEncoder] = None
        self.encoder: Optional[nn.Module] = None
        # one weight for each layer and the embeddings, before softmax
        self.mix: Optional[nn.Parameter] = None
        # in a dictionary: torch would save and list a module that is an attribute
        self._forms: Dict[str, nn.Module] = {}

    def fill(self, pretrained: PretrainedEncoder, device: torch.device) -> None:
        """Take an encoder.

        RAISES (UserError): It cannot do what the options ask for.
        """
        options, module = self.options, pretrained.module
        limit = pretrained.max_pieces
        if options.window is not None and limit is not None and options.window > limit:
            raise UserError(
                f"window={options.window} is more than the {limit} word pieces that "
                f"'{options.name}' takes at once: choose at most {limit}, or null."
            )
        window, overlap = self.sizes_for(pretrained)
        room = window - len(pretrained.special)
        if overlap >= room:
            raise UserError(
                f"overlap={overlap} does not fit into window={window} with "
                f"{len(pretrained.special)} special tokens: choose a larger window, or an "
                "overlap that is less than the rest of it."
            )
        if options.gradient_checkpointing and not module.supports_gradient_checkpointing:
            raise UserError(
                f"'{options.name}' ({type(module).__name__}) has no gradient checkpointing: "
                "set gradient_checkpointing to false."
            )
        freeze(pretrained, options)
        self.pretrained, self.encoder = pretrained, module
        if options.layers == "mix":
            self.mix = nn.Parameter(torch.zeros(pretrained.n_layers + 1))
        self.to(device)

    def sizes_for(self, pretrained: PretrainedEncoder) -> Tuple[int, int]:
        """Number of word pieces in a window, with special tokens, and in an overlap."""
        limit = pretrained.max_pieces or DEFAULT_WINDOW
        window = self.options.window or min(limit, DEFAULT_WINDOW)
        overlap = self.options.overlap
        return window, window // 4 if overlap is None else overlap

    @property
    def built(self) -> PretrainedEncoder:
        if self.pretrained is None:
            raise ValueError(
                "The encoder has no weights yet: call nlp.initialize(), or load a trained "
                "pipeline."
            )
        return self.pretrained

    @property
    def learns(self) -> bool:
        """Whether training changes any weight."""
        return any(weight.requires_grad for weight in self.parameters())

    def train(self, mode: bool = True) -> "EncoderSlot":
        """Do nothing: each form of the encoder keeps its mode."""
        return self

    def forget_rounded_form(self) -> None:
        """Round the weights again when they are needed: they changed."""
        self._forms.pop("rounded", None)

    def _apply(self, fn: Any, recurse: bool = True) -> "EncoderSlot":
        # to another device: the other forms follow when they are needed
        self._forms.clear()
        moved: EncoderSlot = super()._apply(fn, recurse)
        return moved

    def forward(self, inputs: EncoderInput, *, training: bool) -> Tensor:
        """Vectors of tokens, (T, D), in float32."""
        device = next(self.parameters()).device
        dtype = low_precision(self.options.precision, device, training=training)
        form: Any = self.encoder
        if training:
            form = self._form("training")
            keep_gradients_dense(form)
        elif dtype == torch.bfloat16 and device.type == "cpu":
            # autocast would round the weights in each call
            form, dtype = self._form("rounded"), None
        with (
            torch.inference_mode(not training),
            torch.autocast(device.type, dtype=dtype) if dtype else nullcontext(),
        ):
            rows = [
                self.encode(form, ids, mask).float().flatten(0, 1)  # (n · L, D)
                for ids, mask in inputs.batches
            ]
            return inputs.pool(torch.cat(rows))

    def encode(self, form: Any, ids: Tensor, mask: Tensor) -> Tensor:
        """Word pieces of a batch, (n, L), to their vectors, (n, L, D)."""
        mix = self.mix
        output = form(input_ids=ids, attention_mask=mask, output_hidden_states=mix is not None)
        if mix is None:
            vectors: Tensor = output.last_hidden_state
            return vectors
        weights = mix.softmax(0)
        return torch.stack([w * h for w, h in zip(weights, output.hidden_states)]).sum(0)

    def _form(self, name: str) -> nn.Module:
        if name not in self._forms:
            with torch.inference_mode(False):
                make = {
                    "training": self._make_training_form,
                    "rounded": self._make_rounded_form,
                }
                self._forms[name] = make[name]()
        return self._forms[name]

    def _make_training_form(self) -> nn.Module:
        assert self.encoder is not None
        shared = {id(x): x for x in (*self.encoder.parameters(), *self.encoder.buffers())}
        form: Any = copy.deepcopy(self.encoder, shared).train()
        # a batch has few of the word pieces: only their rows are added to the gradient
        for embedding in embeddings_of(form):
            embedding.sparse = True
        if self.options.gradient_checkpointing:
            # the name in transformers 5, and in 4
            for name in ("activation_checkpointing_enable", "gradient_checkpointing_enable"):
                if hasattr(form, name):
                    getattr(form, name)({"use_reentrant": False})
                    break
        return cast(nn.Module, form)

    def _make_rounded_form(self) -> nn.Module:
        form = copy.deepcopy(self.encoder)
        assert form is not None
        # not the buffers: rounded frequencies of rotary positions give other positions
        for weight in form.parameters():
            weight.requires_grad_(False)
            weight.data = weight.data.bfloat16()
        return form


class EncoderShim(InPlaceShim):
    """An `EncoderSlot` in a Thinc model."""

    @property
    def slot(self) -> EncoderSlot:
        return cast(EncoderSlot, self._model)

    def finish_update(self, optimizer: Optimizer) -> None:
        super().finish_update(optimizer)
        self.slot.forget_rounded_form()


def embeddings_of(module: nn.Module) -> List[nn.Embedding]:
    return [part for part in module.modules() if isinstance(part, nn.Embedding)]


def keep_gradients_dense(module: nn.Module) -> None:
    """Let torch add the sparse gradients of embeddings to dense ones, which optimizers and
    clipping can read."""
    for embedding in embeddings_of(module):
        weight = embedding.weight
        if weight.requires_grad and weight.grad is None:
            weight.grad = torch.zeros_like(weight)


def freeze(pretrained: PretrainedEncoder, options: EncoderOptions) -> None:
    """Leave weights out of training.

    RAISES (UserError): The encoder does not have so many layers, or they share their weights.
    """
    module, n_frozen = pretrained.module, options.frozen_layers
    if n_frozen > pretrained.n_layers:
        raise UserError(
            f"frozen_layers={n_frozen} is more than the {pretrained.n_layers} layers of "
            f"'{options.name}': choose at most {pretrained.n_layers}."
        )
    if options.frozen_embeddings:
        module.get_input_embeddings().requires_grad_(False)
    if n_frozen == pretrained.n_layers:
        module.requires_grad_(False)
    elif n_frozen:
        layers = pretrained.layers
        if layers is None:
            raise UserError(
                f"The layers of '{options.name}' share their weights, so "
                f"frozen_layers={n_frozen} is not possible: choose 0 for none or "
                f"{pretrained.n_layers} for all."
            )
        below = (getattr(module, name, None) for name in ("embeddings", "embeddings_project"))
        for part in (*below, *layers[:n_frozen]):
            if part is not None:
                part.requires_grad_(False)
