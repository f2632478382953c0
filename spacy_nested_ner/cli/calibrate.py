"""`python -m spacy_nested_ner calibrate`: fit temperatures and thresholds to a corpus."""

from enum import Enum
from pathlib import Path
from typing import Optional

import typer

from .terminal import GPU_ID, show, use_gpu


class Objective(str, Enum):
    """See `calibration.thresholds.Objective`."""

    micro = "micro"
    macro = "macro"
    precision = "precision"


EXAMPLE = "training/model-best corpus/mine/dev.spacy training/calibrated"


def calibrate_command(
    pipeline: str = typer.Argument(..., help="Trained pipeline, by name or folder."),
    dev: Path = typer.Argument(
        ..., help="A .spacy file with gold mentions that the pipeline was not trained on."
    ),
    out: Path = typer.Argument(
        ..., help="Folder for the calibrated pipeline; it must not exist, or be empty."
    ),
    objective: Objective = typer.Option(
        Objective.micro,
        help="Thresholds for the highest F1 of all labels together (micro) or of each label "
        "(macro), or for the highest recall at a precision (precision).",
    ),
    min_precision: float = typer.Option(
        0.9, min=0.0, max=1.0, help="Of each label, with --objective precision."
    ),
    min_gold: int = typer.Option(
        50, min=1, help="Labels with fewer gold mentions share one temperature and threshold."
    ),
    standard_errors: float = typer.Option(
        1.0,
        min=0.0,
        help="How far a threshold may be off the best F1 on DEV to be nearer to the others'; 0 "
        "for the best on DEV, which is mostly worse on other texts.",
    ),
    folds: int = typer.Option(
        5, min=1, help="Of the cross-fit, which measures the gain on unseen documents; 1: none."
    ),
    seed: int = typer.Option(0, help="Of the folds and of the bootstrap."),
    held_out: Optional[Path] = typer.Option(
        None, help="Another .spacy file, which the pipeline predicts before and after."
    ),
    pipe: Optional[str] = typer.Option(
        None, help="Name of the pipe, where there is more than one nested_spancat."
    ),
    output: Optional[Path] = typer.Option(
        None, dir_okay=False, help="Write all numbers as JSON to this file."
    ),
    gpu_id: int = typer.Option(-1, help=GPU_ID),
) -> None:
    """Fit a temperature and a threshold for each label.

    Temperatures make a probability the share of such spans that are right; thresholds choose
    what is predicted.
    """
    from ..api.calibrate import calibrate

    use_gpu(gpu_id)
    result = calibrate(
        pipeline,
        dev,
        out,
        objective=objective.value,
        min_precision=min_precision,
        min_gold=min_gold,
        standard_errors=standard_errors,
        folds=folds,
        seed=seed,
        held_out=held_out,
        pipe=pipe,
        output=output,
    )
    show(result, output)
