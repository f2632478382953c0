"""What a pipeline doubts: the possible mentions of a document, each with its probability."""

from typing import Iterable, Iterator, List, NamedTuple, Tuple, Union

from spacy.tokens import Doc

from ..annotation.candidates import CandidatePipeline, Found, Wanted
from ..pipe.token_batches import batch_by_tokens
from ..user_error import UserError

# probability; less probable spans are so many that they would hide the others
FLOOR = 0.02


class Doubt(NamedTuple):
    """A possible mention.

    mention: its words in lower case.
    probability: that it is a mention with this label.
    error: probability that the decision of the pipeline about it is wrong.
    """

    mention: str
    label: str
    probability: float
    error: float


class Doubts(NamedTuple):
    """n_tokens: of the document."""

    n_tokens: int
    doubts: Tuple[Doubt, ...]


def find_doubts(
    pipeline: CandidatePipeline, docs: Iterable[Doc]
) -> Iterator[Union[Doubts, Exception]]:
    """Annotate documents, and list their possible mentions down to the probability `FLOOR`.

    A pipe other than `nested_spancat` tells only the probabilities of the spans that it
    predicts, so its missed mentions are unknown.

    YIELDS: For each document, its doubts, or why the pipeline failed.
    RAISES (UserError): A span has no probability.
    """
    floor = FLOOR if pipeline.has_candidates else None
    for batch in batch_by_tokens(docs):
        for found in pipeline.annotate([Wanted(doc.text, floor) for doc in batch], batch):
            yield found if isinstance(found, Exception) else _read(found, pipeline)


def _read(found: Found, pipeline: CandidatePipeline) -> Doubts:
    document = found.document
    spans = document.spans if found.candidates is None else found.candidates
    doubts: List[Doubt] = []
    for span in spans:
        if span.score is None:
            raise UserError(
                f"The pipeline gives no probability for its spans of '{span.label}', so it has "
                "no doubts: use a nested_spancat or spancat."
            )
        is_predicted = span.score > pipeline.thresholds.get(span.label, 0.0)
        mention = " ".join(document.text[span.start : span.end].lower().split())
        error = 1.0 - span.score if is_predicted else span.score
        doubts.append(Doubt(mention, span.label, span.score, error))
    return Doubts(found.n_tokens, tuple(doubts))
