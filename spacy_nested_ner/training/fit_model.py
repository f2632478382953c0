"""Fit the model of a config to the training part of a corpus.

With few annotated mentions a smaller encoder learns as much, and over a pretrained encoder
more dropout helps. With many labels residual connections between its layers help, and a smaller
scorer learns as much (docs/settings.md).
"""

from typing import Any, Collection, Dict, Iterator, List, Mapping, NamedTuple, Tuple

from thinc.api import Config

from .config_sections import is_chosen, sections_below

# with fewer mentions, the smaller encoder was ahead or level
FEW_MENTIONS = 1000
# with 64 to 155 labels residual connections were ahead and the smaller scorer was level; with
# 23 or fewer the connections were not ahead, and with 5 the smaller scorer was perhaps behind
MANY_LABELS = 60
# of the scorer of the shipped configs, and with many labels
HEAD_SIZE, SMALL_HEAD_SIZE = 64, 8
# over a pretrained encoder: of the shipped config, and with few mentions. With 32 articles of
# GENIA the higher one was 2.4 F1 ahead on dev, with 160 level, and with 155 labels behind
DROPOUT, FEW_DROPOUT = 0.1, 0.3
PRETRAINED = "spacy_nested_ner.HuggingFaceEncoder.v1"
SCORERS = ("spacy_nested_ner.GlobalPointer.v1", "spacy_nested_ner.GlobalPointerSpancat.v1")
PLAIN = "spacy_nested_ner.BiLSTMEncoder.v1"
RESIDUAL = "spacy_nested_ner.BiLSTMEncoder.v2"


class Size(NamedTuple):
    """Size of an encoder."""

    width: int
    depth: int


SHIPPED, SMALL = Size(192, 3), Size(96, 2)


def fit_model(
    config: Config, *, n_mentions: int, n_labels: int, overrides: Collection[str]
) -> None:
    """Fit encoders, scorers and dropout of the shipped configs to the training part. Those with
    other values stay as they are.

    With few mentions, the encoder that is trained from scratch gets half the width and two
    layers, and the layers over a pretrained one more dropout, unless labels are many. With many
    labels, the encoder gets residual connections, and the scorer smaller queries and keys.

    overrides: Settings that replace others later; an encoder or scorer with one of them stays,
        and so does a dropout among them.
    """
    fit_encoders(config, n_mentions, n_labels, overrides)
    fit_scorers(config, n_labels, overrides)
    fit_dropout(config, n_mentions, n_labels, overrides)


def fit_encoders(
    config: Config, n_mentions: int, n_labels: int, overrides: Collection[str]
) -> None:
    for place, tok2vec in find_encoders(config):
        has_override = any(name.startswith(f"{place}.") for name in overrides)
        if has_override or size_of(tok2vec) != SHIPPED or has_residual(tok2vec):
            continue
        if n_labels >= MANY_LABELS:
            tok2vec["encode"]["@architectures"] = RESIDUAL
        if n_mentions < FEW_MENTIONS:
            make_small(tok2vec)


def fit_scorers(config: Config, n_labels: int, overrides: Collection[str]) -> None:
    for place, model in find_scorers(config):
        has_override = {f"{place}.head_size", f"{place}.efficient"}.intersection(overrides)
        # all labels share the one query of the efficient head
        is_shipped = model.get("head_size") == HEAD_SIZE and not model.get("efficient")
        if n_labels >= MANY_LABELS and is_shipped and not has_override:
            model["head_size"] = SMALL_HEAD_SIZE


def fit_dropout(
    config: Config, n_mentions: int, n_labels: int, overrides: Collection[str]
) -> None:
    training = config["training"]
    if n_mentions >= FEW_MENTIONS or n_labels >= MANY_LABELS:
        return
    is_shipped = training.get("dropout") == DROPOUT
    if is_shipped and find_pretrained(config) and not is_chosen("training.dropout", overrides):
        training["dropout"] = FEW_DROPOUT


def find_pretrained(config: Mapping[str, Any]) -> List[Dict[str, Any]]:
    """The sections of pretrained encoders."""
    return [
        section
        for section in sections_below(config["components"])
        if section.get("@architectures") == PRETRAINED
    ]


def make_small(tok2vec: Dict[str, Any]) -> None:
    """Give an encoder of the shipped size half the width and two layers."""
    for section in sections_below(tok2vec):
        if section.get("width") == SHIPPED.width:
            section["width"] = SMALL.width
    tok2vec["encode"]["depth"] = SMALL.depth


def find_scorers(config: Mapping[str, Any]) -> Iterator[Tuple[str, Any]]:
    """The models of pipes that have a scorer of this package: place in the config, and
    section."""
    for place, model in _find_models(config):
        if model.get("@architectures") in SCORERS:
            yield place, model


def find_encoders(config: Mapping[str, Any]) -> Iterator[Tuple[str, Any]]:
    """The encoders inside pipes that have BiLSTM layers as those of the shipped configs: place
    in the config, and section."""
    for place, model in _find_models(config):
        tok2vec = model.get("tok2vec")
        encode = tok2vec.get("encode") if isinstance(tok2vec, dict) else None
        if isinstance(encode, dict) and encode.get("@architectures") in (PLAIN, RESIDUAL):
            yield f"{place}.tok2vec", tok2vec


def size_of(tok2vec: Mapping[str, Any]) -> Size:
    return Size(tok2vec["encode"]["width"], tok2vec["encode"]["depth"])


def has_residual(tok2vec: Mapping[str, Any]) -> bool:
    return bool(tok2vec["encode"]["@architectures"] == RESIDUAL)


def _find_models(config: Mapping[str, Any]) -> Iterator[Tuple[str, Dict[str, Any]]]:
    for name, pipe in config["components"].items():
        model = pipe.get("model")
        if isinstance(model, dict):
            yield f"components.{name}.model", model
