"""`python -m spacy_nested_ner report`: write a page about a pipeline and its errors."""

from pathlib import Path
from typing import Optional

import typer

from .terminal import (
    GPU_ID,
    N_RESAMPLES,
    SPANS_KEY,
    TRAIN,
    seed_option,
    show,
    show_progress,
    use_gpu,
)

EXAMPLE = "training/mine/model-best corpus/mine/test.spacy report.html"


def report_command(
    pipeline: str = typer.Argument(..., help="Trained pipeline, by name or folder."),
    corpus: Path = typer.Argument(..., help="A .spacy file with gold mentions."),
    out: Path = typer.Argument(..., help="HTML file for the page; it needs no other files."),
    spans_key: Optional[str] = typer.Option(None, help=SPANS_KEY),
    train: Optional[Path] = typer.Option(None, help=TRAIN),
    documents: int = typer.Option(
        500, min=0, help="How many documents to draw, those with the most errors."
    ),
    n_resamples: int = typer.Option(1000, min=0, help=N_RESAMPLES),
    seed: int = seed_option("Seed of the bootstrap."),
    gpu_id: int = typer.Option(-1, help=GPU_ID),
) -> None:
    """Write a page about a pipeline and its errors.

    The page shows scores, plots, and documents with gold and predicted mentions.
    """
    from ..api.report import report

    use_gpu(gpu_id)
    show_progress()
    result = report(
        pipeline,
        corpus,
        out,
        spans_key=spans_key,
        train=train,
        n_documents=documents,
        n_resamples=n_resamples,
        seed=seed,
    )
    show(result)
