"""A callback that freezes the word embeddings of a pretrained encoder."""

from typing import Callable

from spacy.language import Language

from ..encoders.pretrained import find_transformers


def make_freeze_word_embeddings() -> Callable[[Language], Language]:
    """Freeze the word embeddings of the pretrained encoders in a pipeline; registered as
    spacy_nested_ner.freeze_word_embeddings.v1, for initialize.after_init.

    A batch contains few words, but the optimizer updates the rows of all words: with a small
    encoder on a CPU this is a large part of an update. All other weights are trained.

    RAISES (ValueError): No pipe has a pretrained encoder.
    """

    def freeze(nlp: Language) -> Language:
        encoders = find_transformers(nlp)
        if not encoders:
            raise ValueError(
                "freeze_word_embeddings found no pretrained encoder in "
                f"{nlp.pipe_names}: remove the callback from initialize.after_init."
            )
        for encoder in encoders:
            encoder.get_input_embeddings().requires_grad_(False)
        return nlp

    return freeze
