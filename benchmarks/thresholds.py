"""The control for a difference between pipelines that a threshold could explain away.

Each gets the threshold that is best for it on dev, out of nineteen, and is scored with that on
test. The texts are read once, at the lowest threshold, and what is found is filtered: where
spans may overlap, whether one is kept does not depend on the others.
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
    """Let the pipes that score spans keep whatever any of THRESHOLDS would."""
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
    """The best threshold on dev, and the counts that it gives on each part.

    docs: What the pipeline finds in the texts of "dev" and other parts at the lowest threshold.
    RETURNS: threshold, the one nearest to ½ of those with the highest F1; and
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
    """The docs with the predictions whose probability is higher."""
    return [
        replace(doc, predicted=tuple(m for m in doc.predicted if (m.score or 0.0) > threshold))
        for doc in docs
    ]
