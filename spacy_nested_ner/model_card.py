"""What a trained pipeline says about itself: a callback that writes its corpus into nlp.meta.

    [training.before_to_disk]
    @callbacks = "spacy_nested_ner.model_card.v1"

`configure` writes the block, so the facts travel in the config and training needs no other
file. spaCy copies the meta into the package, and `nlp.meta` and `python -m spacy info` show it.
"""

from typing import Any, Callable, Dict

from spacy import Language

from . import __version__

# What a model trained on each kind of corpus is good for. Capitals: nobody may mistake it.
PURPOSE = {
    "full": "Nested entities of the {dataset} corpus ({labels}).",
    "sample": (
        "DEMONSTRATION MODEL, NOT FIT FOR REAL TEXT: trained on a small sample of invented "
        "sentences in the manner of the {dataset} corpus, to try the project out ({labels})."
    ),
    "custom": (
        "Nested entities, trained on a CUSTOM corpus, not on files that the recipe {dataset} "
        "knows ({labels})."
    ),
}
# labels in the description; some corpora have hundreds, and meta["labels"] has them all
N_LABELS = 30


def make_model_card(*, corpus: Dict[str, Any]) -> Callable[[Language], Language]:
    """Make the callback for `training.before_to_disk`.

    corpus: Facts of the training corpus, as `configure.corpus_facts` takes them from its
        report. `corpus["corpus"]`, one of full, sample and custom, goes into the version.
    RETURNS: Sets name, version, description, licence and sources of nlp.meta, and puts the
        facts under nlp.meta["corpus"].
    RAISES (ValueError): The kind of corpus is none of the three.
    """
    kind, dataset = corpus["corpus"], corpus["dataset"]
    if kind not in PURPOSE:
        raise ValueError(
            f"The model card knows no corpus '{kind}': expected one of {', '.join(PURPOSE)}."
        )

    source = {"name": corpus["source"]["name"]}
    if corpus["citation"]:
        source["author"] = corpus["citation"]

    def write_model_card(nlp: Language) -> Language:
        labels = sorted({label for labels in nlp.pipe_labels.values() for label in labels})
        shown = ", ".join(labels[:N_LABELS])
        if len(labels) > N_LABELS:
            shown += f" and {len(labels) - N_LABELS} more"
        nlp.meta.update(
            name=f"nested_{dataset}",
            version=f"{__version__}+{kind}",
            description=PURPOSE[kind].format(dataset=dataset.upper(), labels=shown),
            author="spacy-nested-ner",
            license=corpus["licence"],
            sources=[source],
            corpus=corpus,
        )
        return nlp

    return write_model_card
