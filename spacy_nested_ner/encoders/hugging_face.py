"""A pretrained encoder of the Hugging Face hub as a layer from documents to token vectors.

`build_hugging_face_encoder` is the layer. The way of a batch through it:

    documents ─► word pieces ─► windows, in batches ─► encoder ─► vectors of tokens
               word_pieces.py        windows.py      encoder_slot.py

The encoder is loaded at initialisation (load_encoder.py). From then on it is a part of the
pipeline, which saves it as a whole (saved_encoder.py).
"""

from typing import Any, Callable, List, Literal, Optional, Sequence, Tuple, cast

import torch
from spacy.tokens import Doc
from thinc.api import ArgsKwargs, Model, PyTorchGradScaler, torch2xp, xp2torch
from thinc.types import Floats2d
from thinc.util import get_torch_default_device

from ..config_errors import as_config_error
from . import saved_encoder
from .encoder_slot import EncoderOptions, EncoderShim, EncoderSlot
from .load_encoder import load_encoder
from .precision import Precision
from .windows import EncoderInput, Pooling, make_encoder_input
from .word_pieces import split_into_pieces


@as_config_error()
def build_hugging_face_encoder(
    name: str,
    *,
    revision: Optional[str] = None,
    trust_remote_code: bool = False,
    pooling: Pooling = "mean",
    window: Optional[int] = None,
    overlap: Optional[int] = None,
    layers: Literal["last", "mix"] = "last",
    frozen_layers: int = 0,
    frozen_embeddings: bool = False,
    precision: Precision = "auto",
    gradient_checkpointing: bool = False,
    max_batch: int = 4096,
) -> Model[List[Doc], List[Floats2d]]:
    """Encode documents with a pretrained encoder; registered as
    spacy_nested_ner.HuggingFaceEncoder.v1.

    It takes any encoder with a fast tokenizer that `AutoModel` of the transformers library
    loads, such as BERT, RoBERTa, DeBERTa and ModernBERT. Dropout rates are those of its
    config.json; `training.dropout` does not change them. The vector of a token does not depend
    on the other documents of the batch; in bfloat16 they change its rounding.

    name (str): Name on the Hugging Face hub, or a folder; read at initialisation only.
    revision (Optional[str]): Branch, tag or commit on the hub; None for the newest.
    trust_remote_code (bool): Run the code of an architecture that transformers does not have.
    pooling (Pooling): The vector of a token is the "mean" of its word pieces, or the "first".
    window (Optional[int]): Maximum number of word pieces at once, with special tokens; None for
        512, or for what the encoder takes if that is less. A longer document becomes windows.
    overlap (Optional[int]): Number of word pieces that a window shares with the next one; None
        for a quarter of the window.
    layers (Literal["last", "mix"]): Vectors of the last layer, or a weighted mean of all layers
        and the embeddings. The weights of the mean are learnt.
    frozen_layers (int): Number of layers, from the lowest, that training leaves as they are,
        together with the embeddings.
    frozen_embeddings (bool): Whether training leaves the embeddings of word pieces as they are.
    precision (Precision): Type of the products of matrices: "float32", "bfloat16", "float16"
        (on a GPU), or "auto": bfloat16 for prediction on a CPU with fast units for it, else
        float32. The vectors are float32 in any case.
    gradient_checkpointing (bool): Save memory in training; it takes more time.
    max_batch (int): Maximum number of word pieces of a batch inside the encoder, with padding.
    RAISES (ValueError): A number is too small, or float16 without a GPU.
    """
    least_values = {
        "window": (window, 1),
        "overlap": (overlap, 0),
        "frozen_layers": (frozen_layers, 0),
        "max_batch": (max_batch, 1),
    }
    for setting, (value, least) in least_values.items():
        if value is not None and value < least:
            raise ValueError(f"{setting}={value} is too small: choose at least {least}.")
    if precision == "float16" and get_torch_default_device().type != "cuda":
        raise ValueError(
            f'precision="float16" needs a GPU: use "auto", "float32" or "bfloat16" on this '
            f"device ({get_torch_default_device()})."
        )
    options = EncoderOptions(
        name=name,
        revision=revision,
        trust_remote_code=trust_remote_code,
        pooling=pooling,
        window=window,
        overlap=overlap,
        layers=layers,
        frozen_layers=frozen_layers,
        frozen_embeddings=frozen_embeddings,
        precision=precision,
        gradient_checkpointing=gradient_checkpointing,
        max_batch=max_batch,
    )
    shim = EncoderShim(
        EncoderSlot(options),
        # the module does the casts itself; the gradients of float16 need scaling
        grad_scaler=PyTorchGradScaler(precision == "float16"),
        serialize_model=_serialize,
        deserialize_model=_deserialize,
    )
    return Model("hugging_face_encoder", _forward, init=_init, dims={"nO": None}, shims=[shim])


