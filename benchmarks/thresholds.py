"""Compare pipelines with their best thresholds: does a threshold explain their difference?

Each pipeline gets the best of nineteen thresholds on dev and is scored with it on test. The
pipelines predict once, with the lowest threshold, and the predictions are filtered: if spans
may overlap, a threshold keeps or drops each span independently of the others.
"""

from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Dict, Iterator, List, Mapping, Sequence

import numpy
from spacy.language import Language
from spacy.pipeline import SpanCategorizer

from benchmarks.counts import count_spans
from benchmarks.runs import f1
from spacy_nested_ner.evaluation.documents import EvaluatedDoc
from spacy_nested_ner.pipe.component import NestedSpanCategorizer

THRESHOLDS = tuple(n / 20 for n in range(1, 20))


@contextmanager
def lowest_threshold(nlp: Language) -> Iterator[None]:
    """Set pipes that score spans to the lowest of THRESHOLDS, and restore them afterwards."""
    settings: List[Any] = []
    for _, pipe in nlp.pipeline:
        if isinstance(pipe, NestedSpanCategorizer):
            settings.append(vars(pipe))
        elif isinstance(pipe, SpanCategorizer):
            settings.append(pipe.cfg)
    before = [setting["threshold"] for setting in settings]
    try:
        for setting in settings:
            setting["threshold"] = THRESHOLDS[0]
        yield
    finally:
        for setting, threshold in zip(settings, before):
            setting["threshold"] = threshold


def score_at_best_threshold(docs: Mapping[str, Sequence[EvaluatedDoc]]) -> Dict[str, Any]:
    """Find the best threshold on dev, and count mentions with it on each part.

    docs: Predictions with the lowest threshold, for "dev" and other parts.
    RETURNS: threshold, the closest to ½ among those with the highest F1; and
        `counts.count_spans` by part.
    """

    def dev_f1(threshold: float) -> float:
        counts = numpy.array(count_spans(above(docs["dev"], threshold))["total"])
        return float(numpy.nan_to_num(f1(counts)))

    nearest_first = sorted(THRESHOLDS, key=lambda threshold: abs(threshold - 0.5))
    best = max(nearest_first, key=dev_f1)
    return {
        "threshold": best,
        **{part: count_spans(above(docs[part], best)) for part in docs},
    }


def above(docs: Sequence[EvaluatedDoc], threshold: float) -> List[EvaluatedDoc]:
    """Keep the predictions with a probability above the threshold."""
    return [
        replace(doc, predicted=tuple(m for m in doc.predicted if (m.score or 0.0) > threshold))
        for doc in docs
    ]
