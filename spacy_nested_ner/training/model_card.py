"""The model card: a callback that writes facts about the corpus into nlp.meta.

    [training.before_to_disk]
    @callbacks = "spacy_nested_ner.model_card.v1"

`configure` writes this block with the facts, so training needs the config alone. spaCy copies
the meta into the package and its notes into the README of the package. `nlp.meta` and
`python -m spacy info` show them, too.
"""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Optional

from spacy.language import Language

from ..about import __version__
from ..files.corpora import find_corpus
from .card_sections import (
    describe_corpus,
    describe_encoder,
    describe_limits,
    describe_other_corpus,
    describe_predicted,
    describe_source,
    is_own,
    join_sections,
    list_labels,
)
from .licences import identify_licence
from .save_whole import save_whole

# Description of a pipeline, by kind of corpus. Capitals warn against use of a demonstration.
PURPOSE = {
    "full": "Nested entities of the {dataset} corpus ({labels}).",
    "sample": (
        "DEMONSTRATION MODEL, NOT FIT FOR REAL TEXT: trained on a few invented sentences "
        "in the style of the {dataset} corpus ({labels})."
    ),
    "custom": (
        "Nested entities, trained on a CUSTOM corpus, not on the published files of the "
        "recipe {dataset} ({labels})."
    ),
}
# of the recipe `custom`, which is no published corpus
OWN_CORPUS = "Nested entities ({labels})."


def make_model_card(
    *,
    corpus: Dict[str, Any],
    config: Optional[str] = None,
    sha256: Optional[Dict[str, str]] = None,
    source: Optional[Dict[str, Any]] = None,
) -> Callable[[Language], Language]:
    """Make the callback for `training.before_to_disk`.

    corpus: Facts about the training corpus, from `report.corpus_facts`. The version of the
        pipeline contains `corpus["corpus"]`, which is full, sample or custom.
    config: Name of the training config, such as tok2vec; the name of the pipeline ends with it,
        so pipelines of two configs can be installed side by side.
    sha256: Hashes of the files of the train and the dev part, by part. If the training reads
        other files, the facts are of another corpus, and the card contains none of them. None
        to trust the facts.
    source: Facts of the pipeline that the training began with: lang, name, version and license
        of its meta, "" if unknown, and the labels of its pipe. None for random weights.
    RETURNS: The callback. It sets name, version, description, licence, sources and notes of
        nlp.meta, and stores the facts in nlp.meta["corpus"]. The pipeline that it returns is
        saved completely or not at all, see `save_whole`.
    RAISES (ValueError): `corpus["corpus"]` has another value.
    """
    kind, dataset = corpus["corpus"], corpus["dataset"]
    if kind not in PURPOSE:
        raise ValueError(
            f"corpus = '{kind}' is not valid in a model card: use one of {', '.join(PURPOSE)}."
        )
    description = OWN_CORPUS if is_own(corpus) else PURPOSE[kind]
    of_corpus = {"name": corpus["source"]["name"]}
    if corpus["citation"]:
        of_corpus["author"] = corpus["citation"]

    def describe_others(nlp: Language) -> List[str]:
        return [describe_predicted(nlp), describe_encoder(nlp), describe_source(source)]

    # a training saves pipelines many times
    hash_once = lru_cache(maxsize=None)(hash_file)

    def write_meta(nlp: Language) -> None:
        labels = sorted({label for labels in nlp.pipe_labels.values() for label in labels})
        shown = list_labels(labels)
        files = find_files(nlp, sha256 or {})
        if any(hash_once(file) != sha for file, sha in zip(files, (sha256 or {}).values())):
            nlp.meta.pop("corpus", None)
            nlp.meta.update(
                name="_".join(filter(None, ("nested", config))),
                version=f"{__version__}+custom",
                description=OWN_CORPUS.format(labels=shown),
                license="",
                sources=[{"name": file.name} for file in files[:1] if file is not None],
                notes=join_sections(describe_other_corpus(files), *describe_others(nlp)),
            )
            return
        nlp.meta.update(
            name="_".join(filter(None, ("nested", dataset, config))),
            version=f"{__version__}+{kind}",
            description=description.format(dataset=dataset.upper(), labels=shown),
            license="" if is_own(corpus) else identify_licence(corpus["licence"]),
            sources=[of_corpus],
            corpus=corpus,
            notes=join_sections(
                describe_corpus(corpus),
                *describe_others(nlp),
                describe_limits(corpus),
            ),
        )

    def write_model_card(nlp: Language) -> Language:
        write_meta(nlp)
        return save_whole(nlp)

    return write_model_card


def find_files(nlp: Language, parts: Iterable[str]) -> List[Optional[Path]]:
    """The files that a training reads, by part; None where the config names none.

    parts: train and dev.
    """
    # spaCy changes nlp.config["nlp"] as pipes come and go, and nothing below [corpora]
    config = nlp.config.interpolate()
    paths = [find_corpus(config, part).get("path") for part in parts]
    return [Path(path) if path else None for path in paths]


def hash_file(file: Optional[Path]) -> str:
    """SHA-256 of a file, "" if there is none."""
    if file is None or not file.is_file():
        return ""
    return hashlib.sha256(file.read_bytes()).hexdigest()
