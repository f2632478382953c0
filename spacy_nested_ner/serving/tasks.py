"""Spans of the page as a task of another program."""

from ..corpus.writers import find_writer
from ..corpus.writers.annotations import Annotations, Document, LabelledSpan
from .messages import BadRequest, TaskRequest
from .pipelines import ServedPipeline

# Writers of the page: JSON for the reader `jsonl`, and the tasks of two annotation tools.
FORMATS = ("jsonl", "prodigy", "label_studio")


def write_task(wish: TaskRequest, pipeline: ServedPipeline) -> str:
    """A text with its spans in a format of the export.

    RAISES (BadRequest): There is no such format, or a span does not lie on tokens.
    """
    if wish.format not in FORMATS:
        raise BadRequest(
            f"There is no format {wish.format[:80]!r}: choose one of {', '.join(FORMATS)}."
        )
    doc = pipeline.nlp.tokenizer(wish.text)
    tokens = tuple((token.idx, token.idx + len(token)) for token in doc)
    first = {start: i for i, (start, _) in enumerate(tokens)}
    last = {end: i + 1 for i, (_, end) in enumerate(tokens)}
    spans = []
    for span in wish.spans:
        if span.start not in first or span.end not in last or span.start >= span.end:
            raise BadRequest(
                f"The span from {span.start} to {span.end} does not begin and end with a token "
                "of the text."
            )
        spans.append(
            LabelledSpan(
                span.start, span.end, span.label, first[span.start], last[span.end], span.score
            )
        )
    spans.sort(key=lambda s: (s.start, -s.end, s.label))
    document = Document("text", "text", wish.text, tokens, tuple(spans))
    annotations = Annotations(
        (document,), tuple(sorted(pipeline.labels)), is_predicted=True, model=pipeline.title
    )
    return find_writer(wish.format).write(annotations)[""].decode("utf8")