@as_config_error()
def _init(model: Model[List[Doc], List[Floats2d]], X: Any = None, Y: Any = None) -> None:
    """Load the pretrained encoder, unless the pipeline has it as it was published."""
    shim = cast(EncoderShim, model.shims[0])
    slot, options = shim.slot, shim.slot.options
    if slot.pretrained is None or (shim.learned and slot.learns):
        pretrained = load_encoder(
            options.name,
            revision=options.revision,
            trust_remote_code=options.trust_remote_code,
        )
        slot.fill(pretrained, get_torch_default_device())
        shim.begin_again(slot)
    model.set_dim("nO", slot.built.width)


def _forward(
    model: Model[List[Doc], List[Floats2d]], docs: List[Doc], is_train: bool
) -> Tuple[List[Floats2d], Callable[[List[Floats2d]], List[Doc]]]:
    shim = cast(EncoderShim, model.shims[0])
    slot = shim.slot
    inputs = arrange(slot, docs, shim.device)
    lengths = model.ops.asarray1i([len(doc) for doc in docs])
    # a frozen encoder computes as in prediction, without dropout
    training = is_train and slot.learns and bool(inputs.batches)
    if inputs.batches:
        Y, backprop_call = shim(ArgsKwargs((inputs,), {"training": training}), training)
    else:
        Y = torch.zeros(inputs.n_tokens, slot.built.width, device=shim.device)

    def backprop(dY: List[Floats2d]) -> List[Doc]:
        if training:
            d_flat = xp2torch(model.ops.xp.concatenate(dY), device=shim.device)
            backprop_call(ArgsKwargs(((Y,),), {"grad_tensors": (d_flat,)}))
        return docs

    return model.ops.unflatten(cast(Floats2d, torch2xp(Y.detach())), lengths), backprop


def arrange(slot: EncoderSlot, docs: Sequence[Doc], device: torch.device) -> EncoderInput:
    """Word pieces of documents in batches for the encoder."""
    pretrained, options = slot.built, slot.options
    window, overlap = slot.sizes_for(pretrained)
    return make_encoder_input(
        [split_into_pieces(pretrained.tokenizer, doc) for doc in docs],
        pretrained.special,
        window=window,
        overlap=overlap,
        max_batch=options.max_batch,
        pooling=options.pooling,
        device=device,
    )


def _serialize(slot: EncoderSlot) -> bytes:
    if slot.pretrained is None:
        return b""
    return saved_encoder.to_bytes(slot.pretrained, slot.state_dict())


def _deserialize(slot: EncoderSlot, saved: bytes, device: torch.device) -> EncoderSlot:
    # a new one: if something fails, the present encoder stays
    filled = EncoderSlot(slot.options)
    if saved:
        pretrained, weights = saved_encoder.from_bytes(
            saved, trust_remote_code=slot.options.trust_remote_code
        )
        filled.fill(pretrained, device)
        saved_encoder.load_weights(filled, weights)
    return filled
