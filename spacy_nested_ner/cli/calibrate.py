"""`python -m spacy_nested_ner calibrate`: fit temperatures and thresholds to a corpus."""

from enum import Enum
from pathlib import Path
from typing import Optional

import typer

from .terminal import GPU_ID, seed_option, show, show_progress, use_gpu


class Objective(str, Enum):
    """See `calibration.thresholds.Objective`."""

    micro = "micro"
    macro = "macro"
    precision = "precision"


EXAMPLE = "training/mine/model-best corpus/mine/dev.spacy training/mine/calibrated"


def calibrate_command(
    pipeline: str = typer.Argument(..., help="Trained pipeline, by name or folder."),
    dev: Path = typer.Argument(
        ..., help="A .spacy file with gold mentions that were not used for training."
    ),
    out: Path = typer.Argument(
        ..., help="Folder for the calibrated pipeline; it must not exist or must be empty."
    ),
    objective: Objective = typer.Option(
        Objective.micro,
        help="Choose thresholds for the highest F1 of all labels together (micro) or of each "
        "label (macro), or for the highest recall at a minimum precision (precision).",
    ),
    min_precision: float = typer.Option(
        0.9,
        min=0.0,
        max=1.0,
        help="Minimum precision of each label, with --objective precision.",
    ),
    min_gold: int = typer.Option(
        50, min=1, help="Labels with fewer gold mentions share one temperature and threshold."
    ),
    standard_errors: float = typer.Option(
        1.0,
        min=0.0,
        help="A threshold may have an F1 on DEV this many standard errors below the best F1 if "
        "it is closer to the shared threshold. 0 takes the best F1 on DEV, which often gives "
        "a lower F1 on other documents.",
    ),
    folds: int = typer.Option(
        5,
        min=1,
        help="Number of folds of the cross-fit, which measures the gain on unseen documents; 1 "
        "for no cross-fit.",
    ),
    seed: int = seed_option("Seed of the folds and of the bootstrap."),
    held_out: Optional[Path] = typer.Option(
        None, help="Another .spacy file, on which to evaluate the pipeline before and after."
    ),
    pipe: Optional[str] = typer.Option(
        None, help="Name of the pipe, if the pipeline has more than one nested_spancat."
    ),
    output: Optional[Path] = typer.Option(
        None, dir_okay=False, help="Write all numbers to this JSON file."
    ),
    gpu_id: int = typer.Option(-1, help=GPU_ID),
) -> None:
    """Fit a temperature and a threshold for each label.

    With the right temperature, about 70 % of the spans with probability 0.7 are right. A span
    is predicted if its probability is above the threshold of its label.
    """
    from ..api.calibrate import calibrate

    use_gpu(gpu_id)
    show_progress()
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
