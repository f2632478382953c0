"""A warning if spaCy does not read the weights of `spacy pretrain` that a config names."""

import warnings

from spacy.language import Language


def warn_of_unread_weights(nlp: Language) -> None:
    """Warn if the pipeline has weights for its encoder in [initialize] and no [pretraining],
    which says where they belong: spaCy then leaves them out silently."""
    weights = nlp.config.interpolate()["initialize"].get("init_tok2vec")
    if weights and not nlp.config.get("pretraining"):
        warnings.warn(
            f"The weights {weights} are not read, because the config has no section "
            "[pretraining]: fit it with `configure --raw-text` and the texts of these weights, "
            "or leave init_tok2vec out.",
            stacklevel=3,
        )
