"""The sections of a config that read the corpora of a training."""

from typing import Any, Dict, cast

from spacy.util import dot_to_object
from thinc.api import Config


def find_corpus(config: Config, part: str) -> Dict[str, Any]:
    """The section that reads the annotated documents of a part. In a corpus with predicted
    texts (`training.predicted_texts`) it is the section `annotated`.

    config: A complete training config.
    part: train or dev.
    """
    section = dot_to_object(config, config["training"][f"{part}_corpus"])
    return cast(Dict[str, Any], section.get("annotated", section))
