"""Markdown sections of the model card: data, texts, encoder, source, limits and scores."""

from itertools import accumulate
from pathlib import Path
from typing import Any, List, Mapping, Optional, Sequence

from spacy.language import Language

from ..scoring.small_sample import warn_small_sample

# characters of the labels in the description; some corpora have hundreds of labels;
# meta["labels"] contains all of them
MAX_LABELS = 200


def describe_other_corpus(files: Sequence[Optional[Path]]) -> str:
    """Describe in Markdown a corpus of which only the files are known."""
    names = " and ".join(f"`{file.name}`" for file in files if file is not None)
    return (
        "### Data\n\nThe config was made for another corpus and reused"
        + (f" with the files {names}" if names else "")
        + ". Their source and licence are unknown. The accuracy above was measured on the dev "
        "part, in the best evaluation during training."
    )


def describe_corpus(corpus: Mapping[str, Any]) -> str:
    """Describe the training corpus in Markdown.

    corpus: The argument of `make_model_card`.
    """
    counts = ["| part | documents | tokens | mentions |", "| --- | ---: | ---: | ---: |"]
    counts += [
        f"| {part} | {n['docs']:,} | {n['tokens']:,} | {n['spans']:,} |"
        for part, n in corpus["parts"].items()
    ]
    source = corpus["source"]
    file = f"`{source['name']}` (SHA-256 `{source['sha256']}`)"
    subject = file if is_own(corpus) else f"`{corpus['dataset']}`, from {file}"
    added = [f"`{one['name']}` (SHA-256 `{one['sha256']}`)" for one in corpus.get("added", ())]
    more = f" Its training part was extended with {', '.join(added)}." if added else ""
    paragraphs = [
        f"The corpus is {subject}, with the split `{corpus['split']}`.{more} Each document of "
        f"the corpus is one {corpus['unit']}. The accuracy above was measured on the dev part, "
        "in the best evaluation during training.",
        "\n".join(counts),
    ]
    if not is_own(corpus):
        paragraphs.append(f"Licence of the data: {corpus['licence']}.")
    dev = corpus["parts"].get("dev")
    if dev is not None:
        # one article may be the whole source; then each doc is a unit
        n = dev.get("articles", 0)
        small = warn_small_sample(dev["spans"], n if n > 1 else dev["docs"])
        if small is not None:
            paragraphs.insert(1, f"⚠ The accuracy above is uncertain. {small}.")
    if corpus["citation"]:
        paragraphs.append(f"Please cite: {corpus['citation']}")
    return "\n\n".join(["### Data", *paragraphs])


def describe_predicted(nlp: Language) -> str:
    """Say in Markdown that the pipeline also learned from predicted spans; "" if it did not."""
    predicted = nlp.config["paths"].get("predicted")
    if not predicted:
        return ""
    return (
        f"### Predicted texts\n\nThe pipeline also learned from the texts in "
        f"`{Path(predicted).name}`, with the spans that another pipeline predicted there. This "
        "card does not describe these texts, nor their licence."
    )


def describe_encoder(nlp: Language) -> str:
    """Describe in Markdown the weights that the encoder began with; "" if they were random."""
    paths = nlp.config["paths"]
    weights = []
    if paths.get("encoder"):
        name = str(paths["encoder"])
        # a folder without the path to it; a name on the hub as it is
        weights.append(f"`{Path(name).name if Path(name).exists() else name}`")
    # without [pretraining] spaCy does not read them
    if paths.get("init_tok2vec") and nlp.config.get("pretraining"):
        weights.append(f"`{Path(paths['init_tok2vec']).name}` of `spacy pretrain`")
    if not weights:
        return ""
    return (
        f"### Encoder\n\nThe encoder began with the weights {' and '.join(weights)}. This card "
        "does not describe the texts that they have learned from, nor their licence."
    )


def describe_source(source: Optional[Mapping[str, Any]]) -> str:
    """Describe in Markdown the pipeline that the training began with; "" without one.

    source: The argument of `make_model_card`.
    """
    if source is None:
        return ""
    name = "_".join(filter(None, (source["lang"], source["name"])))
    licence = f"licence: {source['license']}" if source["license"] else "licence unknown"
    return (
        f"### Source\n\nThe training began with the pipe of `{name}` {source['version']} "
        f"({licence}) for {list_labels(source['labels'])}. This card does not describe the "
        "texts that it has learned from."
    )


def join_sections(*sections: str) -> str:
    return "\n\n".join(filter(None, sections))


def describe_limits(corpus: Mapping[str, Any]) -> str:
    """Describe the limits of a pipeline in Markdown.

    corpus: The argument of `make_model_card`.
    """
    limits = [
        f"Each training document is one {corpus['unit']}: split longer documents in the same "
        "way.",
        "The pipeline predicts only the labels of its corpus, as the annotation guidelines of "
        "that corpus define them.",
        "The scores are for documents of the same domain and period as the corpus. Expect "
        "lower scores on other documents, and measure them: `python -m spacy_nested_ner "
        "evaluate`.",
        "The random seed of training changes a score by a few tenths of a point.",
    ]
    if corpus["corpus"] == "sample":
        limits.insert(
            0,
            "The training sentences are invented: no score predicts the accuracy on real text.",
        )
    return "\n".join(["### Limits", "", *(f"- {limit}" for limit in limits)])


def describe_scores(results: Mapping[str, Any]) -> str:
    """Show the scores of an evaluation in Markdown: strict precision, recall and F1 in per
    cent, for all labels and for each label, with the 95 % interval of F1.

    results: The JSON of `evaluate`.
    RAISES (LookupError, TypeError, ValueError): It is not the JSON of `evaluate`.
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
    caption = f"Strict scores on `{corpus}` ({results['docs']:,} documents), in per cent:"
    made = results.get("cross_validation")
    if made is not None:
        caption = (
            f"Cross-validated: each document was predicted by one of {made['folds']} pipelines "
            f"that were trained without it. {caption}"
        )
    warnings = [f"⚠ {warning}." for warning in results.get("warnings", ())]
    return "\n\n".join(["### Evaluation", caption, *warnings, "\n".join(table)])


def _describe_row(name: str, score: Mapping[str, Any]) -> str:
    shown: List[str] = [f"{score['gold']:,}"]
    for metric in ("p", "r", "f"):
        value = score[metric]["value"]
        shown.append("" if value is None else f"{100 * value:.1f}")
    low, high = score["f"]["low"], score["f"]["high"]
    shown.append("" if low is None else f"{100 * low:.1f} to {100 * high:.1f}")
    return f"| {name} | {' | '.join(shown)} |"


def list_labels(labels: Sequence[str]) -> str:
    """The first labels, at least one, and the number of the others."""
    lengths = accumulate(len(label) + 2 for label in labels)
    n = max(1, sum(length <= MAX_LABELS for length in lengths))
    rest = f" and {len(labels) - n} more" if len(labels) > n else ""
    return ", ".join(labels[:n]) + rest


def is_own(corpus: Mapping[str, Any]) -> bool:
    """Whether the corpus belongs to no recipe of a published corpus."""
    return bool(corpus["dataset"] == "custom")
