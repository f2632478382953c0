"""From a pipeline and a .spacy file to a page on disk."""

import hashlib
from pathlib import Path
from typing import Optional, Sequence

from spacy.language import Language

from ..calibration.logit_counts import count_corpus
from ..corpus.mention_table import count_labels
from ..evaluation.documents import EvaluatedDoc, find_spans_key, predict_corpus
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
    corpus: Path,
    out: Path,
    *,
    spans_key: Optional[str] = None,
    train: Optional[Path] = None,
    n_documents: int = N_DOCUMENTS,
    samples: int = 1000,
    seed: int = 0,
) -> Evaluation:
    """Evaluate a pipeline on a .spacy file and write the page about it.

    out: file of HTML; it is there as a whole or not at all.
    spans_key: as in `documents.predict_corpus`.
    train: .spacy file of the training data, to sort labels by their frequency there.
    n_documents: how many are drawn at most, those with the most errors.
    samples, seed: of the bootstrap.
    RETURNS: what the page shows.
    RAISES (UserError): matplotlib is not installed; a file cannot be read or has no mention
        under the key; no pipe writes to it; there is no writing there.
    """
    check_matplotlib()
    spans_key = find_spans_key(nlp) if spans_key is None else spans_key
    train_counts = None if train is None else count_labels(train, spans_key)
    docs = predict_corpus(nlp, corpus, spans_key)
    evaluation = evaluate_docs(docs, samples=samples, seed=seed, train_counts=train_counts)
    page = make_page(
        docs,
        evaluation,
        meta=nlp.meta,
        corpus=_identify(corpus, spans_key),
        calibration=_calibrate(nlp, docs, corpus, spans_key),
        n_documents=n_documents,
    )
    write_text(out, page)
    return evaluation


def _calibrate(
    nlp: Language, docs: Sequence[EvaluatedDoc], corpus: Path, spans_key: str
) -> Optional[Calibration]:
    """From the logits of all spans where a pipe of ours writes to the key, else from the
    probabilities of the predicted ones."""
    ours = [
        name
        for name, pipe in nlp.pipeline
        if isinstance(pipe, NestedSpanCategorizer) and pipe.spans_key == spans_key
    ]
    if ours:
        return calibrate_from_logits(count_corpus(nlp, corpus, pipe=ours[-1]))
    return calibrate_from_scores(docs)


def _identify(corpus: Path, spans_key: str) -> Corpus:
    """With the folder of the file, but not where that lies: the page may be given away."""
    name = "/".join(corpus.parts[-2:])
    return Corpus(name, hashlib.sha256(corpus.read_bytes()).hexdigest(), spans_key)
