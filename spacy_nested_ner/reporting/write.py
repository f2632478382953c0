"""From a pipeline and gold documents to a page on disk."""

from contextlib import nullcontext
from pathlib import Path
from typing import Optional, Sequence

from spacy.language import Language
from spacy.tokens import Doc

from ..calibration.count_logits import LogitCounter
from ..corpus.mention_table import count_labels
from ..evaluation.documents import predict_corpus
from ..evaluation.evaluate import Evaluation, evaluate_docs
from ..files.writing import write_text
from ..pipe.component import NestedSpanCategorizer
from .card import Corpus
from .logits import calibrate_from_logits
from .page import N_DOCUMENTS, make_page
from .plots.svg import check_matplotlib
from .span_scores import calibrate_from_scores


def write_report(
    nlp: Language,
    references: Sequence[Doc],
    out: Path,
    *,
    corpus: Corpus,
    train: Optional[Sequence[Doc]] = None,
    n_documents: int = N_DOCUMENTS,
    n_resamples: int = 1000,
    seed: int = 0,
) -> Evaluation:
    """Evaluate a pipeline on documents and write the page about it. The pipeline runs once.

    references: Gold documents; their vocab is that of the pipeline.
    out: The HTML file; on an error it is not written.
    corpus: Facts of the documents, and the key of their spans.
    train: Documents of the training data, to sort the labels by their frequency there.
    n_documents: How many documents the page shows at most, those with the most errors.
    n_resamples, seed: Of the bootstrap.
    RETURNS: The scores on the page.
    RAISES (UserError): matplotlib is not installed; there is no gold span under the key; no
        pipe writes to the key; the file cannot be written.
    """
    check_matplotlib()
    spans_key = corpus.spans_key
    train_counts = (
        None if train is None else count_labels(train, spans_key, name="The training data")
    )
    pipe = _find_pipe(nlp, spans_key)
    counter = None if pipe is None else LogitCounter(pipe, references)
    with nullcontext() if counter is None else counter.counting():
        docs = predict_corpus(nlp, references, spans_key, name=corpus.name)
    evaluation = evaluate_docs(
        docs, n_resamples=n_resamples, seed=seed, train_counts=train_counts
    )
    page = make_page(
        docs,
        evaluation,
        meta=nlp.meta,
        corpus=corpus,
        calibration=calibrate_from_scores(docs)
        if counter is None
        else calibrate_from_logits(counter.result()),
        n_documents=n_documents,
    )
    write_text(out, page)
    return evaluation


def _find_pipe(nlp: Language, spans_key: str) -> Optional[NestedSpanCategorizer]:
    """The last `nested_spancat` that writes to the key, whose logits can be counted."""
    for _, pipe in reversed(nlp.pipeline):
        if isinstance(pipe, NestedSpanCategorizer) and pipe.spans_key == spans_key:
            return pipe
    return None
