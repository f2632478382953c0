"""The encoder that is trained from scratch, by corpus.

With few annotated mentions a smaller one learns as much, and with many labels residual
connections between its layers help (docs/settings.md).
"""

from typing import Any, Collection, Dict, Iterator, Mapping, NamedTuple, Tuple

from thinc.api import Config

from .config_sections import sections_below

# with fewer mentions, the smaller encoder was ahead or level
FEW_MENTIONS = 1000
# residual connections were ahead with 155 labels, and not with 26 or fewer; no corpus between
MANY_LABELS = 100
PLAIN = "spacy_nested_ner.BiLSTMEncoder.v1"
RESIDUAL = "spacy_nested_ner.BiLSTMEncoder.v2"


class Size(NamedTuple):
    """Size of an encoder."""

    width: int
    depth: int


SHIPPED, SMALL = Size(192, 3), Size(96, 2)


def fit_encoders(
    config: Config, *, n_mentions: int, n_labels: int, overrides: Collection[str]
) -> None:
    """Fit the encoders of the shipped configs to the training part: half the width and two
    layers, if it has few mentions; residual connections, if it has many labels. An encoder of
    another size stays as it is.

    overrides: Settings that replace others later; an encoder with one of them stays.
    """
    for place, tok2vec in find_encoders(config):
        is_chosen = any(name.startswith(f"{place}.") for name in overrides)
        if is_chosen or size_of(tok2vec) != SHIPPED or has_residual(tok2vec):
            continue
        if n_labels >= MANY_LABELS:
            tok2vec["encode"]["@architectures"] = RESIDUAL
        if n_mentions < FEW_MENTIONS:
            make_small(tok2vec)


def make_small(tok2vec: Dict[str, Any]) -> None:
    """Give an encoder of the shipped size half the width and two layers."""
    for section in sections_below(tok2vec):
        if section.get("width") == SHIPPED.width:
            section["width"] = SMALL.width
    tok2vec["encode"]["depth"] = SMALL.depth


def find_encoders(config: Mapping[str, Any]) -> Iterator[Tuple[str, Any]]:
    """The encoders inside pipes that have BiLSTM layers as those of the shipped configs: place
    in the config, and section."""
    for name, pipe in config["components"].items():
        model = pipe.get("model", {})
        tok2vec = model.get("tok2vec") if isinstance(model, dict) else None
        encode = tok2vec.get("encode") if isinstance(tok2vec, dict) else None
        if isinstance(encode, dict) and encode.get("@architectures") in (PLAIN, RESIDUAL):
            yield f"components.{name}.model.tok2vec", tok2vec


def size_of(tok2vec: Mapping[str, Any]) -> Size:
    return Size(tok2vec["encode"]["width"], tok2vec["encode"]["depth"])


def has_residual(tok2vec: Mapping[str, Any]) -> bool:
    return bool(tok2vec["encode"]["@architectures"] == RESIDUAL)
