"""Calibrate a trained pipeline: a temperature and a threshold for each label, from one pass
over held-out documents, as settings of the pipeline."""

from typing import Any, Dict, Optional, Sequence, TypedDict

import numpy
from numpy import ndarray
from spacy.language import Language
from spacy.tokens import Doc

from ..evaluation.compare import Difference, compare_docs
from ..evaluation.documents import predict_corpus
from ..evaluation.folds import name_documents
from ..pipe.component import NestedSpanCategorizer
from ..scoring.matching import macro_f, score, value_or_none
from ..user_error import UserError
from .apply import Tried
from .count_logits import count_corpus, find_pipe
from .fit import Fit, FitOptions, fit
from .logit_counts import LogitCounts
from .reliability import reliability
from .thresholds import make_counts

CALIBRATED = "calibrated on held-out documents."


class Scores(TypedDict):
    """0 to 1; None where there is nothing to divide by.

    error: expected calibration error.
    """

    p: Optional[float]
    r: Optional[float]
    f: Optional[float]
    macro_f: Optional[float]
    error: Optional[float]


class Change(TypedDict):
    before: Scores
    after: Scores


class LabelSettings(TypedDict):
    threshold: float
    temperature: float


class LabelChange(TypedDict):
    """gold: gold spans; unreachable: those of them that cannot be predicted; own: False if
    there were too few for a fit of their own. new_temperature, new_threshold: False if the
    label keeps its own, because the fitted one did not help; see `apply`."""

    gold: int
    unreachable: int
    own: bool
    new_temperature: bool
    new_threshold: bool
    settings_before: LabelSettings
    settings_after: LabelSettings
    before: Scores
    after: Scores


class HeldOut(TypedDict):
    """What both pipelines score on another corpus, by their own policies; 95 % intervals."""

    corpus: str
    docs: int
    micro: Dict[str, Difference]
    macro: Dict[str, Difference]


class Calibration(TypedDict):
    """What was fitted, and what it brought.

    docs, documents: number of docs and of their source documents.
    dev: on the documents that it was fitted to. cross_fitted: on the same, each fold with what
        was fitted to the others; None without folds. Both count what a pipe with the policy
        "all" predicts. The same folds decided which fitted values are applied.
    """

    pipe: str
    corpus: str
    docs: int
    documents: int
    gold: int
    unreachable: int
    options: Dict[str, Any]
    folds: int
    seed: int
    overlap: str
    max_depth: Optional[int]
    settings: Dict[str, Any]
    labels: Dict[str, LabelChange]
    dev: Change
    cross_fitted: Optional[Change]
    held_out: Optional[HeldOut]


def calibrate_pipeline(
    nlp: Language,
    references: Sequence[Doc],
    *,
    corpus: str = "The corpus",
    options: FitOptions = FitOptions(),
    pipe: Optional[str] = None,
    folds: int = 5,
    seed: int = 0,
    held_out: Optional[Sequence[Doc]] = None,
    held_out_name: str = "The held-out corpus",
) -> Calibration:
    """Fit a pipeline to documents.

    nlp: The pipeline, which has the new settings afterwards.
    references: Gold docs that it was not trained on; their vocab is that of the pipeline.
    corpus: What the calibration and the messages call them.
    pipe: Name of the pipe; None for the only `nested_spancat`.
    folds, seed: Of the cross-fit; 1 for none.
    held_out: Other gold docs: the pipeline predicts them before and after.
    RAISES (UserError): No such pipe; a label that a config cannot hold; no mention under the
        key; fewer articles than folds.
    """
    name = find_pipe(nlp, pipe)
    component = nlp.get_pipe(name)
    assert isinstance(component, NestedSpanCategorizer)
    _check_labels(component)
    counts = count_corpus(nlp, references, pipe=name, folds=folds, seed=seed, name=corpus)
    fitted = fit(counts, options)
    calibration = _describe(
        component,
        name,
        corpus,
        counts,
        fitted,
        options,
        seed,
        n_documents=len(set(name_documents(references))),
    )
    key = component.spans_key
    before = None
    if held_out is not None:
        before = predict_corpus(nlp, held_out, key, name=held_out_name)
    apply_settings(nlp, name, calibration["settings"])
    if held_out is not None and before is not None:
        after = predict_corpus(nlp, held_out, key, name=held_out_name)
        comparison = compare_docs(before, after, seed=seed)
        calibration["held_out"] = {
            "corpus": held_out_name,
            "docs": len(before),
            "micro": comparison["scores"]["all"]["micro"],
            "macro": comparison["macro"],
        }
    _write_card(nlp, calibration, fitted)
    return calibration


