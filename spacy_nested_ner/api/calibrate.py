"""Fit temperatures and thresholds to a corpus."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple, Union, cast

from ..calibration.calibrate import Calibration, Change, Scores, calibrate_pipeline
from ..calibration.fit import FitOptions
from ..calibration.thresholds import Objective
from ..files.pipelines import save_pipeline
from ..files.writing import check_free, check_output, write_json
from ..scoring.small_sample import warn_small_sample
from ..tables import N_LABELS, Block, Heading, Result, Table, Warned, name_some, percent, points
from ..user_error import UserError
from .inputs import (
    CorpusLike,
    PipelineLike,
    get_docs,
    get_optional_docs,
    get_pipeline,
    name_corpus,
    optional_path,
    places,
)

# mark of a setting that is as before
KEPT = "kept"


@dataclass(frozen=True)
class CalibrationResult(Result):
    """The fitted settings and the change of the scores.

    calibration: See `calibration.calibrate.Calibration`.
    out: The folder of the calibrated pipeline.
    """

    calibration: Calibration
    out: Path

    def to_dict(self) -> Dict[str, Any]:
        return cast(Dict[str, Any], self.calibration)

    def records(self) -> List[Dict[str, Any]]:
        """A row for each label; F1 and ECE from 0 to 1."""
        return [
            {
                "label": label,
                "gold": change["gold"],
                "own": change["own"],
                "new_temperature": change["new_temperature"],
                "new_threshold": change["new_threshold"],
                **{f"{k}_before": v for k, v in change["settings_before"].items()},
                **{f"{k}_after": v for k, v in change["settings_after"].items()},
                "f1_before": change["before"]["f"],
                "f1_after": change["after"]["f"],
                "ece_before": change["before"]["error"],
                "ece_after": change["after"]["error"],
            }
            for label, change in self.calibration["labels"].items()
        ]

    def blocks(self) -> Iterator[Block]:
        calibration = self.calibration
        yield Heading(f"{calibration['pipe']} on {calibration['corpus']}")
        yield (
            f"{calibration['docs']:,} documents, {calibration['gold']:,} gold mentions, of "
            f"which {calibration['unreachable']:,} cannot be predicted"
        )
        yield from _label_blocks(calibration)
        rows = [("used for fitting", *_format_change(calibration["dev"]))]
        if calibration["cross_fitted"] is not None:
            title = f"not used for fitting ({calibration['folds']} folds)"
            rows.append((title, *_format_change(calibration["cross_fitted"])))
        header = ("documents", "micro F1", "macro F1", "precision", "recall", "ECE")
        yield Table(header, rows)
        yield from _held_out_blocks(calibration)
        yield from _warnings(calibration)
        yield f"Saved the calibrated pipeline to {self.out}"


def calibrate(
    pipeline: PipelineLike,
    dev: CorpusLike,
    out: Union[str, Path],
    *,
    objective: Objective = "micro",
    min_precision: float = 0.9,
    min_gold: int = 50,
    standard_errors: float = 1.0,
    folds: int = 5,
    seed: int = 0,
    held_out: Optional[CorpusLike] = None,
    pipe: Optional[str] = None,
    output: Union[str, Path, None] = None,
) -> CalibrationResult:
    """Fit a temperature and a threshold for each label, and save the pipeline with them.

        print(calibrate("training/model-best", "corpus/mine/dev.spacy", "training/calibrated"))

    With the right temperature, about 70 % of the spans with probability 0.7 are right. A span
    is predicted if its probability is above the threshold of its label.

    pipeline: A pipeline, or its name or folder. A pipeline in memory is changed.
    dev: A .spacy file, a DocBin, docs or examples with gold mentions that were not used for
        training.
    out: Folder for the calibrated pipeline; it does not exist or is empty.
    objective: Choose thresholds for the highest F1 of all labels together ("micro") or of each
        label ("macro"), or for the highest recall at a minimum precision ("precision").
    min_precision: Minimum precision of each label, 0 to 1; with the objective "precision".
    min_gold: Labels with fewer gold mentions share one temperature and one threshold.
    standard_errors: A threshold may have an F1 on `dev` this many standard errors below the
        best F1 if it is closer to the shared threshold.
    folds: Number of folds of the cross-fit, which measures the gain on unseen documents; 1 for
        no cross-fit.
    seed: Seed of the folds and of the bootstrap.
    held_out: Another corpus, on which to evaluate the pipeline before and after.
    pipe: Name of the pipe, if the pipeline has more than one `nested_spancat`.
    output: JSON file for all numbers.
    RAISES (UserError): An input cannot be read, or has no mention under the key of the pipe;
        there is no such pipe, or there are fewer documents than folds; a number is out of its
        range; `out` is not empty or is inside the pipeline; the output is an input or cannot
        be written.
    """
    output, out = optional_path(output), Path(out)
    if output is not None:
        check_output(output, places(dev, held_out, pipeline))
        if output.resolve() in (out.resolve(), *out.resolve().parents):
            raise UserError(
                f"The output {output} is the folder of the calibrated pipeline or contains it: "
                "give another file."
            )
    nlp = get_pipeline(pipeline)
    check_free(out, places(pipeline, nlp, dev, held_out))
    calibration = calibrate_pipeline(
        nlp,
        get_docs(dev, nlp.vocab),
        corpus=_short_name(dev),
        options=FitOptions(objective, min_precision, min_gold, standard_errors),
        pipe=pipe,
        folds=folds,
        seed=seed,
        held_out=get_optional_docs(held_out, nlp.vocab),
        held_out_name=_short_name(held_out),
    )
    save_pipeline(nlp, out)
    if output is not None:
        try:
            write_json(output, dict(calibration))
        except BaseException:  # both outputs are written, or none; `out` was free before
            shutil.rmtree(out)
            raise
    return CalibrationResult(calibration, out)


def _short_name(corpus: Optional[CorpusLike]) -> str:
    """File name without folder: the pipeline contains it and may be shared."""
    return "" if corpus is None else Path(name_corpus(corpus)).name


def _label_blocks(calibration: Calibration) -> Iterator[Block]:
    rows = []
    labels = calibration["labels"]
    for label in sorted(labels, key=lambda label: -labels[label]["gold"]):
        change = labels[label]
        before, after = change["settings_before"], change["settings_after"]
        rows.append(
            (
                label if change["own"] else f"{label} *",
                f"{change['gold']:,}",
                _format_new(before["temperature"], after["temperature"], 2)
                if change["new_temperature"]
                else f"{before['temperature']:.2f} {KEPT}",
                _format_new(before["threshold"], after["threshold"], 3)
                if change["new_threshold"]
                else f"{after['threshold']:.3f} {KEPT}",
                _format_ece(change["before"], change["after"]),
                f"{percent(change['before']['f'], 2)} → {percent(change['after']['f'], 2)}",
            )
        )
    header = ("label", "gold", "temperature", "threshold", "ECE", "F1")
    yield Table(header, rows, n_shown=N_LABELS)
    if not all(change["own"] for change in labels.values()):
        yield (
            f"* fewer than {calibration['options']['min_gold']} gold mentions: temperature and "
            "threshold are shared"
        )
    if not all(x["new_temperature"] and x["new_threshold"] for x in labels.values()):
        yield (
            f"{KEPT}: the fitted temperature did not lower the ECE, or the fitted threshold "
            "did not raise F1, on the documents of the fit and on those of the other folds"
        )


def _held_out_blocks(calibration: Calibration) -> Iterator[Block]:
    held_out = calibration["held_out"]
    if held_out is None:
        return
    rows = []
    for title, scores in (("micro", held_out["micro"]), ("macro", held_out["macro"])):
        for name, change in scores.items():
            interval = "–"
            if change["low"] is not None and change["high"] is not None:
                interval = f"{points(change['low'], 2)} to {points(change['high'], 2)}"
            gain = _format_gain(change["a"], change["b"])
            rows.append((f"{title} {name.upper()}", gain, interval))
    yield Heading(f"{held_out['corpus']}, {held_out['docs']:,} held-out documents")
    yield Table(("", "before and after", "95 % interval of the gain"), rows)


def _warnings(calibration: Calibration) -> Iterator[Block]:
    overlap, max_depth = calibration["overlap"], calibration["max_depth"]
    if overlap != "all" or max_depth is not None:
        yield Warned(
            f"The pipe drops some spans (overlap = {overlap}, max_depth = {max_depth}); the "
            "fit and the counts above include them"
        )
    never = [
        label
        for label, change in calibration["labels"].items()
        if change["settings_after"]["threshold"] == 1.0
    ]
    if never:
        yield Warned(f"Labels that are never predicted now: {name_some(never)}")
    labels = calibration["labels"].values()
    for setting, is_new in (
        ("temperature", [x["new_temperature"] for x in labels]),
        ("threshold", [x["new_threshold"] for x in labels]),
    ):
        if not any(is_new):
            yield Warned(f"No {setting} was changed: no fitted one would have helped")
    cross_fitted = calibration["cross_fitted"]
    options = calibration["options"]
    if cross_fitted is not None and options["objective"] == "precision":
        precision = cross_fitted["after"]["p"]
        if precision is not None and precision < options["min_precision"]:
            yield Warned(
                f"On documents that were not used for fitting, the precision is "
                f"{percent(precision)} %, below the minimum of "
                f"{percent(options['min_precision'])} %"
            )
    small = warn_small_sample(calibration["gold"], calibration["documents"])
    if small is not None:
        yield Warned(small)


def _format_new(before: float, after: float, digits: int) -> str:
    return f"{before:.{digits}f} → {after:.{digits}f}"


def _format_change(change: Change) -> Tuple[str, ...]:
    before, after = change["before"], change["after"]
    return (
        _format_gain(before["f"], after["f"]),
        _format_gain(before["macro_f"], after["macro_f"]),
        _format_gain(before["p"], after["p"]),
        _format_gain(before["r"], after["r"]),
        _format_ece(before, after),
    )


def _format_gain(before: Optional[float], after: Optional[float]) -> str:
    text = f"{percent(before, 2)} → {percent(after, 2)}"
    if before is None or after is None:
        return text
    return f"{text} ({points(after - before, 2)})"


def _format_ece(before: Scores, after: Scores) -> str:
    return " → ".join(
        "–" if x["error"] is None else f"{x['error']:.3f}" for x in (before, after)
    )
