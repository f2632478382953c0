"""The registered scorer: strict precision, recall and F1 of spans."""

from collections import defaultdict
from typing import Any, Callable, Dict, Iterable, Optional, Set, Tuple

from spacy.scorer import PRFScore
from spacy.tokens import Doc
from spacy.training import Example

SpanScorer = Callable[..., Dict[str, Any]]


def make_nested_spancat_scorer() -> SpanScorer:
    """Registered as spacy_nested_ner.nested_spancat_scorer.v1."""
    return score_nested_spans


def score_nested_spans(
    examples: Iterable[Example], *, spans_key: str, **_: Any
) -> Dict[str, Optional[Any]]:
    """Strict scores: a span counts if its start, end and label are right.

    Spans are compared as sets of character offsets per document, so a prediction that is
    not aligned with the gold tokens counts as wrong, and so does one in a document that
    lacks the key. spaCy's own scorer leaves such documents out.

    spans_key (str): Key of `doc.spans`, part of the names of the scores.
    RETURNS (Dict[str, Any]): spans_{key}_p, _r, _f (0 to 1) and _per_type; all None if no
        document has gold spans under the key, not even an empty group.
    """
    total = PRFScore()
    per_type: Dict[str, PRFScore] = defaultdict(PRFScore)
    annotated = False
    for eg in examples:
        annotated = annotated or spans_key in eg.reference.spans
        gold = _spans(eg.reference, spans_key)
        predicted = _spans(eg.predicted, spans_key)
        total.score_set(predicted, gold)
        for label in {label for *_, label in gold | predicted}:
            per_type[label].score_set(
                {span for span in predicted if span[2] == label},
                {span for span in gold if span[2] == label},
            )
    name = f"spans_{spans_key}"
    if not annotated:
        return {f"{name}_{score}": None for score in ("p", "r", "f", "per_type")}
    return {
        f"{name}_p": total.precision,
        f"{name}_r": total.recall,
        f"{name}_f": total.fscore,
        f"{name}_per_type": {label: per_type[label].to_dict() for label in sorted(per_type)},
    }


def _spans(doc: Doc, key: str) -> Set[Tuple[int, int, str]]:
    """(first character, character behind the last, label) of the spans under the key."""
    return {(s.start_char, s.end_char, s.label_) for s in doc.spans.get(key, [])}
