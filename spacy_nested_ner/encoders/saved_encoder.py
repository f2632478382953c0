"""A pretrained encoder as bytes, which a pipeline contains.

The bytes hold all that the encoder needs: config, tokenizer, weights. Loading them needs
neither the folder nor the hub from which the encoder came.
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict, Tuple

import srsly
import torch
from torch import Tensor, nn

from ..user_error import UserError
from .load_encoder import find_code, import_transformers, prepare
from .pretrained_encoder import PretrainedEncoder
from .windows import SpecialTokens


def to_bytes(encoder: PretrainedEncoder, weights: Dict[str, Tensor]) -> bytes:
    """Save an encoder with these weights."""
    transformers = import_transformers()
    from safetensors.torch import save

    # safetensors refuses tensors that share memory
    tensors = {name: tensor.detach().cpu().clone() for name, tensor in weights.items()}
    config = json.loads(encoder.module.config.to_json_string(use_diff=False))
    # not where the encoder came from, nor what transformers chose for it on this machine
    config = {name: value for name, value in config.items() if not name.startswith("_")}
    if encoder.code:
        # "repository--module.Class" for one from the hub
        names = {name: config["auto_map"][name] for name in ("AutoConfig", "AutoModel")}
        config["auto_map"] = {key: name.split("--")[-1] for key, name in names.items()}
    message = {
        "transformers": transformers.__version__,
        "config.json": json.dumps(config),
        "tokenizer.json": encoder.tokenizer.to_str(),
        "special": [
            list(encoder.special.before),
            list(encoder.special.after),
            encoder.special.padding,
        ],
        "code": encoder.code,
        "model.safetensors": save(tensors),
    }
    saved: bytes = srsly.msgpack_dumps(message)
    return saved


def from_bytes(
    saved: bytes, *, trust_remote_code: bool
) -> Tuple[PretrainedEncoder, Dict[str, Tensor]]:
    """Load what `to_bytes` saved: the encoder, with random weights, and the weights for it.

    RAISES (UserError): The installed transformers is too old for it, its bytes are damaged, or
        it brings code and trust_remote_code is false.
    """
    transformers = import_transformers()
    from safetensors import SafetensorError
    from safetensors.torch import load
    from tokenizers import Tokenizer

    message = srsly.msgpack_loads(saved)
    config = json.loads(message["config.json"])
    if message["code"] and not trust_remote_code:
        raise UserError(
            "The encoder of this pipeline brings code of its own "
            f"({', '.join(message['code'])}): read it, and if you trust it, set "
            "trust_remote_code of the encoder to true."
        )
    needs = (
        f"The encoder of this pipeline ({config['model_type']}) was saved with transformers "
        f"{message['transformers']}, and {transformers.__version__} cannot load it"
    )
    advice = f"install transformers {message['transformers']} or newer."
    # a newer minor version mostly loads, and says if it does not
    if _major(message["transformers"]) > _major(transformers.__version__):
        raise UserError(f"{needs}: {advice}")
    try:
        weights = load(message["model.safetensors"])
    except SafetensorError as error:
        raise UserError(
            f"The weights of the encoder in this pipeline are damaged ({error}): restore its "
            "files."
        ) from error
    try:
        tokenizer = Tokenizer.from_str(message["tokenizer.json"])
    except Exception as error:  # tokenizers raises nothing more special
        raise UserError(f"{needs} (tokenizer: {error}): {advice}") from error
    try:
        # the weights that it makes at first are random: other random numbers stay as they are
        with torch.random.fork_rng():
            module = prepare(_make_module(transformers, config, message["code"]))
    except (ImportError, LookupError, TypeError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise UserError(f"{needs} ({reason}): {advice}") from error
    before, after, padding = message["special"]
    special = SpecialTokens(tuple(before), tuple(after), padding)
    return PretrainedEncoder(module, tokenizer, special, find_code(module)), weights


def _make_module(transformers: Any, config: Dict[str, Any], code: Dict[str, str]) -> Any:
    if not code:
        return transformers.AutoModel.from_config(transformers.AutoConfig.for_model(**config))
    with TemporaryDirectory() as folder:
        for name, text in {**code, "config.json": json.dumps(config)}.items():
            Path(folder, Path(name).name).write_text(text, encoding="utf8")
        own = transformers.AutoConfig.from_pretrained(folder, trust_remote_code=True)
        return transformers.AutoModel.from_config(own, trust_remote_code=True)


def _major(version: str) -> int:
    return int(version.partition(".")[0])


def load_weights(module: nn.Module, weights: Dict[str, Tensor]) -> None:
    """Put all weights of a saved encoder into a module.

    RAISES (UserError): They are not those of the module.
    """
    try:
        module.load_state_dict(weights, strict=True)
    except RuntimeError as error:
        reason = " ".join(str(error).split()).partition(": ")[2]
        raise UserError(
            f"The saved weights of the encoder are not those of its config ({reason}): restore "
            "the settings with which it was trained, or install the version of transformers "
            "that saved it."
        ) from error
