"""From a pipeline and gold docs to a page on disk."""

from pathlib import Path
from typing import Optional, Sequence

from spacy.language import Language
from spacy.tokens import Doc

from ..calibration.logit_counts import count_corpus
from ..corpus.mention_table import count_labels
from ..evaluation.documents import EvaluatedDoc, predict_corpus
from ..evaluation.evaluate import Evaluation, evaluate_docs
from ..files.writing import write_text
from ..pipe.component import NestedSpanCategorizer
from .calibration import Calibration
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
    """Evaluate a pipeline on documents and write the page about it.

    out: file of HTML; it is there as a whole or not at all.
    references: gold docs; their vocab is that of the pipeline.
    corpus: what the page says of them, and the key of their spans.
    train: docs of the training data, to sort labels by their frequency there.
    n_documents: how many are drawn at most, those with the most errors.
    n_resamples, seed: of the bootstrap.
    RETURNS: what the page shows.
    RAISES (UserError): matplotlib is not installed; there is no mention under
        the key; no pipe writes to it; there is no writing there.
    """
    check_matplotlib()
    spans_key = corpus.spans_key
    train_counts = (
        None if train is None else count_labels(train, spans_key, name="The training data")
    )
    docs = predict_corpus(nlp, references, spans_key, name=corpus.name)
    evaluation = evaluate_docs(
        docs, n_resamples=n_resamples, seed=seed, train_counts=train_counts
    )
    page = make_page(
        docs,
        evaluation,
        meta=nlp.meta,
        corpus=corpus,
        calibration=_calibrate(nlp, docs, references, spans_key),
        n_documents=n_documents,
    )
    write_text(out, page)
    return evaluation


def _calibrate(
    nlp: Language, docs: Sequence[EvaluatedDoc], references: Sequence[Doc], spans_key: str
) -> Optional[Calibration]:
    """From the logits of all spans where a pipe of ours writes to the key, else from the
    probabilities of the predicted ones."""
    ours = [
        name
        for name, pipe in nlp.pipeline
        if isinstance(pipe, NestedSpanCategorizer) and pipe.spans_key == spans_key
    ]
    if ours:
        return calibrate_from_logits(count_corpus(nlp, references, pipe=ours[-1]))
    return calibrate_from_scores(docs)
