"""A warning if a transformer of spacy-transformers did not read all tokens of a document."""

import warnings
from typing import Any, List, Sequence

from spacy.tokens import Doc
from thinc.api import Model

from ..model.span_logits import SpanLogits


def warn_of_lost_tokens(
    name: str, model: Model[Any, Any], docs: Sequence[Doc], scores: SpanLogits
) -> bool:
    """Warn of tokens without a vector.

    spacy-transformers cuts a text into windows of a number of tokens. What is longer in word
    pieces than the model can read is dropped, and its tokens get zeros as vectors.

    name (str): Name of the pipe that needs the vectors.
    model (Model): Model of the pipe; if it does not read vectors of spacy-transformers, there
        is no warning.
    docs (Sequence[Doc]): A batch.
    scores (SpanLogits): What the model made of it.
    RETURNS (bool): Whether there are such tokens.
    """
    # this layer is in every model with spacy-transformers, shared or inline
    if scores.vectors is None or not any(node.name == "trfs2arrays" for node in model.walk()):
        return False
    read: List[bool] = (scores.vectors != 0).any(1).tolist()
    counts = []
    for doc in docs:
        # blanks and control characters have no word piece in any case
        lost = [token.text for token, is_read in zip(doc, read) if not is_read]
        counts.append(sum(any(letter.isalnum() for letter in text) for text in lost))
        read = read[len(doc) :]
    n_docs = sum(n > 0 for n in counts)
    if n_docs:
        warnings.warn(
            f"{name}: {n_docs} of {len(docs)} documents have parts with more word pieces than "
            f"the transformer reads at a time; {sum(counts)} of their tokens have no vector, "
            "and spans with them are not found. Choose a smaller window in the span_getter of "
            "the transformer, split the documents, or use "
            "spacy_nested_ner.HuggingFaceEncoder.v1, which reads documents of any length.",
            stacklevel=3,
        )
    return n_docs > 0
