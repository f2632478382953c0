"""A listener gets its vectors from another pipe, which may not have run."""

from typing import Any, Sequence

from spacy.pipeline.tok2vec import Tok2VecListener
from spacy.tokens import Doc
from thinc.api import Model


def check_listeners(name: str, model: Model[Any, Any], docs: Sequence[Doc]) -> None:
    """A listener returns zeros for a document that its `tok2vec` has not seen.

    name (str): Name of the pipe with this model.
    RAISES (ValueError): There is such a document.
    """
    listens = any(isinstance(node, Tok2VecListener) for node in model.walk())
    if listens and any(len(doc) and not doc.tensor.size for doc in docs):
        raise ValueError(
            f"{name} takes its token vectors from a pipe 'tok2vec' that did not run on this "
            "document: do not exclude or disable that pipe, or call nlp.replace_listeners "
            "before."
        )
