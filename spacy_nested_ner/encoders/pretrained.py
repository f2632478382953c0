"""Find the pretrained encoders of a pipeline, ours and those of spacy-transformers."""

from typing import Any, Callable, List, Set, Tuple

from spacy.language import Language
from thinc.api import Model, PyTorchShim

from .encoder_slot import EncoderShim


def find_transformers(nlp: Language) -> List[Any]:
    """The models of the transformers library in an initialised pipeline."""
    found: List[Any] = []
    for _, pipe in nlp.components:
        model = getattr(pipe, "model", None)
        if isinstance(model, Model):
            found += [shim.slot.built.module for shim in encoder_shims(model)]
            # a listener has no `transformer`
            found += [node.transformer for node in transformer_nodes(model)]  # type: ignore[attr-defined]
    return found


def find_pretrained(model: Model[Any, Any]) -> Callable[[Tuple[int, str]], bool]:
    """Tell for the key of a weight in a model whether the weight is pretrained.

    RETURNS: Called with a key as the optimizer gets it: the id of a node or shim, and a name.
    """
    shims = {shim.id for shim in encoder_shims(model)}
    weights: Set[Tuple[int, str]] = set()
    for transformer in transformer_nodes(model):
        weights |= _keys_of_weights(transformer)

    def is_pretrained(key: Tuple[int, str]) -> bool:
        # the weights of a mix of layers start from nothing
        return key in weights or (key[0] in shims and key[1].startswith("encoder."))

    return is_pretrained


def _keys_of_weights(model: Model[Any, Any]) -> Set[Tuple[int, str]]:
    """The keys with which an optimizer gets the weights of a model: the id of a node or shim,
    and a name. Thinc counts nodes and shims separately, so both may have the same id."""
    keys: Set[Tuple[int, str]] = set()
    for node in model.walk():
        keys.update((node.id, name) for name in node.param_names)
        for shim in node.shims:
            if isinstance(shim, PyTorchShim):
                keys.update((shim.id, name) for name, _ in shim._model.named_parameters())
    return keys


def encoder_shims(model: Model[Any, Any]) -> List[EncoderShim]:
    """The pretrained encoders of a model, those of spacy-transformers not among them."""
    return [
        shim for node in model.walk() for shim in node.shims if isinstance(shim, EncoderShim)
    ]


def transformer_nodes(model: Model[Any, Any]) -> List[Model[Any, Any]]:
    """The nodes of spacy-transformers in a model; a listener is not one of them."""
    return [node for node in model.walk() if hasattr(node, "transformer")]
