"""`python -m spacy_nested_ner evaluate`: score a pipeline, with confidence intervals."""

from pathlib import Path
from typing import Optional

import typer

from .terminal import GPU_ID, N_RESAMPLES, SPANS_KEY, TRAIN, show, use_gpu

EXAMPLE = "training/mine/model-best corpus/mine/test.spacy"


def evaluate_command(
    pipeline: str = typer.Argument(..., help="Trained pipeline, by name or folder."),
    corpus: Path = typer.Argument(..., help="A .spacy file with gold mentions."),
    output: Optional[Path] = typer.Option(
        None,
        dir_okay=False,
        help="Write all scores and mentions, without texts, to this JSON file.",
    ),
    spans_key: Optional[str] = typer.Option(None, help=SPANS_KEY),
    train: Optional[Path] = typer.Option(None, help=TRAIN),
    n_resamples: int = typer.Option(1000, min=0, help=N_RESAMPLES),
    seed: int = typer.Option(0, help="Seed of the bootstrap."),
    gpu_id: int = typer.Option(-1, help=GPU_ID),
) -> None:
    """Score a pipeline on a corpus, with 95 % intervals.

    Shows scores of all mentions, and by label, nesting, depth and width. A mention is right if
    its start, end and label are right.
    """
    from ..api.evaluate import evaluate

    use_gpu(gpu_id)
    result = evaluate(
        pipeline,
        corpus,
        spans_key=spans_key,
        train=train,
        n_resamples=n_resamples,
        seed=seed,
        output=output,
    )
    show(result, output)