def _check_labels(component: NestedSpanCategorizer) -> None:
    for label in component.labels:
        if "${" in label:
            raise UserError(
                f"The label '{label}' reads as a variable in a config, so it can have no "
                "threshold there: train with a label without '${'."
            )


def _describe(
    component: NestedSpanCategorizer,
    name: str,
    corpus: str,
    counts: LogitCounts,
    fitted: Fit,
    options: FitOptions,
    seed: int,
    *,
    n_documents: int,
) -> Calibration:
    table = make_counts(counts, counts.right.sum(0), counts.predicted.sum(0))
    before = Tried(table, reliability(counts).error)
    after = fitted.cross_fitted
    cross_fitted: Optional[Change] = None
    if after is not None:
        cross_fitted = {"before": _score(*before), "after": _score(*after)}
    settings = fitted.settings(component.threshold)
    return {
        "pipe": name,
        "corpus": corpus,
        "docs": int(counts.n_docs.sum()),
        "documents": n_documents,
        "gold": int(counts.n_gold.sum()) + sum(counts.n_unknown.values()),
        "unreachable": sum(int(n.sum()) for n in counts.unreachable.values()),
        "options": vars(options).copy(),
        "folds": counts.n_folds,
        "seed": seed,
        "overlap": component.overlap,
        "max_depth": component.max_depth,
        "settings": settings,
        "labels": _describe_labels(counts, fitted, table),
        "dev": {"before": _score(*before), "after": _score(*fitted.dev)},
        "cross_fitted": cross_fitted,
        "held_out": None,
    }


def _describe_labels(
    counts: LogitCounts, fitted: Fit, before: ndarray
) -> Dict[str, LabelChange]:
    T_before, T_after = counts.temperatures, fitted.temperatures.of_labels
    thresholds = fitted.probabilities()
    labels: Dict[str, LabelChange] = {}
    for i, label in enumerate(counts.labels):
        error, error_after = (
            reliability(counts, label=label, temperatures=t).error for t in (T_before, T_after)
        )
        labels[label] = {
            "gold": int(counts.n_gold[:, i].sum()),
            "unreachable": int(numpy.sum(counts.unreachable.get(label, 0))),
            "own": bool(fitted.temperatures.is_own[i]),
            "new_temperature": bool(fitted.has_new_temperature[i]),
            "new_threshold": bool(fitted.has_new_threshold[i]),
            "settings_before": {
                "threshold": float(counts.thresholds[i]),
                "temperature": float(T_before[i]),
            },
            "settings_after": {
                "threshold": thresholds[i],
                "temperature": float(T_after[i]),
            },
            "before": _score(before[[i]], error),
            "after": _score(fitted.dev.table[[i]], error_after),
        }
    return labels


def _score(table: ndarray, error: float) -> Scores:
    """table: GOLD, FOUND, PREDICTED and RIGHT of each label, (n, 4)."""
    p, r, f = score(table.sum(0))
    return {
        "p": value_or_none(float(p)),
        "r": value_or_none(float(r)),
        "f": value_or_none(float(f)),
        "macro_f": value_or_none(float(macro_f(table))),
        "error": value_or_none(error),
    }


def apply_settings(nlp: Language, name: str, settings: Dict[str, Any]) -> None:
    """Give a pipe new settings, in use and in the config that is saved with it.

    settings: threshold, thresholds and temperatures, as in a config.
    """
    component = nlp.get_pipe(name)
    assert isinstance(component, NestedSpanCategorizer)
    component.threshold = settings["threshold"]
    component.thresholds = dict(settings["thresholds"])
    component.temperatures = dict(settings["temperatures"])
    nlp.get_pipe_config(name).update(settings)


def _write_card(nlp: Language, calibration: Calibration, fitted: Fit) -> None:
    """Say in the meta what was done. What it says under "performance" is from the training."""
    left_out = ("settings", "labels")  # the first stand in the config, and of these are many
    nlp.meta["calibration"] = {k: v for k, v in calibration.items() if k not in left_out}
    description = str(nlp.meta.get("description") or "")
    what = []
    if fitted.has_new_temperature.any():
        what.append("probabilities")
    if fitted.has_new_threshold.any():
        what.append("thresholds")
    if what and CALIBRATED not in description:
        sentence = f"Its {' and '.join(what)} are {CALIBRATED}"
        nlp.meta["description"] = f"{description} {sentence}".strip()
