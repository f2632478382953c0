"""Load a pretrained encoder from a folder or from the Hugging Face hub."""

import copy
import os
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Dict, Iterator, Optional

from ..user_error import UserError
from .pretrained_encoder import PretrainedEncoder, find_special_tokens

INSTALL = "python -m pip install 'spacy-nested-ner[hf]'"

# what transformers raises for an encoder that it cannot load
ERRORS = (OSError, ImportError, RuntimeError, ValueError, LookupError, TypeError)


def import_transformers() -> Any:
    """The module. Its import takes seconds, so it waits until an encoder is needed.

    RAISES (UserError): It is not installed, or a part of it is missing.
    """
    try:
        import safetensors.torch  # noqa: F401
        import tokenizers  # noqa: F401
        import transformers
    except ImportError as error:
        raise UserError(
            f"A pretrained encoder needs the transformers library ({error}): run `{INSTALL}`."
        ) from error
    return transformers


def load_encoder(
    name: str, *, revision: Optional[str], trust_remote_code: bool
) -> PretrainedEncoder:
    """Load an encoder as it was published.

    name: A folder with config.json, weights and tokenizer, or a name on the hub.
    RAISES (UserError): It cannot be loaded, or it is not an encoder with a fast tokenizer.
    """
    transformers = import_transformers()
    check_folder(name)
    where: Dict[str, Any] = {"revision": revision or "main"}
    where["trust_remote_code"] = trust_remote_code
    with as_user_error(name, transformers):
        if not trust_remote_code:
            check_for_code(name, revision, transformers)
        config = transformers.AutoConfig.from_pretrained(name, **where)
        check_config(name, config)
        published = transformers.AutoTokenizer.from_pretrained(name, config=config, **where)
        check_tokenizer(name, published)
        module, report = transformers.AutoModel.from_pretrained(
            name, config=config, output_loading_info=True, **where
        )
        check_weights(name, module, report)
    module = prepare(module)
    for weight in module.parameters():
        # not the memory of the file, whose alignment changes the rounding
        weight.data = weight.data.clone()
    tokenizer = published.backend_tokenizer
    tokenizer.no_truncation()
    tokenizer.no_padding()
    special = find_special_tokens(tokenizer, published.pad_token_id)
    return PretrainedEncoder(module, tokenizer, special, find_code(module))


def read_width(name: str, *, revision: Optional[str]) -> int:
    """Read the number of values in a vector of an encoder from its config.json.

    name: A folder, or a name on the hub.
    RAISES (UserError): The encoder cannot be loaded.
    """
    transformers = import_transformers()
    check_folder(name)
    with as_user_error(name, transformers):
        config, _ = transformers.PretrainedConfig.get_config_dict(
            name, revision=revision or "main"
        )
        # some architectures have another name for it
        width: int = (
            config.get("hidden_size") or transformers.AutoConfig.for_model(**config).hidden_size
        )
    return width


def prepare(module: Any) -> Any:
    """Bring a new `PreTrainedModel` into the form of `PretrainedEncoder.module`."""
    if getattr(module, "pooler", None) is not None:
        module.pooler = None
    return module.float().eval()


def find_code(module: Any) -> Dict[str, str]:
    """The Python files of an architecture that transformers does not contain, by name."""
    if not type(module).__module__.startswith("transformers_modules."):
        return {}
    from transformers.dynamic_module_utils import custom_object_save

    with TemporaryDirectory() as folder:
        # a copy: it writes into the config
        config = copy.deepcopy(module.config)
        for described in (module, module.config):
            custom_object_save(described, folder, config=config)
        return {path.name: path.read_text("utf8") for path in Path(folder).glob("*.py")}


@contextmanager
def as_user_error(name: str, transformers: Any) -> Iterator[None]:
    """Turn what transformers raises for an encoder that cannot be loaded into one sentence."""
    from safetensors import SafetensorError

    try:
        yield
    except UserError:
        raise
    except SafetensorError as error:
        raise UserError(
            f"The weights of the encoder '{name}' are damaged ({error}): download them again."
        ) from error
    except Exception as error:
        # the tokenizers library raises plain exceptions
        if type(error) is not Exception and not isinstance(error, ERRORS):
            raise
        reason = next((line for line in str(error).split("\n") if line.strip()), repr(error))
        raise UserError(
            f"The encoder '{name}' cannot be loaded with transformers "
            f"{transformers.__version__} ({reason.strip()}): give a folder with config.json, "
            "weights and a fast tokenizer, or a name on the Hugging Face hub, which needs the "
            "network the first time."
        ) from error


