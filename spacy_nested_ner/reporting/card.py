"""Facts of the pipeline and of the corpus, as names and values."""

from typing import Any, List, Mapping, NamedTuple, Sequence, Tuple

from ..evaluation.documents import EvaluatedDoc

Facts = List[Tuple[str, str]]

# labels in the list; some corpora have hundreds, and the table of labels shows all
MAX_LABELS = 30


class Corpus(NamedTuple):
    """The source of the documents.

    name: of the file, without the path to it, because others may read the page.
    sha256: of the file; "" for documents in memory.
    spans_key: key of doc.spans for gold and predicted spans.
    """

    name: str
    sha256: str
    spans_key: str


def pipeline_title(meta: Mapping[str, Any]) -> str:
    """Name of the pipeline's package, with its version."""
    name = f"{meta.get('lang', '')}_{meta.get('name', '')}".strip("_")
    return f"{name} {meta.get('version', '')}".strip() or "A pipeline without a name"


def describe_pipeline(meta: Mapping[str, Any], spans_key: str) -> Facts:
    """From nlp.meta, where `model_card` writes the training corpus."""
    sources = (f"{s.get('name', '')}: {s.get('author', '')}" for s in _dicts(meta, "sources"))
    facts = {
        "Pipeline": pipeline_title(meta),
        "Components": ", ".join(map(str, meta.get("pipeline") or ())),
        "Licence": str(meta.get("license") or ""),
        "Author": str(meta.get("author") or ""),
        "Sources": "; ".join(source.strip(": ") for source in sources),
        "Labels": _list_labels(meta),
        "Trained on": _describe_training(meta.get("corpus")),
        "Scores in training": _describe_scores(meta.get("performance"), spans_key),
        "spaCy version": str(meta.get("spacy_version") or ""),
    }
    return [(name, value) for name, value in facts.items() if value]


def describe_corpus(docs: Sequence[EvaluatedDoc], corpus: Corpus) -> Facts:
    n_empty = sum(not doc.gold for doc in docs)
    n_documents = len({doc.document for doc in docs if doc.document is not None})
    facts = {
        "File": corpus.name,
        "SHA-256": corpus.sha256,
        "Span key": corpus.spans_key,
        "Documents": f"{len(docs):,}, of them {n_empty:,} without a gold mention",
        "Articles": f"{n_documents:,}" if n_documents else "",
        "Tokens": f"{sum(len(doc.token_starts) for doc in docs):,}",
        "Gold mentions": f"{sum(len(doc.gold) for doc in docs):,}",
        "Predicted mentions": f"{sum(len(doc.predicted) for doc in docs):,}",
    }
    return [(name, value) for name, value in facts.items() if value]


def _dicts(meta: Mapping[str, Any], key: str) -> List[Mapping[str, Any]]:
    """The dicts under a key; a meta may hold values of any type."""
    values = meta.get(key)
    return [v for v in values if isinstance(v, dict)] if isinstance(values, list) else []


def _list_labels(meta: Mapping[str, Any]) -> str:
    by_pipe = meta.get("labels")
    if not isinstance(by_pipe, dict):
        return ""
    labels = sorted({str(label) for some in by_pipe.values() for label in some})
    shown = ", ".join(labels[:MAX_LABELS])
    more = len(labels) - MAX_LABELS
    return f"{len(labels):,}: {shown}" + (f" and {more:,} more" if more > 0 else "")


def _describe_training(corpus: Any) -> str:
    if not isinstance(corpus, dict):
        return ""
    facts = [f"{corpus.get('dataset', 'a corpus')} ({corpus.get('corpus', 'unknown')})"]
    if corpus.get("split"):
        facts.append(f"split by {corpus['split']}")
    parts = corpus.get("parts")
    train = parts.get("train") if isinstance(parts, dict) else None
    if isinstance(train, dict):
        counts = {"documents": "docs", "tokens": "tokens", "mentions": "spans"}
        facts += [
            f"{train[key]:,} {name}"
            for name, key in counts.items()
            if isinstance(train.get(key), int)
        ]
    return ", ".join(map(str, facts))


def _describe_scores(performance: Any, spans_key: str) -> str:
    """The scores of the best model on the dev part."""
    if not isinstance(performance, dict):
        return ""
    scores = {
        name: performance.get(f"spans_{spans_key}_{letter}")
        for name, letter in (("precision", "p"), ("recall", "r"), ("F1", "f"))
    }
    return ", ".join(
        f"{name} {100 * score:.1f}"
        for name, score in scores.items()
        if isinstance(score, (int, float))
    )
