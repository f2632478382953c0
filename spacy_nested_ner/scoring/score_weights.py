"""The weights of scores in training: `spacy train` keeps the pipeline with the best sum.

spaCy knows one set of default weights for a factory, so the defaults of `nested_spancat` name
the default spans key. For a pipe with another key these scores do not exist: the score of the
training log would be 0.00, and meta.json would have zeros.
"""

import logging
from dataclasses import replace
from typing import Dict, List, Optional

from spacy.language import Language

logger = logging.getLogger("spacy")

FACTORY = "nested_spancat"

# the default of spaCy, which displaCy reads
DEFAULT_SPANS_KEY = "sc"

# Weights of the scores spans_{key}_{name} in training. The training log shows the scores with a
# number; meta.json has all of them.
SCORE_WEIGHTS: Dict[str, Optional[float]] = {
    "f": 1.0,
    "p": 0.0,
    "r": 0.0,
    "macro_f": 0.0,
    "boundary_f": 0.0,
    "nested_f": 0.0,
    "per_type": None,
}


def default_score_weights(spans_key: str) -> Dict[str, Optional[float]]:
    """The default weights of the scores of a spans key."""
    return {f"spans_{spans_key}_{name}": weight for name, weight in SCORE_WEIGHTS.items()}


def weigh_scores(nlp: Language) -> List[str]:
    """Set the score weights of nlp.config for the spans keys of all pipes `nested_spancat`.

    Each key gets the same weight as any other scored pipe, in whatever order the pipes are
    initialised. Weights that the user has set for a key stay. The default key has no weights
    if no pipe uses it.

    RETURNS: The keys that got weights.
    """
    pipes = {
        name: nlp.get_pipe_config(name)["spans_key"]
        for name in nlp.component_names
        if nlp.get_pipe_meta(name).factory == FACTORY
    }
    keys = list(dict.fromkeys(pipes.values()))
    weights = dict(nlp.config["training"]["score_weights"])
    for name, key in pipes.items():
        # nlp.config adds the default weights of each pipe's meta at each access, and no public
        # method changes the meta of one pipe
        scores = list(default_score_weights(key))
        nlp._pipe_meta[name] = replace(
            nlp.get_pipe_meta(name), default_score_weights=None, scores=scores
        )
    used = {nlp.get_pipe_config(name).get("spans_key") for name in nlp.component_names}
    if DEFAULT_SPANS_KEY not in used:
        for name in default_score_weights(DEFAULT_SPANS_KEY):
            weights.pop(name, None)
    new = [key for key in keys if not weights.keys() & default_score_weights(key)]
    if not new and not any(weights.values()):
        new = keys
    share = _share(nlp, weights, keys)
    for key in new:
        weights.update(default_score_weights(key))
        weights[f"spans_{key}_f"] = share
    nlp.config["training"]["score_weights"] = weights
    if new:
        judged_by = " and ".join(f"spans_{key}_f" for key in new)
        logger.info("Training is judged by %s", judged_by)
    return new


def _share(nlp: Language, weights: Dict[str, Optional[float]], keys: List[str]) -> float:
    """The mean weight of a key or of another pipe, among those that have a weight."""
    scored = [default_score_weights(key) for key in keys]
    for name in nlp.component_names:
        meta = nlp.get_pipe_meta(name)
        if meta.factory != FACTORY:
            scored.append(meta.default_score_weights or {})
    sums = [sum(weights.get(name) or 0.0 for name in names) for names in scored]
    some = [total for total in sums if total]
    return sum(some) / len(some) if some else 1.0
