"""Find the pretrained encoders of a pipeline."""

from typing import Any, List

from spacy.language import Language
from thinc.api import Model


def transformer_nodes(model: Model[Any, Any]) -> List[Model[Any, Any]]:
    """The spacy-transformers nodes of a model; a listener is not one of them."""
    return [node for node in model.walk() if hasattr(node, "transformer")]


def find_transformers(nlp: Language) -> List[Any]:
    """The models of the transformers library in an initialised pipeline."""
    return [
        node.transformer  # type: ignore[attr-defined]
        for _, pipe in nlp.components
        if isinstance(model := getattr(pipe, "model", None), Model)
        for node in transformer_nodes(model)
    ]
