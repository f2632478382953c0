"""The registered scorer: strict precision, recall and F1 of spans, and more detailed scores."""

import warnings
from typing import Any, Callable, Dict, Iterable, Optional, Set

from numpy import ndarray
from spacy.scorer import PRFScore
from spacy.tokens import Doc
from spacy.training import Example

from ..gold_alignment import Judge
from .matching import (
    FOUND,
    GOLD,
    PREDICTED,
    RIGHT,
    Span,
    macro_f,
    match,
    match_boundaries,
    score,
    value_or_none,
)
from .nesting import relate
from .score_weights import SCORE_WEIGHTS

SpanScorer = Callable[..., Dict[str, Any]]


def make_nested_spancat_scorer() -> SpanScorer:
    """Registered as spacy_nested_ner.nested_spancat_scorer.v1."""
    return score_nested_spans


def score_nested_spans(
    examples: Iterable[Example], *, spans_key: str, **_: Any
) -> Dict[str, Optional[Any]]:
    """Strict scores: a span counts if its start, end and label are right.

    The spans of a document are compared as sets of character offsets. A prediction that is not
    aligned with the gold tokens is wrong. Left out are documents without the key, as by spaCy's
    own scorer, and predictions that the gold does not judge; see `gold_alignment`.

    spans_key (str): Key of `doc.spans`, part of the names of the scores.
    RETURNS (Dict[str, Any]): 0 to 1, spans_{key}_p, _r, _f and _per_type; _macro_f, the mean
        F1 of the labels that have gold spans; _boundary_f, without labels; _nested_f, of the
        spans inside or around another span of their side, None without a nested gold span. All
        None if no gold document has the key.
    """
    docs = []
    n_left_out = 0
    for eg in examples:
        judge = Judge(eg.reference, spans_key=spans_key)
        if judge.says_nothing:
            n_left_out += 1
            continue
        predicted = {s for s in spans_of(eg.predicted, spans_key) if judge.judges(*s)}
        docs.append((spans_of(eg.reference, spans_key), predicted))
    if docs and n_left_out:
        warn_of_left_out(n_left_out, len(docs) + n_left_out, spans_key=spans_key)
    if not docs:
        return {f"spans_{spans_key}_{name}": None for name in SCORE_WEIGHTS}
    matched = match(docs)
    nested = (relate(x.start, x.end, x.label).nested for x in (matched.gold, matched.predicted))
    per_label = matched.by_label()
    return {
        **name_strict_scores(spans_key, matched.total(), matched.labels, per_label),
        f"spans_{spans_key}_macro_f": value_or_none(macro_f(per_label)),
        f"spans_{spans_key}_boundary_f": value_or_none(score(match_boundaries(docs).total()).f),
        f"spans_{spans_key}_nested_f": value_or_none(score(matched.where(*nested)).f),
    }


def warn_of_left_out(n: int, n_docs: int, *, spans_key: str) -> None:
    """Warn of n documents without the key."""
    warnings.warn(
        f"{n} of {n_docs} documents have no doc.spans[{spans_key!r}] and are left out of the "
        "scores. If a document has no mention, give it an empty group.",
        stacklevel=3,
    )


def spans_of(doc: Doc, key: str) -> Set[Span]:
    """(first character, character after the last, label) of the spans under the key, without
    empty spans."""
    spans = {(s.start_char, s.end_char, s.label_) for s in doc.spans.get(key, [])}
    return {span for span in spans if span[0] < span[1]}


def name_strict_scores(
    spans_key: str, total: ndarray, labels: Iterable[str], per_label: ndarray
) -> Dict[str, Any]:
    """The scores that spaCy has too, with its names and its value 0 for 0/0.

    total, per_label: counts of `matching`, (4,) and (L, 4).
    """
    prf = _prf(total)
    return {
        f"spans_{spans_key}_p": prf.precision,
        f"spans_{spans_key}_r": prf.recall,
        f"spans_{spans_key}_f": prf.fscore,
        f"spans_{spans_key}_per_type": {
            label: _prf(counts).to_dict() for label, counts in zip(labels, per_label)
        },
    }


def _prf(counts: ndarray) -> PRFScore:
    n = counts.tolist()
    return PRFScore(tp=n[RIGHT], fp=n[PREDICTED] - n[RIGHT], fn=n[GOLD] - n[FOUND])