def check_folder(name: str) -> None:
    """RAISES (UserError): The name is that of a folder which does not exist or lacks files."""
    folder = Path(name)
    if not folder.is_dir():
        if folder.is_absolute() or name.startswith((".", "~")) or name.count("/") > 1:
            raise UserError(
                f"There is no folder '{name}': give the folder of an encoder, or a name on the "
                "Hugging Face hub."
            )
        return
    files = set(os.listdir(folder))
    if "config.json" not in files:
        raise UserError(
            f"The folder '{name}' has no config.json: give a folder that `save_pretrained` of "
            "the transformers library wrote."
        )
    if not any(file.endswith((".safetensors", ".bin")) for file in files):
        raise UserError(
            f"The folder '{name}' has no weights: copy model.safetensors or pytorch_model.bin "
            "into it."
        )
    if not files & TOKENIZER_FILES:
        raise UserError(
            f"The folder '{name}' has no tokenizer: copy the tokenizer.json of the encoder "
            "into it."
        )


# a tokenizer_config.json without one of the others is that of a tokenizer without vocabulary
TOKENIZER_FILES = {
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
    "vocab.json",
    "tokenizer.model",
    "sentencepiece.bpe.model",
    "spiece.model",
    "spm.model",
}


def check_for_code(name: str, revision: Optional[str], transformers: Any) -> None:
    """RAISES (UserError): transformers lacks the architecture; the encoder brings its code."""
    config, _ = transformers.PretrainedConfig.get_config_dict(name, revision=revision or "main")
    code = config.get("auto_map")
    if code and config.get("model_type") not in transformers.CONFIG_MAPPING:
        raise UserError(
            f"The encoder '{name}' brings code of its own ({', '.join(code.values())}): read "
            "it, and if you trust it, set trust_remote_code to true."
        )


def check_config(name: str, config: Any) -> None:
    """RAISES (UserError): The config is not that of an encoder of texts."""
    if config.is_encoder_decoder:
        raise UserError(
            f"'{name}' ({config.model_type}) has an encoder and a decoder: choose a model with "
            "an encoder alone, such as BERT."
        )
    for setting in ("hidden_size", "num_hidden_layers", "vocab_size"):
        if not isinstance(getattr(config, setting, None), int):
            raise UserError(
                f"'{name}' ({config.model_type}) is not an encoder of texts: its config has no "
                f"{setting}."
            )


def check_tokenizer(name: str, tokenizer: Any) -> None:
    """RAISES (UserError): The tokenizer does not say which characters a piece covers, or has
    no vocabulary."""
    if not tokenizer.is_fast:
        raise UserError(
            f"The tokenizer of '{name}' ({type(tokenizer).__name__}) is a slow one, which does "
            "not tell where its word pieces are: choose an encoder with a tokenizer.json."
        )
    # transformers 5 makes a tokenizer of special tokens alone if it finds no file
    if tokenizer.backend_tokenizer.get_vocab_size() <= len(set(tokenizer.all_special_ids)):
        raise UserError(
            f"The tokenizer of '{name}' has no vocabulary: the encoder needs a tokenizer.json."
        )


def check_weights(name: str, module: Any, report: Dict[str, Any]) -> None:
    """RAISES (UserError): Some weights are missing or of another size, so transformers made
    random ones."""
    missing = [*report["missing_keys"], *(key for key, *_ in report["mismatched_keys"])]
    missing = sorted(key for key in missing if not key.startswith("pooler."))
    if missing:
        raise UserError(
            f"The weights of '{name}' do not fit its config: {len(missing)} tensors are "
            f"missing or of another size, such as {missing[0]} of {type(module).__name__}; "
            "choose another encoder or restore its files."
        )
