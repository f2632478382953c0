"""A callback that leaves the word embeddings of a pretrained encoder as they are."""

from typing import Callable

from spacy.language import Language

from ..encoders.pretrained import find_transformers


def make_freeze_word_embeddings() -> Callable[[Language], Language]:
    """Let training not touch the word embeddings of the transformers in a pipeline; registered
    as spacy_nested_ner.freeze_word_embeddings.v1, for initialize.after_init.

    A batch has few of the words, but the optimizer goes over the rows of all: with a small
    encoder on a CPU that is a large part of an update. All other weights are still trained.

    RAISES (ValueError): There is no component with a model of spacy-transformers.
    """

    def freeze(nlp: Language) -> Language:
        encoders = find_transformers(nlp)
        if not encoders:
            raise ValueError(
                f"freeze_word_embeddings found no transformer in {nlp.pipe_names}: remove the "
                "callback from initialize.after_init."
            )
        for encoder in encoders:
            encoder.get_input_embeddings().requires_grad_(False)
        return nlp

    return freeze
