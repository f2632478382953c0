"""`python -m spacy_nested_ner calibrate`: fit temperatures and thresholds to a corpus."""

from pathlib import Path
from typing import Optional, Tuple, cast, get_args

import typer
from wasabi import msg

from ..calibration.calibrate import Calibration, Change, Scores, calibrate_pipeline
from ..calibration.fit import FitOptions
from ..calibration.thresholds import Objective
from ..files.pipelines import load_pipeline
from ..files.writing import check_output, write_json
from ..user_error import UserError
from .gpu import use_gpu

# characters of a label in a table
MAX_COLUMN = 60


def _check_objective(value: str) -> str:
    known = get_args(Objective)
    if value not in known:
        raise typer.BadParameter(f"'{value}' is none of {', '.join(known)}.")
    return value


def calibrate_command(
    pipeline: str = typer.Argument(..., help="Trained pipeline, by name or folder."),
    dev: Path = typer.Argument(
        ..., help="A .spacy file with gold mentions that the pipeline was not trained on."
    ),
    out: Path = typer.Argument(
        ..., help="Folder for the calibrated pipeline; it must not exist, or be empty."
    ),
    objective: str = typer.Option(
        "micro",
        callback=_check_objective,
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
        5, min=1, help="Of the cross-fit, which tells the gain on unseen documents; 1 for none."
    ),
    seed: int = typer.Option(0, help="Of the folds and of the bootstrap."),
    held_out: Optional[Path] = typer.Option(
        None, help="Another .spacy file, to run the pipeline on before and after."
    ),
    pipe: Optional[str] = typer.Option(
        None, help="Name of the pipe, where there is more than one nested_spancat."
    ),
    output: Optional[Path] = typer.Option(
        None, dir_okay=False, help="Write all numbers as JSON to this file."
    ),
    gpu_id: int = typer.Option(-1, help="Index of the GPU, -1 for the CPU."),
) -> None:
    """Fit a temperature and a threshold for each label, and save the pipeline with them.

    Temperatures make probabilities say how often they are right; thresholds choose what is
    predicted.
    """
    check_output(output, [dev, held_out, pipeline])
    if output is not None and output.resolve() == out.resolve():
        raise UserError(f"--output {output} is the folder of the pipeline: give a file.")
    use_gpu(gpu_id)
    aim = FitOptions(cast(Objective, objective), min_precision, min_gold, standard_errors)
    calibration = calibrate_pipeline(
        load_pipeline(pipeline),
        dev,
        out,
        aim=aim,
        pipe=pipe,
        folds=folds,
        seed=seed,
        held_out=held_out,
    )
    if output is not None:
        write_json(output, dict(calibration))
    _print_calibration(calibration)
    msg.good(f"Saved the calibrated pipeline to {out}")
    if output is not None:
        msg.good(f"Wrote {output}")


def _print_calibration(calibration: Calibration) -> None:
    msg.divider(f"{calibration['pipe']} on {calibration['corpus']}")
    msg.text(
        f"{calibration['docs']:,} docs, {calibration['gold']:,} gold mentions, of which "
        f"{calibration['unreachable']:,} cannot be predicted"
    )
    _print_labels(calibration)
    rows = [("fitted to them", *_tell(calibration["dev"]))]
    if calibration["cross_fitted"] is not None:
        title = f"fitted to others ({calibration['folds']} folds)"
        rows.append((title, *_tell(calibration["cross_fitted"])))
    header = ("documents", "micro F1", "macro F1", "precision", "recall", "ECE")
    msg.table(rows, header=header, divider=True, aligns=("l", *"r" * 5))
    _print_held_out(calibration)
    _print_warnings(calibration)


def _print_labels(calibration: Calibration) -> None:
    rows = []
    labels = calibration["labels"]
    for label in sorted(labels, key=lambda label: -labels[label]["gold"]):
        change = labels[label]
        before, after = change["settings_before"], change["settings_after"]
        rows.append(
            (
                label if change["own"] else f"{label} *",
                f"{change['gold']:,}",
                f"{before['temperature']:.2f} → {after['temperature']:.2f}",
                f"{before['threshold']:.3f} → {after['threshold']:.3f}",
                _tell_error(change["before"], change["after"]),
                f"{_percent(change['before']['f'])} → {_percent(change['after']['f'])}",
            )
        )
    header = ("label", "gold", "temperature", "threshold", "ECE", "F1")
    aligns = ("l", *"r" * 5)
    msg.table(rows, header=header, divider=True, aligns=aligns, max_col=MAX_COLUMN)
    if not all(change["own"] for change in labels.values()):
        msg.text(
            f"* fewer than {calibration['aim']['min_gold']} gold mentions: temperature and "
            "threshold of all labels taken as one"
        )


def _print_held_out(calibration: Calibration) -> None:
    held_out = calibration["held_out"]
    if held_out is None:
        return
    rows = []
    for title, scores in (("micro", held_out["micro"]), ("macro", held_out["macro"])):
        for name, change in scores.items():
            interval = "–"
            if change["low"] is not None and change["high"] is not None:
                interval = f"{100 * change['low']:+.2f} to {100 * change['high']:+.2f}"
            rows.append((f"{title} {name.upper()}", _gain(change["a"], change["b"]), interval))
    msg.divider(f"Run on {held_out['corpus']}, {held_out['docs']:,} docs")
    header = ("", "before and after", "95 % interval of the gain")
    msg.table(rows, header=header, divider=True, aligns=("l", "r", "r"))


def _print_warnings(calibration: Calibration) -> None:
    overlap, max_depth = calibration["overlap"], calibration["max_depth"]
    if overlap != "all" or max_depth is not None:
        msg.warn(
            f"The pipe leaves some spans out (overlap = {overlap}, max_depth = {max_depth}); "
            "thresholds were fitted, and spans counted here, as if it kept all"
        )
    never = [
        label
        for label, change in calibration["labels"].items()
        if change["settings_after"]["threshold"] == 1.0
    ]
    if never:
        msg.warn(f"Not predicted any more: {', '.join(never)}")
    cross_fitted = calibration["cross_fitted"]
    if cross_fitted is not None and calibration["aim"]["objective"] != "precision":
        is_micro = calibration["aim"]["objective"] == "micro"
        before, after = (
            x["f"] if is_micro else x["macro_f"]
            for x in (cross_fitted["before"], cross_fitted["after"])
        )
        if before is not None and after is not None and after <= before:
            msg.warn(
                "The thresholds gained nothing on documents that they were not fitted to; the "
                "temperatures can be of use all the same"
            )


def _tell(change: Change) -> Tuple[str, ...]:
    before, after = change["before"], change["after"]
    return (
        _gain(before["f"], after["f"]),
        _gain(before["macro_f"], after["macro_f"]),
        _gain(before["p"], after["p"]),
        _gain(before["r"], after["r"]),
        _tell_error(before, after),
    )


def _gain(before: Optional[float], after: Optional[float]) -> str:
    text = f"{_percent(before)} → {_percent(after)}"
    if before is None or after is None:
        return text
    return f"{text} ({100 * (after - before):+.2f})"


def _percent(value: Optional[float]) -> str:
    return "–" if value is None else f"{100 * value:.2f}"


def _tell_error(before: Scores, after: Scores) -> str:
    return " → ".join(
        "–" if x["error"] is None else f"{x['error']:.3f}" for x in (before, after)
    )
