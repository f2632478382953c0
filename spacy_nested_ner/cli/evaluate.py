"""`python -m spacy_nested_ner evaluate`: score a pipeline, with confidence intervals."""

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

EXAMPLE = "training/mine/model-best corpus/mine/test.spacy"


def evaluate_command(
    pipeline: str = typer.Argument(
        ...,
        help="Trained pipeline, by name or folder; with --cross-validate also a config.",
    ),
    corpus: Path = typer.Argument(
        ...,
        help="A .spacy file with gold mentions; with --cross-validate also a folder that "
        "`convert` wrote.",
    ),
    output: Optional[Path] = typer.Option(
        None,
        dir_okay=False,
        help="Write all scores and mentions, without texts, to this JSON file.",
    ),
    spans_key: Optional[str] = typer.Option(None, help=SPANS_KEY),
    train: Optional[Path] = typer.Option(None, help=TRAIN),
    cross_validate: Optional[int] = typer.Option(
        None,
        min=3,
        metavar="FOLDS",
        help="For a corpus that is too small for a test part: train a pipeline for each of so "
        "many folds, with the config of PIPELINE, and evaluate what it predicts for its fold.",
    ),
    n_resamples: int = typer.Option(1000, min=0, help=N_RESAMPLES),
    seed: int = seed_option("Seed of the bootstrap and of the folds."),
    gpu_id: int = typer.Option(-1, help=GPU_ID),
) -> None:
    """Score a pipeline on a corpus, with 95 % intervals.

    Shows scores of all mentions, and by label, nesting, depth and width. A mention is right if
    its start, end and label are right.
    """
    from ..api.evaluate import evaluate

    use_gpu(gpu_id)
    show_progress()
    result = evaluate(
        pipeline,
        corpus,
        spans_key=spans_key,
        train=train,
        cross_validate=cross_validate,
        n_resamples=n_resamples,
        seed=seed,
        output=output,
    )
    show(result, output)
