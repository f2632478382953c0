"""Fit temperatures and thresholds, and apply those that help on documents they were not fitted
to."""

from dataclasses import dataclass
from typing import Any, Dict, List, Optional

import numpy
from numpy import ndarray

from ..decoding.thresholds import probability_to_logit
from ..user_error import check_range
from .apply import (
    FoldedTemperatures,
    FoldedThresholds,
    Tried,
    apply_temperatures,
    apply_thresholds,
)
from .logit_counts import EDGES, LogitCounts, sigmoid
from .temperatures import Temperatures, fit_temperatures
from .thresholds import NEVER, Objective, Thresholds, choose_thresholds


@dataclass(frozen=True)
class FitOptions:
    """Options of the fit, see `choose_thresholds`.

    min_gold: Labels with fewer gold spans share one temperature and one threshold, because few
        spans give a poor estimate.
    RAISES (UserError): A number is out of its range.
    """

    objective: Objective = "micro"
    min_precision: float = 0.9
    min_gold: int = 50
    standard_errors: float = 1.0

    def __post_init__(self) -> None:
        check_range("min_precision", self.min_precision, at_least=0, at_most=1)
        check_range("min_gold", self.min_gold, at_least=1)
        check_range("standard_errors", self.standard_errors, at_least=0)


@dataclass(frozen=True)
class Fit:
    """What was fitted and what of it is applied.

    counts: What it was fitted to.
    temperatures: After the fit; a label that keeps its temperature has the one before.
    thresholds: Fitted to all documents.
    has_new_temperature, has_new_threshold: False for labels that keep theirs, (L,).
    dev: On the documents of the fit.
    cross_fitted: On each fold with what was fitted to the others; None with a single fold.
    """

    counts: LogitCounts
    temperatures: Temperatures
    thresholds: Thresholds
    has_new_temperature: ndarray
    has_new_threshold: ndarray
    dev: Tried
    cross_fitted: Optional[Tried]

    def probabilities(self) -> List[float]:
        """The threshold of each label after the fit, (L,)."""
        T, before = self.temperatures.of_labels, self.counts.temperatures
        return [
            self._probability(self.thresholds.of_labels[i], T[i])
            if self.has_new_threshold[i]
            else _keep_logit(p, before[i] / T[i])
            for i, p in enumerate(self.counts.thresholds.tolist())
        ]

    def settings(self, threshold: float) -> Dict[str, Any]:
        """The settings threshold, thresholds and temperatures, in the form of a config.

        threshold: The setting before the fit.
        """
        p, labels = self.probabilities(), self.counts.labels
        shared = numpy.flatnonzero(~self.temperatures.is_own)
        if len(shared) and self.has_new_threshold[shared[0]]:
            threshold = p[shared[0]]
        T = self.temperatures.of_labels.tolist()
        return {
            "threshold": threshold,
            "thresholds": [
                [label, p[i]] for i, label in enumerate(labels) if p[i] != threshold
            ],
            "temperatures": [[label, T[i]] for i, label in enumerate(labels)],
        }

    def _probability(self, edge: int, temperature: float) -> float:
        """The probability with the fewest digits whose logit equals the edge in float32."""
        if edge == NEVER:
            return 1.0
        scale = self.counts.logit_scale / temperature
        exact = 1 / (1 + numpy.exp(-EDGES[edge] * scale))
        for digits in range(2, 18):
            short = float(f"{exact:.{digits}g}")
            if numpy.float32(probability_to_logit(short, scale)) == numpy.float32(EDGES[edge]):
                return short
        raise AssertionError((edge, temperature))  # MAX_LOG_ODDS excludes such edges


def fit(counts: LogitCounts, options: FitOptions) -> Fit:
    """Fit to all folds, and to all but one for each fold; see `apply` for what is applied."""
    is_own = counts.gold.sum((0, 2)) >= options.min_gold
    folds = range(counts.n_folds) if counts.n_folds > 1 else ()
    unseen = [counts.of_folds([fold]) for fold in folds]
    seen = [counts.of_folds([other for other in folds if other != fold]) for fold in folds]

    fitted = fit_temperatures(counts, is_own)
    of_folds = [fit_temperatures(some, is_own) for some in seen]
    views = [FoldedTemperatures([counts], [fitted])]
    if folds:
        views.append(FoldedTemperatures(unseen, of_folds))
    new_T = apply_temperatures(views, is_own, may_apply=fitted.is_between_bounds)

    def choose(some: LogitCounts, temperatures: Temperatures) -> Thresholds:
        return choose_thresholds(
            some,
            _replace(temperatures, counts.temperatures, keep=~new_T),
            objective=options.objective,
            min_precision=options.min_precision,
            standard_errors=options.standard_errors,
        )

    chosen = choose(counts, fitted)
    tables = [FoldedThresholds([counts], [chosen])]
    if folds:
        tables.append(FoldedThresholds(unseen, list(map(choose, seen, of_folds))))
    new_thresholds = apply_thresholds(tables, is_own, objective=options.objective)
    dev, *cross_fitted = (
        Tried(table.count(new_thresholds), view.error(new_T))
        for table, view in zip(tables, views)
    )
    return Fit(
        counts,
        _replace(fitted, counts.temperatures, keep=~new_T),
        chosen,
        new_T,
        new_thresholds,
        dev,
        cross_fitted[0] if cross_fitted else None,
    )


def _replace(fitted: Temperatures, before: ndarray, *, keep: ndarray) -> Temperatures:
    """Temperatures with those before for some labels."""
    kept = before[keep & ~fitted.is_own]
    # the labels that share a threshold may have had different temperatures; at the lowest one,
    # probabilities are closest to 0 and 1
    pooled = float(kept.min()) if len(kept) else fitted.pooled
    of_labels = numpy.where(keep, before, fitted.of_labels)
    return Temperatures(of_labels, fitted.is_own, pooled)


def _keep_logit(probability: float, ratio: float) -> float:
    """The threshold with the same logit at another temperature; ratio: before / after."""
    if ratio == 1 or not 0 < probability < 1:
        return probability
    return float(sigmoid(numpy.asarray(probability_to_logit(probability, 1.0) * ratio)))
