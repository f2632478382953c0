"""Refuse pipelines that were never trained."""

from spacy.language import Language
from thinc.api import Model

from ..user_error import UserError


def check_initialized(nlp: Language, name: str) -> None:
    """RAISES (UserError): A model of the pipeline has no weights."""
    for pipe_name, pipe in nlp.pipeline:
        model = getattr(pipe, "model", None)
        if isinstance(model, Model) and any(
            node.has_param(param) is None for node in model.walk() for param in node.param_names
        ):
            raise UserError(
                f"The pipe '{pipe_name}' of the pipeline '{name}' has no weights: train it "
                "first, with `python -m spacy train`."
            )
