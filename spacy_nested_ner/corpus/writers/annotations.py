"""Annotations: what every writer takes. Documents with their tokens and their labelled spans.

make_document(doc, "sc", id="a:0", document="a")
"""

from dataclasses import dataclass
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Optional, Tuple

from spacy.tokens import Doc

from ..records import Part


class LabelledSpan(NamedTuple):
    """start, end: half-open, in characters. start_token, end_token: half-open, in tokens.
    score: probability, None if there is none."""

    start: int
    end: int
    label: str
    start_token: int
    end_token: int
    score: Optional[float] = None


@dataclass(frozen=True)
class Document:
    """A text with its spans.

    id: no other document of the export has it.
    document: name of the source document, the same for all of its sentences.
    tokens: start and end of each token, in characters.
    spans: sorted by start, then longer first, then label; no two have the same characters and
        label, each has a label and covers more than blanks.
    n_unusable: number of spans without a label or of only blanks, which no reader accepts.
    n_without_span: number of gold mentions that no span holds, because `convert` found that
        they do not fit the tokens or have gaps.
    part: part of the corpus, None if unknown.
    is_annotated: without it the document says nothing, so a person has to annotate it.
    n_unannotated: number of regions of an annotated document that were not annotated.
    n_rejected: number of spans that are known to be wrong.
    """

    id: str
    document: str
    text: str
    tokens: Tuple[Tuple[int, int], ...]
    spans: Tuple[LabelledSpan, ...]
    n_unusable: int = 0
    n_without_span: int = 0
    part: Optional[Part] = None
    is_annotated: bool = True
    n_unannotated: int = 0
    n_rejected: int = 0

    @property
    def names(self) -> Dict[str, str]:
        """Id, name of the source document, and part if it is known."""
        names = {"id": self.id, "document": self.document}
        return names if self.part is None else {**names, "part": self.part}

    @property
    def score(self) -> Optional[float]:
        """The lowest probability of a span: sorted by it, the least certain document comes
        first. None if no span has one."""
        return min((span.score for span in self.spans if span.score is not None), default=None)


@dataclass(frozen=True)
class Annotations:
    """Documents to write.

    labels: all labels that an annotator may choose, sorted.
    is_predicted: the spans are predictions, and a person has not confirmed them.
    model: name and version of the pipeline that predicted them, "" if unknown.
    """

    documents: Tuple[Document, ...]
    labels: Tuple[str, ...]
    is_predicted: bool = False
    model: str = ""

    def count_scores(self) -> int:
        """How many spans have a probability."""
        spans = (span for document in self.documents for span in document.spans)
        return sum(span.score is not None for span in spans)


def make_document(
    doc: Doc, spans_key: str, *, id: str, document: str, part: Optional[Part] = None
) -> Document:
    """Make the document of a spaCy Doc.

    spans_key: Key of doc.spans; a doc without it is not annotated, see `gold_alignment`.
        Probabilities come from .attrs["scores"]. Of spans with the same characters and label
        the most probable counts.
    """
    spans: Dict[Tuple[int, int, str], LabelledSpan] = {}
    n_unusable = 0
    for span, score in _score_spans(doc, spans_key):
        if not span.label_ or not span.text.strip():
            n_unusable += 1
            continue
        place = (span.start_char, span.end_char, span.label_)
        if place not in spans or (score or 0) > (spans[place].score or 0):
            spans[place] = LabelledSpan(*place, span.start, span.end, score)
    ordered = sorted(spans.values(), key=lambda s: (s.start, -s.end, s.label))
    tokens = tuple((token.idx, token.idx + len(token)) for token in doc)
    data = doc.user_data
    n_without_span = len(data.get("not_aligned", ())) + data.get("discontinuous", 0)
    regions = doc.spans.get(f"{spans_key}_unannotated", ())
    is_open = any(len(region) == len(doc) and not region.label for region in regions)
    is_annotated = bool(doc.spans.get(spans_key)) or (spans_key in doc.spans and not is_open)
    return Document(
        id,
        document,
        doc.text,
        tokens,
        tuple(ordered),
        n_unusable,
        n_without_span,
        part,
        is_annotated,
        len(regions) if is_annotated else 0,
        len(doc.spans.get(f"{spans_key}_rejected", ())),
    )


def _score_spans(doc: Doc, spans_key: str) -> Iterator[Tuple[Any, Optional[float]]]:
    """The spans, each with its probability or None."""
    if spans_key in doc.spans:
        group = doc.spans[spans_key]
        scores: Iterable[Any] = group.attrs.get("scores", ())
        # six digits: the float32 of the model has no more
        rounded: List[Optional[float]] = [round(float(score), 6) for score in scores]
        yield from zip(group, rounded if len(rounded) == len(group) else [None] * len(group))
