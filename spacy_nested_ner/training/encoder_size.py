"""The size of an encoder that is trained from scratch.

With few annotated mentions a smaller one learns as much, and with many labels more.
"""

from typing import Any, Collection, Iterator, Mapping, NamedTuple, Tuple

from thinc.api import Config

# with fewer mentions, the smaller encoder was ahead or level (docs/settings.md)
FEW_MENTIONS = 1000
LAYERS = "spacy_nested_ner.BiLSTMEncoder.v2"


class Size(NamedTuple):
    """Size of an encoder."""

    width: int
    depth: int


SHIPPED, SMALL = Size(192, 3), Size(96, 2)


def fit_encoders(config: Config, n_mentions: int, overrides: Collection[str]) -> None:
    """Give the encoders of the shipped configs half the width and two layers, if the training
    part has few mentions. An encoder of another size stays as it is.

    n_mentions: In the training part.
    overrides: Settings that replace others later; an encoder with one of them stays.
    """
    if n_mentions >= FEW_MENTIONS:
        return
    for place, tok2vec in find_encoders(config):
        is_chosen = any(name.startswith(f"{place}.") for name in overrides)
        if not is_chosen and size_of(tok2vec) == SHIPPED:
            for section in _sections(tok2vec):
                if section.get("width") == SHIPPED.width:
                    section["width"] = SMALL.width
            tok2vec["encode"]["depth"] = SMALL.depth


def find_encoders(config: Mapping[str, Any]) -> Iterator[Tuple[str, Any]]:
    """The encoders inside pipes that have the layers of the shipped configs: place in the
    config, and section."""
    for name, pipe in config["components"].items():
        model = pipe.get("model", {})
        tok2vec = model.get("tok2vec") if isinstance(model, dict) else None
        encode = tok2vec.get("encode") if isinstance(tok2vec, dict) else None
        if isinstance(encode, dict) and encode.get("@architectures") == LAYERS:
            yield f"components.{name}.model.tok2vec", tok2vec


def size_of(tok2vec: Mapping[str, Any]) -> Size:
    return Size(tok2vec["encode"]["width"], tok2vec["encode"]["depth"])


def _sections(section: Any) -> Iterator[Any]:
    """A section and those below it."""
    if isinstance(section, dict):
        yield section
        for value in section.values():
            yield from _sections(value)
