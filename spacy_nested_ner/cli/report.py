"""`python -m spacy_nested_ner report`: a page about a pipeline and its errors."""

import hashlib
from pathlib import Path
from typing import Optional

import typer
from wasabi import msg

from .gpu import use_gpu


def report_command(
    pipeline: str = typer.Argument(..., help="Trained pipeline, by name or folder."),
    corpus: Path = typer.Argument(..., help="A .spacy file with the gold mentions."),
    out: Path = typer.Argument(..., help="The page, a file of HTML that needs no other."),
    spans_key: Optional[str] = typer.Option(
        None, help="Key of the span groups in doc.spans; that of the pipeline by default."
    ),
    train: Optional[Path] = typer.Option(
        None, help="The .spacy file of the training: says which types were frequent there."
    ),
    documents: int = typer.Option(
        500, min=0, help="How many documents are drawn: those with the most errors."
    ),
    samples: int = typer.Option(1000, min=0, help="Of the bootstrap, 0 for no intervals."),
    seed: int = typer.Option(0, help="Of the bootstrap."),
    gpu_id: int = typer.Option(-1, help="Index of the GPU, -1 for the CPU."),
) -> None:
    """Write a page with scores, plots, and the documents with gold and predicted mentions."""
    # they import torch, which the other commands do without
    from ..evaluation.documents import find_spans_key
    from ..files.docbin import read_docs
    from ..files.pipelines import load_pipeline
    from ..files.writing import check_output
    from ..reporting.card import Corpus
    from ..reporting.write import write_report

    check_output(out, [pipeline, corpus, train])
    use_gpu(gpu_id)
    nlp = load_pipeline(pipeline)
    references = read_docs(corpus, nlp.vocab, user_data=True)
    name, sha256 = "/".join(corpus.parts[-2:]), hashlib.sha256(corpus.read_bytes()).hexdigest()
    evaluation = write_report(
        nlp,
        references,
        out,
        corpus=Corpus(name, sha256, spans_key or find_spans_key(nlp)),
        train=None if train is None else read_docs(train, nlp.vocab),
        n_documents=documents,
        n_resamples=samples,
        seed=seed,
    )
    f1 = evaluation["scores"]["all"]["micro"]["f"]["value"]
    said = "no mention" if f1 is None else f"F1 {100 * f1:.1f}"
    msg.good(f"Wrote {out}: {said} on {evaluation['docs']:,} docs")
