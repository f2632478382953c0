"""`python -m spacy_nested_ner compare`: compare two pipelines on the same documents."""

from pathlib import Path
from typing import Optional

import typer

from .terminal import GPU_ID, N_RESAMPLES, SPANS_KEY, seed_option, show, show_progress, use_gpu

EXAMPLE = "metrics/small.json metrics/large.json"


def compare_command(
    a: str = typer.Argument(..., help="JSON that `evaluate` wrote; with --corpus, a pipeline."),
    b: str = typer.Argument(..., help="The same for the pipeline to compare with A."),
    corpus: Optional[Path] = typer.Option(
        None, help="A .spacy file on which to evaluate the two pipelines."
    ),
    output: Optional[Path] = typer.Option(
        None,
        dir_okay=False,
        help="Write all differences and all changed documents to this JSON file.",
    ),
    page: Optional[Path] = typer.Option(
        None,
        dir_okay=False,
        help="Write an HTML page: the differences and, with --corpus, the changed documents.",
    ),
    documents: int = typer.Option(
        20, min=0, help="How many of the changed documents to show, worst and best."
    ),
    spans_key: Optional[str] = typer.Option(None, help=f"{SPANS_KEY} With --corpus."),
    n_resamples: int = typer.Option(1000, min=0, help=N_RESAMPLES),
    seed: int = seed_option("Seed of the bootstrap."),
    gpu_id: int = typer.Option(-1, help=f"{GPU_ID} With --corpus."),
) -> None:
    """Compare two pipelines on the same documents.

    Shows the differences B − A with 95 % intervals, and the documents that changed.
    """
    from ..api.compare import compare

    use_gpu(gpu_id)
    show_progress()
    result = compare(
        a,
        b,
        corpus,
        spans_key=spans_key,
        n_documents=documents,
        n_resamples=n_resamples,
        seed=seed,
        output=output,
        page=page,
    )
    show(result, output)
    if page is not None:
        show(f"Wrote {page}")
