"""Annotate batches of texts, and also find their spans below the thresholds."""

import threading
from typing import Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

from spacy.language import Language
from spacy.tokens import Doc

from ..corpus.writers.annotations import Document, LabelledSpan, make_document
from ..decoding.decode import decode_spans
from ..decoding.policies import Overlap, Preference
from ..decoding.spans import PredictedSpans
from ..decoding.thresholds import logit_thresholds, of_labels
from ..files.pipelines import find_spans_key, predicted_labels
from ..model.span_logits import SpanLogits
from ..pipe.component import NestedSpanCategorizer
from .predict import predict_batch


class Wanted(NamedTuple):
    """A text to annotate.

    floor: find all spans down to this probability, and down to the threshold of the pipeline
        where that is lower; None for the spans that the pipeline predicts.
    """

    text: str
    floor: Optional[float] = None


class Found(NamedTuple):
    """An annotated text.

    document: with the spans that the pipeline predicts.
    candidates: the spans above the floor, before the overlap policy, in the order of
        `PredictedSpans`; None if they were not wanted, or are unknown.
    """

    document: Document
    candidates: Optional[Tuple[LabelledSpan, ...]] = None

    @property
    def n_tokens(self) -> int:
        return len(self.document.tokens)


class Policy(NamedTuple):
    """See `decoding.policies.resolve_overlaps`."""

    overlap: Overlap = "all"
    prefer: Preference = "probability"
    max_depth: Optional[int] = None


class CandidatePipeline:
    """A loaded pipeline that also finds candidates: spans of any probability.

    labels: that it can predict, in its order.
    thresholds: of each label; empty if they are unknown.
    has_candidates: it can find spans below its thresholds. That holds for a `nested_spancat`,
        unless a later pipe may change its spans.
    RAISES (UserError): No pipe of the pipeline writes to the key.
    """

    def __init__(self, nlp: Language, spans_key: Optional[str] = None) -> None:
        self.nlp = nlp
        self.spans_key = find_spans_key(nlp) if spans_key is None else spans_key
        self.labels: Tuple[str, ...] = tuple(sorted(predicted_labels(nlp, self.spans_key)))
        self.thresholds: Mapping[str, float] = {}
        self.policy = Policy()
        self._floor: Optional[float] = None
        self._decoded: Dict[int, PredictedSpans] = {}
        self._thread: Optional[int] = None
        self._pipe = _find_last_pipe(nlp, self.spans_key)
        if self._pipe is not None:
            pipe = self._pipe
            self.labels = pipe.labels
            values = of_labels(
                pipe.labels, pipe.thresholds, pipe.threshold, setting="thresholds"
            )
            self.thresholds = dict(zip(pipe.labels, values))
            self.policy = Policy(pipe.overlap, pipe.prefer, pipe.max_depth)

    @property
    def has_candidates(self) -> bool:
        return self._pipe is not None

    def annotate(
        self, wanted: Sequence[Wanted], docs: Sequence[Doc]
    ) -> List[Union[Found, Exception]]:
        """Annotate documents together.

        docs: The documents of the texts, without annotations.
        RETURNS: For each, what was found, or why the pipeline failed.
        """
        floors = [one.floor for one in wanted if one.floor is not None]
        self._floor = min(floors, default=None)
        self._thread = threading.get_ident()
        results: List[Union[Found, Exception]] = []
        if self._pipe is not None:
            self._pipe.observer = self._observe
        try:
            for one, doc in zip(wanted, predict_batch(self.nlp, docs)):
                found = doc if isinstance(doc, Exception) else self._read(doc, one)
                results.append(found)
        finally:
            self._floor = None
            self._decoded.clear()
            if self._pipe is not None:
                self._pipe.observer = None
        return results

    def _observe(self, docs: List[Doc], scores: Optional[SpanLogits]) -> None:
        """Decode a batch of the pipe again, down to the floor. Other users of the pipeline may
        call it in their own threads."""
        floor, pipe = self._floor, self._pipe
        if floor is None or scores is None or self._thread != threading.get_ident():
            return
        assert pipe is not None
        lowest = logit_thresholds(
            pipe.labels,
            threshold=floor,
            thresholds={label: min(floor, own) for label, own in self.thresholds.items()},
            temperatures=pipe.temperatures,
            logit_scale=pipe.loss.logit_scale,
        )
        spans = decode_spans(docs, scores, lowest)
        for doc, some in zip(docs, spans.split_by_doc(len(docs))):
            self._decoded[id(doc)] = some

    def _read(self, doc: Doc, wanted: Wanted) -> Found:
        document = make_document(doc, self.spans_key, id="text", document="text")
        if wanted.floor is None or not self.has_candidates:
            return Found(document)
        # a batch without a token has no logits
        spans = self._decoded.get(id(doc), PredictedSpans.empty())
        tokens = document.tokens
        # not rounded: the policy compares probabilities near 1
        columns = zip(*(column.tolist() for column in spans[1:]))
        candidates = (
            LabelledSpan(tokens[start][0], tokens[end - 1][1], self.labels[i], start, end, p)
            for start, end, i, p in columns
        )
        return Found(document, tuple(candidates))


def _find_last_pipe(nlp: Language, spans_key: str) -> Optional[NestedSpanCategorizer]:
    """The `nested_spancat` whose spans are those of the pipeline: behind it come only pipes
    that say what they assign, and that is not doc.spans."""
    for name, pipe in reversed(nlp.pipeline):
        if isinstance(pipe, NestedSpanCategorizer) and pipe.spans_key == spans_key:
            return pipe
        assigned = nlp.get_pipe_meta(name).assigns
        is_other = nlp.get_pipe_config(name).get("spans_key") not in (None, spans_key)
        if not is_other and (not assigned or "doc.spans" in assigned):
            return None
    return None
