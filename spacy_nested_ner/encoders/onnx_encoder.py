"""A pretrained encoder in onnxruntime as a layer from documents to token vectors.

It differs from hugging_face.py only in the encoder itself: word pieces, windows and pooling are
the same functions. Only `export` makes it (onnx_export.py), and it only predicts.
"""

from typing import Any, Callable, List, Optional, Tuple, cast

import torch
from spacy.tokens import Doc
from thinc.api import Model, Shim
from thinc.types import Floats2d

from ..config_errors import as_config_error
from .onnx_session import OnnxEncoder, OnnxFile
from .windows import Pooling, make_encoder_input
from .word_pieces import split_into_pieces


@as_config_error()
def build_onnx_encoder(
    *, pooling: Pooling, window: int, overlap: int, max_batch: int
) -> Model[List[Doc], List[Floats2d]]:
    """Encode documents with an encoder that `export` wrote; registered as
    spacy_nested_ner.OnnxEncoder.v1.

    pooling, window, overlap, max_batch: See spacy_nested_ner.HuggingFaceEncoder.v1. An encoder
        in int8 has max_batch = 1: it rounds by the largest number of a batch, so a window is
        alone in its batch, and other documents do not change its vectors.
    RAISES (ValueError): A number is too small.
    """
    if not 0 <= overlap < window or max_batch < 1:
        raise ValueError(
            f"window={window}, overlap={overlap}, max_batch={max_batch} are not valid: choose "
            "an overlap of at least 0 and less than window, and a max_batch of at least 1."
        )
    sizes = {"window": window, "overlap": overlap, "max_batch": max_batch}
    return Model(
        "onnx_encoder",
        _forward,
        init=_init,
        attrs={"pooling": pooling, **sizes},
        dims={"nO": None},
        shims=[OnnxShim(None)],
    )


class OnnxShim(Shim):
    """An `OnnxEncoder` in a Thinc model; before loading, none."""

    encoder: Optional[OnnxEncoder] = None

    @property
    def loaded(self) -> OnnxEncoder:
        """RAISES (ValueError): There is no encoder."""
        if self.encoder is None:
            raise ValueError(
                "spacy_nested_ner.OnnxEncoder.v1 has no weights, and training cannot make "
                "them: load a pipeline that `export --runtime onnx` wrote, or train with "
                "spacy_nested_ner.HuggingFaceEncoder.v1."
            )
        return self.encoder

    def to_bytes(self) -> bytes:
        return b"" if self.encoder is None else self.encoder.file.to_bytes()

    def from_bytes(self, data: bytes) -> "OnnxShim":
        self.encoder = OnnxEncoder(OnnxFile.from_bytes(data)) if data else None
        return self

    def copy(self) -> "OnnxShim":
        return OnnxShim(None).from_bytes(self.to_bytes())

    def __getstate__(self) -> bytes:
        # a session has no form in bytes
        return self.to_bytes()

    def __setstate__(self, state: bytes) -> None:
        OnnxShim.__init__(self, None)
        self.from_bytes(state)

    def to_device(self, device_type: str, device_id: int) -> None:
        """Do nothing: the encoder computes on the CPU."""

    def finish_update(self, optimizer: Any) -> None:
        """Do nothing: the encoder does not learn."""


@as_config_error()
def _init(model: Model[List[Doc], List[Floats2d]], X: Any = None, Y: Any = None) -> None:
    model.set_dim("nO", cast(OnnxShim, model.shims[0]).loaded.file.width)


@as_config_error()
def _forward(
    model: Model[List[Doc], List[Floats2d]], docs: List[Doc], is_train: bool
) -> Tuple[List[Floats2d], Callable[[List[Floats2d]], List[Doc]]]:
    if is_train:
        raise ValueError(
            "spacy_nested_ner.OnnxEncoder.v1 only predicts: train the pipeline that was "
            "exported, and export it again."
        )
    encoder = cast(OnnxShim, model.shims[0]).loaded
    file, settings = encoder.file, model.attrs
    inputs = make_encoder_input(
        [split_into_pieces(encoder.tokenizer, doc) for doc in docs],
        file.special,
        window=settings["window"],
        overlap=settings["overlap"],
        max_batch=settings["max_batch"],
        pooling=settings["pooling"],
        device=torch.device("cpu"),
    )
    empty = torch.zeros(inputs.n_tokens, file.width)
    Y = encoder.forward(inputs) if inputs.batches else empty
    lengths = model.ops.asarray1i([len(doc) for doc in docs])
    flat = model.ops.asarray2f(Y.numpy())  # type: ignore[arg-type]
    return model.ops.unflatten(flat, lengths), lambda dY: docs
