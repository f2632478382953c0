"""A callback that fits the pipes of a trained pipeline to new training data."""

import logging
from typing import Callable, Iterable, Optional

from spacy.language import Language
from spacy.training import Example
from spacy.util import resolve_dot_names

from ..scoring.score_weights import weigh_scores
from .component import NestedSpanCategorizer
from .gold_survey import GoldSurvey, survey_gold
from .owner import Owner

logger = logging.getLogger("spacy")

Callback = Callable[[Language], Language]


def make_grow_pipes(*, drop_labels: bool = False, then: Optional[Callback] = None) -> Callback:
    """Registered as spacy_nested_ner.grow_pipes.v1, for initialize.after_init.

    `spacy train` does not initialise a pipe with `source`, so the pipe does not learn of new
    labels and wider spans in the training data. The callback adds them to every pipe
    `nested_spancat` that is not frozen, and sets the score weights of their spans keys.

    drop_labels: Also remove the labels that the training data does not have: neither a gold
        span, nor a rejected one, nor a region that was not annotated for them.
    then: Another callback, which runs afterwards; a config has one place for both.
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
            gold = grow_pipe(pipe, corpus(nlp), needs_gold=drop_labels)
            if drop_labels:
                drop_unused_labels(pipe, gold)
        weigh_scores(nlp)
        return nlp if then is None else then(nlp)

    return grow


def grow_pipe(
    pipe: NestedSpanCategorizer, examples: Iterable[Example], *, needs_gold: bool = False
) -> GoldSurvey:
    """Add the labels and the width of gold spans that a trained pipe does not know.

    examples: All examples of the training that follows.
    needs_gold: Refuse examples without a gold span.
    RETURNS: The facts of their gold spans.
    RAISES (ValueError): max_span_width is a number below the widest gold span; with
        `needs_gold`, there is no gold span.
    """
    gold = survey_gold(examples, spans_key=pipe.spans_key)
    gold.check(given_labels=None if needs_gold else sorted({*pipe.labels, *gold.labels}))
    new = sorted(gold.labels.difference(pipe.labels))
    for label in new:
        pipe.add_label(label)
    if new:
        logger.info("%s: new labels: %s", pipe.name, ", ".join(new))
    widen = pipe.model.attrs.get("widen")
    if gold.widest and widen and widen(pipe.model, len(gold.widest)):
        logger.info("%s: span width: now up to %d tokens", pipe.name, len(gold.widest))
    return gold


def drop_unused_labels(pipe: NestedSpanCategorizer, gold: GoldSurvey) -> None:
    """Remove the labels that the training data does not have.

    gold: The facts of the training data.
    """
    known = gold.labels | gold.other_labels
    unused = [] if "" in known else [label for label in pipe.labels if label not in known]
    if not unused:
        return
    pipe.drop_labels(unused)
    logger.info("%s: removed labels: %s", pipe.name, ", ".join(unused))
