"""What a trained pipeline says about itself: a callback that writes its corpus into nlp.meta.

    [training.before_to_disk]
    @callbacks = "spacy_nested_ner.model_card.v1"

`configure` writes the block, so the facts travel in the config and training needs no other
file. spaCy copies the meta into the package, where its notes become a part of the README, and
`nlp.meta` and `python -m spacy info` show it.
"""

from pathlib import Path
from typing import Any, Callable, Dict, List, Mapping

from spacy.language import Language

from ..about import __version__

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
    RETURNS: Sets name, version, description, licence, sources and notes of nlp.meta, and puts
        the facts under nlp.meta["corpus"].
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
            notes=describe_corpus(corpus) + "\n\n" + describe_limits(corpus),
        )
        return nlp

    return write_model_card


def describe_corpus(corpus: Mapping[str, Any]) -> str:
    """What a pipeline was trained on, as Markdown.

    corpus: Facts, as of `make_model_card`.
    """
    counts = ["| part | texts | tokens | mentions |", "| --- | ---: | ---: | ---: |"]
    counts += [
        f"| {part} | {n['docs']:,} | {n['tokens']:,} | {n['spans']:,} |"
        for part, n in corpus["parts"].items()
    ]
    source = corpus["source"]
    told = [
        f"The corpus is `{corpus['dataset']}`, from `{source['name']}` (SHA-256 "
        f"`{source['sha256']}`), split `{corpus['split']}`; a text is a {corpus['unit']}. "
        "Accuracy, above, is that of the best evaluation in training, on the part dev.",
        "\n".join(counts),
        f"Terms of the data: {corpus['licence']}.",
    ]
    if corpus["citation"]:
        told.append(f"To be cited: {corpus['citation']}")
    return "\n\n".join(["### Data", *told])


def describe_limits(corpus: Mapping[str, Any]) -> str:
    """What not to expect of a pipeline, as Markdown.

    corpus: Facts, as of `make_model_card`.
    """
    limits = [
        f"It learned from texts of a {corpus['unit']} each: split longer ones likewise.",
        "It knows the labels of its corpus, as the guidelines of that corpus mean them.",
        "Scores are those of texts of the same kind and time as the corpus. On others expect "
        "less, and measure: `python -m spacy_nested_ner evaluate`.",
        "The seed of training alone moves a score by some tenths of a point.",
    ]
    if corpus["corpus"] == "sample":
        limits.insert(
            0, "Its sentences are invented: no score of it says a thing of real text."
        )
    return "\n".join(["### Limits", "", *(f"- {limit}" for limit in limits)])


def describe_scores(results: Mapping[str, Any]) -> str:
    """What an evaluation found, as Markdown: strict precision, recall and F1 in per cent of
    all labels and of each, with the 95 % interval of F1.

    results: What `evaluate` writes.
    RAISES (LookupError, TypeError, ValueError): There is something else in it.
    """
    scores = results["scores"]
    kinds = {"all labels": "micro", "boundaries alone": "boundary"}
    rows = {name: scores["all"][kind] for name, kind in kinds.items()}
    rows["nested mentions"] = scores["structure"]["nested"]
    rows.update({f"`{label}`": score for label, score in scores["label"].items()})
    interval = f"{results['intervals']['level']} % interval"
    table = [
        f"| | gold | P | R | F1 | {interval} |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        *(_describe_row(name, score) for name, score in rows.items()),
    ]
    corpus = "/".join(Path(results["corpus"]).parts[-2:])
    told = f"On `{corpus}`, {results['docs']:,} texts; exact boundaries, in per cent:"
    return "\n\n".join(["### Evaluation", told, "\n".join(table)])


def _describe_row(name: str, score: Mapping[str, Any]) -> str:
    shown: List[str] = [f"{score['gold']:,}"]
    for metric in ("p", "r", "f"):
        value = score[metric]["value"]
        shown.append("" if value is None else f"{100 * value:.1f}")
    low, high = score["f"]["low"], score["f"]["high"]
    shown.append("" if low is None else f"{100 * low:.1f} to {100 * high:.1f}")
    return f"| {name} | {' | '.join(shown)} |"
