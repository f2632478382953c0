"""A warning if two pipes write to one key of doc.spans: the spans of the last one remain."""

import warnings
from typing import List

from spacy.language import Language


def warn_of_shared_key(nlp: Language, name: str, spans_key: str) -> bool:
    """Warn if another pipe has the same spans key.

    name (str): Name of the pipe; it may not be in the pipeline yet.
    RETURNS (bool): Whether there is one.
    """
    others = find_pipes_of_key(nlp, spans_key)
    others = [other for other in others if other != name]
    if others:
        warnings.warn(
            f"{name} and {', '.join(others)} write to the same doc.spans[{spans_key!r}], so "
            "each replaces the spans of the one before: give each pipe a spans_key of its own.",
            stacklevel=3,
        )
    return bool(others)


def find_pipes_of_key(nlp: Language, spans_key: str) -> List[str]:
    """Names of the pipes that write to a key of doc.spans."""
    return [
        name
        for name in nlp.component_names
        if nlp.get_pipe_config(name).get("spans_key") == spans_key
    ]
