"""A callback that grows pipes of a trained pipeline before their training goes on."""

from typing import Callable

from spacy.language import Language
from spacy.util import resolve_dot_names

from ..scoring.score_weights import weigh_scores
from .component import NestedSpanCategorizer
from .owner import Owner


def make_grow_pipes() -> Callable[[Language], Language]:
    """Registered as spacy_nested_ner.grow_pipes.v1, for initialize.after_init.

    `spacy train` does not initialise a pipe with `source`, so the pipe does not learn of new
    labels and wider spans in the training data. The callback adds them to every pipe
    `nested_spancat` that is not frozen, and sets the score weights of their spans keys.
    """

    def grow(nlp: Language) -> Language:
        training = nlp.config["training"]
        pipes = [
            pipe
            for name, pipe in nlp.components
            if isinstance(pipe, NestedSpanCategorizer)
            and name not in training["frozen_components"]
        ]
        config = nlp.config.interpolate()
        (corpus,) = resolve_dot_names(config, [training["train_corpus"]])
        for pipe in pipes:
            pipe.owner = Owner(nlp)
            pipe.grow(corpus(nlp))
        weigh_scores(nlp)
        return nlp

    return grow
