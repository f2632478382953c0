"""Gold documents, completed by the predictions of a pipeline where people did not annotate."""

from typing import Collection, Iterable, Iterator, List, Optional

from spacy.language import Language
from spacy.tokens import Doc, Span

from ..files.pipelines import find_spans_key, predicted_labels
from ..gold_alignment import Judge
from .inputs import PipelineLike, get_pipeline


def fill_unannotated(
    pipeline: PipelineLike, docs: Iterable[Doc], *, spans_key: Optional[str] = None
) -> Iterator[Doc]:
    """Let a pipeline annotate what people did not, and keep what they did.

    A pipeline that learns a new label from documents without its earlier ones forgets these. If
    its own predictions stand where the earlier labels were not annotated, it keeps them; see
    docs/continue-training.md for the numbers.

        >>> from spacy_nested_ner import fill_unannotated
        >>> gold = list(fill_unannotated("training/model-best", gold))  # doctest: +SKIP

    pipeline: The pipeline as it is now, or its name or folder.
    docs: Gold documents. Where doc.spans[key] is missing, or doc.spans["{key}_unannotated"]
        has a region, the predicted spans become gold spans; rejected spans do not. Regions for
        labels that the pipeline does not predict stay.
    spans_key: Key of doc.spans; None for the key in the settings of the pipeline.
    YIELDS: The same documents, changed.
    RAISES (UserError): The pipeline cannot be loaded; no pipe writes to the key.
    """
    nlp = get_pipeline(pipeline)
    key = find_spans_key(nlp) if spans_key is None else spans_key
    labels = predicted_labels(nlp, key)
    pairs = nlp.pipe(((_copy_tokens(nlp, doc), doc) for doc in docs), as_tuples=True)
    for predicted, doc in pairs:
        judge = Judge(doc, spans_key=key)
        spans: List[Span] = list(doc.spans.get(key, ()))
        for span in predicted.spans[key]:
            if not judge.judges(span.start_char, span.end_char, span.label_):
                spans.append(Span(doc, span.start, span.end, label=span.label_))
        doc.spans[key] = spans
        _drop_regions(doc, f"{key}_unannotated", {"", *labels})
        yield doc


def _copy_tokens(nlp: Language, doc: Doc) -> Doc:
    """A document of the same tokens for the pipeline to annotate."""
    words = [token.text for token in doc]
    return Doc(nlp.vocab, words=words, spaces=[bool(token.whitespace_) for token in doc])


def _drop_regions(doc: Doc, key: str, labels: Collection[str]) -> None:
    if key in doc.spans:
        doc.spans[key] = [span for span in doc.spans[key] if span.label_ not in labels]
