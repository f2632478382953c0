"""Sections of a config for `spacy pretrain`: an encoder learns from texts without annotations.

For each word it learns to predict the first and the last characters. `spacy train` takes the
weights with `--paths.init_tok2vec`.
"""

import codecs
from pathlib import Path
from typing import Any, Dict, Iterator, Tuple

import srsly
from thinc.api import Config

from ..corpus.decoding import DECOMPRESS, is_compressed
from ..corpus.sources import HALF_PAIR, SourceFile, open_file, read_lines
from ..files.damage import refuse_damage
from ..user_error import UserError

EPOCHS = 5  # over the texts
TRAINABLE = "spacy.Tok2Vec."
KNOWN = ("HuggingFaceEncoder", "Transformer")  # in the architectures of pretrained encoders
ADVICE = 'give a {"text": ...} in each line'
LONGEST_TEXT = 1_000_000  # characters; the default of nlp.max_length, which no config sets


def add_pretraining(config: Config, texts: Path) -> None:
    """Add the sections that `spacy pretrain` reads.

    texts: JSONL with a `text` in each line.
    RAISES (UserError): `spacy pretrain` cannot read the texts; the encoder is pretrained
        already, or it is not `spacy.Tok2Vec`.
    """
    config["pretraining"] = make_section(config)
    check_texts(texts)
    config["paths"]["raw_text"] = str(texts)
    config["corpora"]["pretrain"] = {
        "@readers": "spacy.JsonlCorpus.v1",
        "path": "${paths.raw_text}",
        # spaCy drops texts that are shorter or longer
        "min_length": 1,
        "max_length": 0,
        "limit": 0,
    }


def check_texts(texts: Path) -> None:
    """Check that `spacy pretrain` can read each line of a file. It reads it with srsly, which
    skips blank lines and takes no byte order mark.

    RAISES (UserError): The file cannot be read, is compressed, or has a name that does not end
        in .jsonl; a line is not UTF-8, is no JSON, or has no text; all texts are
        empty.
    """
    file = open_file(texts)
    with file.open() as stream:
        head = stream.read(16)
    if is_compressed(head):
        raise UserError(f"{texts} is compressed: {DECOMPRESS}.")
    if not texts.name.endswith(".jsonl"):
        raise UserError(
            f"The name of {texts} does not end in .jsonl, and `spacy pretrain` skips other "
            "files: give a JSONL file with this ending."
        )
    if head.startswith(codecs.BOM_UTF8):
        raise UserError(
            f"{texts}, line 1 begins with a byte order mark, which `spacy pretrain` does not "
            "read: save the file as UTF-8 without this mark."
        )
    has_text = False
    for number, line in enumerate(_split_lines(file), start=1):
        if line.strip():
            has_text |= _read_text(line.strip(), f"{texts}, line {number}") != ""
    if not has_text:
        raise UserError(f"{texts} has no text: {ADVICE}.")


def _split_lines(file: SourceFile) -> Iterator[str]:
    """The lines as Python has them, which also end with a single CR."""
    for _, line in read_lines(file):
        yield from line.split("\r")


def _read_text(line: str, where: str) -> str:
    """RAISES (UserError): The line has no text that spaCy takes."""
    with refuse_damage(f"{where} is no JSON", ADVICE):
        value: Any = srsly.json_loads(line)
    text = value.get("text") if isinstance(value, dict) else None
    if not isinstance(text, str):
        raise UserError(f"{where} has no 'text' that is a string: {ADVICE}.")
    if len(text) > LONGEST_TEXT:
        raise UserError(
            f"{where} has a text of {len(text):,} characters, and spaCy takes up to "
            f"{LONGEST_TEXT:,}: break it into several lines."
        )
    if HALF_PAIR.search(text):
        raise UserError(
            f"{where} has half of a surrogate pair, '\\ud8…' or '\\udc…', as a character: "
            "correct it."
        )
    return text


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
