"""The spans of an answer: candidates above thresholds, of some labels, after the policy."""

from typing import Collection, Mapping, Optional, Sequence, Tuple

import numpy

from ..annotation.candidates import Found, Policy
from ..corpus.writers.annotations import LabelledSpan
from ..decoding.policies import resolve_overlaps
from ..decoding.spans import PredictedSpans
from .pipelines import ServedPipeline


def choose(
    found: Found,
    pipeline: ServedPipeline,
    *,
    threshold: Optional[float] = None,
    thresholds: Mapping[str, float] = {},
    labels: Optional[Collection[str]] = None,
) -> Tuple[LabelledSpan, ...]:
    """The spans of a text with other thresholds than those of the pipeline.

    A span is chosen if its probability is above the threshold of its label. As in the pipe,
    the overlap policy comes after the thresholds: a span that is not chosen displaces no other
    one. The same holds for a span of another label.

    threshold: For labels without a threshold in `thresholds`; None for those of the pipeline.
    labels: Only these; None for all.
    """
    own = {} if threshold is not None else pipeline.thresholds
    spans = found.document.spans if found.candidates is None else found.candidates

    def is_above(span: LabelledSpan) -> bool:
        least = thresholds.get(span.label, own.get(span.label, threshold))
        return least is None or span.score is None or span.score > least

    chosen = [
        span for span in spans if (labels is None or span.label in labels) and is_above(span)
    ]
    if found.candidates is None:  # the pipeline has applied its policy
        return tuple(chosen)
    return resolve(chosen, pipeline.labels, pipeline.policy)


def resolve(
    spans: Sequence[LabelledSpan], labels: Sequence[str], policy: Policy
) -> Tuple[LabelledSpan, ...]:
    """The spans that a policy keeps.

    spans: Of one text, in the order of `PredictedSpans`.
    labels: All labels, in the order of the pipe.
    """
    if policy == Policy() or not spans:
        return tuple(spans)
    numbers = {label: i for i, label in enumerate(labels)}
    rows = [(0, s.start_token, s.end_token, numbers[s.label]) for s in spans]
    doc, start, end, label = numpy.array(rows, dtype="i8").T
    scores = numpy.array([s.score for s in spans], dtype="f")
    found = PredictedSpans(doc, start, end, label, scores)
    kept = resolve_overlaps(found, **policy._asdict())
    places = set(zip(kept.start.tolist(), kept.end.tolist(), kept.label.tolist()))
    return tuple(s for s in spans if (s.start_token, s.end_token, numbers[s.label]) in places)
