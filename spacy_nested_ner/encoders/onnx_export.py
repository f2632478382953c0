"""Put an encoder in the ONNX format in place of the pretrained encoder of a pipeline."""

import copy
import inspect
import logging
import warnings
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict, Iterator, List, Literal

import torch
from spacy.language import Language
from spacy.util import load_model_from_config
from thinc.api import Config, Model
from torch import Tensor, nn

from ..user_error import UserError
from .encoder_slot import EncoderShim, EncoderSlot
from .onnx_encoder import OnnxShim, build_onnx_encoder
from .onnx_session import INPUTS, OUTPUT, OnnxEncoder, OnnxFile, import_onnxruntime
from .windows import EncoderInput

TORCH, ONNX = "spacy_nested_ner.HuggingFaceEncoder.v1", "spacy_nested_ner.OnnxEncoder.v1"
INSTALL = "python -m pip install 'spacy-nested-ner[hf,onnx-export]'"
OnnxPrecision = Literal["float32", "int8"]
# the largest file of the format
MAX_BYTES = 2**31 - 1
# largest difference of a number in a vector, relative to the largest number of all
TOLERANCE = 1e-4


def to_onnx(nlp: Language, *, precision: OnnxPrecision) -> Language:
    """Copy a pipeline, with its pretrained encoders in the ONNX format.

    precision: "int8" rounds the weights of each neuron to 7 bits, and what goes into a layer to
        8 bits. With all 8 bits for the weights, the sums of a CPU without VNNI overflow.
    RAISES (UserError): A library is missing; there is no pretrained encoder; an encoder cannot
        be exported, or predicts something else in onnxruntime.
    """
    check_libraries()
    found = [name for name, pipe in nlp.components if has_encoder(pipe)]
    if not found:
        raise UserError(
            f"The pipeline ({', '.join(nlp.pipe_names) or 'empty'}) has no pretrained encoder "
            f"of {TORCH}: give a pipeline with one."
        )
    copied = load_model_from_config(nlp.config).from_bytes(nlp.to_bytes())
    for name in found:
        replace_encoder(copied, name, precision)
    return copied


def check_libraries() -> None:
    """RAISES (UserError): A library for the export is missing or too old."""
    import_onnxruntime()
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise UserError(f"The export needs onnxscript ({error}): run `{INSTALL}`.") from error
    if "dynamic_shapes" not in inspect.signature(torch.onnx.export).parameters:
        raise UserError(
            f"PyTorch {torch.__version__} cannot export the encoder: install PyTorch 2.9 or "
            "newer."
        )


def has_encoder(pipe: Any) -> bool:
    model = getattr(pipe, "model", None)
    return isinstance(model, Model) and bool(nodes_of_encoders(model))


def nodes_of_encoders(model: Model[Any, Any]) -> List[Model[Any, Any]]:
    return [
        node
        for node in model.walk()
        if any(isinstance(shim, EncoderShim) for shim in node.shims)
    ]


def replace_encoder(nlp: Language, name: str, precision: OnnxPrecision) -> None:
    """Replace the encoder of a pipe, in its model and in its config."""
    pipe: Any = nlp.get_pipe(name)
    nodes = nodes_of_encoders(pipe.model)
    if len(nodes) > 1:
        raise UserError(
            f"The pipe '{name}' has {len(nodes)} pretrained encoders: only one can be exported."
        )
    (old,), (shim,) = nodes, nodes[0].shims
    assert isinstance(shim, EncoderShim)
    slot = shim.slot
    window, overlap = slot.sizes_for(slot.built)
    settings: Dict[str, Any] = {
        "pooling": slot.options.pooling,
        "window": window,
        "overlap": overlap,
        # in int8 a window is alone, see `build_onnx_encoder`
        "max_batch": slot.options.max_batch if precision == "float32" else 1,
    }
    new = build_onnx_encoder(**settings)
    (new_shim,) = new.shims
    assert isinstance(new_shim, OnnxShim)
    new_shim.encoder = export_encoder(slot, precision)
    new.initialize()
    if pipe.model is old:
        pipe.model = new
    else:
        pipe.model.replace_node(old, new)
    config = nlp.get_pipe_config(name)
    nlp._pipe_configs[name] = Config(
        replace_block(config, {"@architectures": ONNX, **settings})
    )


def replace_block(config: Any, block: Dict[str, Any]) -> Any:
    """Replace the block of the encoder wherever it is in the config of a pipe."""
    if not isinstance(config, dict):
        return config
    if config.get("@architectures") == TORCH:
        return block
    return {key: replace_block(value, block) for key, value in config.items()}


