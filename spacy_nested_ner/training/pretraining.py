"""Sections of a config for `spacy pretrain`: an encoder learns from texts without annotations.

For each word it learns to predict the first and the last characters. `spacy train` takes the
weights with `--paths.init_tok2vec`.
"""

from pathlib import Path
from typing import Any, Dict, Tuple

import srsly
from thinc.api import Config

from ..files.damage import refuse_damage
from ..user_error import UserError

EPOCHS = 5  # over the texts
TRAINABLE = "spacy.Tok2Vec."
KNOWN = ("HuggingFaceEncoder", "Transformer")  # in the architectures of pretrained encoders


def add_pretraining(config: Config, texts: Path) -> None:
    """Add the sections that `spacy pretrain` reads.

    texts: JSONL with a `text` in each line.
    RAISES (UserError): The file does not begin with a text; the encoder is pretrained already,
        or it is not `spacy.Tok2Vec`.
    """
    with refuse_damage(f"{texts} is no JSONL", 'give a {"text": ...} in each line'):
        first: Any = next(iter(srsly.read_jsonl(texts)), None)
    if not isinstance(first, dict) or not isinstance(first.get("text"), str):
        raise UserError(
            f'The first line of {texts} has no text: give a {{"text": ...}} in each line.'
        )
    config["pretraining"] = make_section(config)
    config["paths"]["raw_text"] = str(texts)
    config["corpora"]["pretrain"] = {
        "@readers": "spacy.JsonlCorpus.v1",
        "path": "${paths.raw_text}",
        # spaCy drops texts that are shorter or longer
        "min_length": 1,
        "max_length": 0,
        "limit": 0,
    }


def make_section(config: Config) -> Dict[str, Any]:
    """The section [pretraining] for the encoder of a config.

    RAISES (UserError): The encoder is pretrained already, or it is not `spacy.Tok2Vec`.
    """
    component, layer = _find_encoder(config)
    return {
        "component": component,
        "layer": layer,
        "corpus": "corpora.pretrain",
        "max_epochs": EPOCHS,
        "dropout": 0.2,
        "n_save_every": None,
        "n_save_epoch": 1,
        "batcher": {
            "@batchers": "spacy.batch_by_words.v1",
            "size": 1500,
            "discard_oversize": False,
            "tolerance": 0.2,
            "get_length": None,
        },
        "objective": {
            "@architectures": "spacy.PretrainCharacters.v1",
            "maxout_pieces": 3,
            "hidden_size": 200,
            "n_characters": 4,
        },
        "optimizer": {
            "@optimizers": "Adam.v1",
            "learn_rate": 0.002,
            "L2": 0.01,
            "L2_is_weight_decay": True,
            "grad_clip": 1.0,
            "beta1": 0.9,
            "beta2": 0.999,
            "eps": 1e-8,
            # spaCy saves averages and fails without them
            "use_averages": True,
        },
    }


def _find_encoder(config: Config) -> Tuple[str, str]:
    """The pipe with the encoder, and the layer of its model; "" for the whole model.

    RAISES (UserError): No encoder can be pretrained.
    """
    for name, component in config["components"].items():
        model = component.get("model", {})
        for layer, found in (("", model), ("tok2vec", model.get("tok2vec") or {})):
            architecture = found.get("@architectures", "")
            if architecture.startswith(TRAINABLE) and not is_pretrained(found):
                return name, layer
    raise UserError(
        "No encoder of this config learns from texts without annotations, because it is "
        "pretrained or no spacy.Tok2Vec: leave the texts out, or take configs/tok2vec.cfg."
    )


def is_pretrained(section: Dict[str, Any]) -> bool:
    """Whether a section of a config contains a pretrained encoder."""
    return any(word in str(section) for word in KNOWN)