def export_encoder(slot: EncoderSlot, precision: OnnxPrecision) -> OnnxEncoder:
    """RAISES (UserError): It cannot be exported, or predicts something else in onnxruntime."""
    pretrained = slot.built
    architecture = type(pretrained.module).__name__
    module = make_exported_form(slot)
    ids = example_pieces(slot)
    # here and not at import: releases of PyTorch that cannot export do not have it
    any_size = torch.export.Dim.DYNAMIC
    try:
        with quiet(), torch.no_grad():
            program: Any = torch.onnx.export(
                module,
                (ids, torch.ones_like(ids)),
                dynamo=True,
                input_names=INPUTS,
                output_names=[OUTPUT],
                # any number of windows, of any length
                dynamic_shapes=({0: any_size, 1: any_size},) * 2,
                verbose=False,
            )
        proto = program.model_proto
    except Exception as error:  # of torch.export, of onnxscript, or of the architecture
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise UserError(
            f"PyTorch {torch.__version__} cannot export the encoder ({architecture}: {reason})"
            ": choose an encoder of another architecture, or keep the pipeline as it is."
        ) from error
    if proto.ByteSize() > MAX_BYTES:
        raise UserError(
            f"The encoder ({architecture}) has {proto.ByteSize() / 2**30:.1f} GB, and an ONNX "
            "file at most 2: choose a smaller encoder."
        )
    special = pretrained.special

    def ready(onnx: bytes) -> OnnxEncoder:
        tokenizer = pretrained.tokenizer.to_str()
        return OnnxEncoder(OnnxFile(onnx, tokenizer, special, pretrained.width))

    exported = ready(proto.SerializeToString())
    check_vectors(module, exported, slot)
    return exported if precision == "float32" else ready(round_weights(proto))


def example_pieces(slot: EncoderSlot) -> Tensor:
    """Two windows of word pieces, (2, L)."""
    window, _ = slot.sizes_for(slot.built)
    special = slot.built.special
    room = min(window, 24) - len(special)
    n_pieces = slot.built.tokenizer.get_vocab_size()
    inside = torch.arange(2 * room).reshape(2, room) % n_pieces
    before, after = (
        torch.tensor([tokens] * 2, dtype=torch.long).reshape(2, -1)
        for tokens in (special.before, special.after)
    )
    return torch.cat((before, inside, after), dim=1)


class ExportedForm(nn.Module):
    """An encoder as `torch.onnx` takes it: from tensors to one tensor."""

    def __init__(self, slot: EncoderSlot) -> None:
        super().__init__()
        self.slot = slot

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        return self.slot.encode(self.slot.encoder, ids, mask)


def make_exported_form(slot: EncoderSlot) -> ExportedForm:
    copied = EncoderSlot(slot.options)
    copied.encoder, copied.mix = copy.deepcopy(slot.encoder), copy.deepcopy(slot.mix)
    encoder: Any = copied.cpu().encoder
    # sdpa becomes a longer graph, with a test for rows of padding alone
    if hasattr(encoder, "set_attn_implementation"):
        encoder.set_attn_implementation("eager")
    return ExportedForm(copied.requires_grad_(False))


def check_vectors(module: ExportedForm, exported: OnnxEncoder, slot: EncoderSlot) -> None:
    """Compare the vectors of batches of other shapes than the example, one with padding.

    RAISES (UserError): They differ.
    """
    ids = example_pieces(slot)
    window, _ = slot.sizes_for(slot.built)
    longest = ids[:1].repeat(1, -(-window // ids.shape[1]))[:, :window]
    padded = torch.ones_like(ids)
    padded[1, ids.shape[1] // 2 :] = 0
    pairs = [(x, torch.ones_like(x)) for x in (ids[:1], ids[:1, :3], longest)]
    for batch, mask in [*pairs, (ids.repeat(2, 1), padded.repeat(2, 1))]:
        inside = mask.flatten().nonzero().flatten()
        rows = EncoderInput(
            [(batch, mask)], inside, torch.arange(len(inside)), torch.ones(len(inside)),
            len(inside),
        )  # fmt: skip
        with torch.inference_mode():
            expected = rows.pool(module(batch, mask).flatten(0, 1))
        difference = (exported.forward(rows) - expected).abs().max() / expected.abs().max()
        if not difference < TOLERANCE:
            raise UserError(
                f"The encoder ({type(slot.encoder).__name__}) has other vectors in onnxruntime "
                f"(by {difference:.1e} of the largest number, {tuple(batch.shape)} word pieces)"
                ": keep the pipeline as it is."
            )


def round_weights(proto: Any) -> bytes:
    """The file in int8: products of matrices with weights, scales by neuron."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with TemporaryDirectory() as folder, quiet():
        path = Path(folder, "int8.onnx")
        quantize_dynamic(
            proto,
            path,
            op_types_to_quantize=["MatMul", "Gemm"],
            per_channel=True,
            reduce_range=True,
            weight_type=QuantType.QInt8,
        )
        return path.read_bytes()


@contextmanager
def quiet() -> Iterator[None]:
    """Without the warnings of the exporters, which are for those who write them."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
