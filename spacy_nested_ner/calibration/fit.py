"""Fit temperatures and thresholds; cross-fitting estimates their scores on new documents."""

from dataclasses import dataclass
from typing import Any, Dict, List, Tuple

import numpy
from numpy import ndarray

from ..decoding.thresholds import probability_to_logit
from .logit_counts import EDGES, LogitCounts
from .reliability import Reliability, group_spans, spans_by_probability
from .temperatures import Temperatures, fit_temperatures
from .thresholds import NEVER, Objective, Thresholds, choose_thresholds, count_found


@dataclass(frozen=True)
class FitOptions:
    """Options of the fit, see `choose_thresholds` and `fit_temperatures`."""

    objective: Objective = "micro"
    min_precision: float = 0.9
    min_gold: int = 50
    standard_errors: float = 1.0


@dataclass(frozen=True)
class Fit:
    """labels, logit_scale: those of the counts."""

    labels: Tuple[str, ...]
    logit_scale: float
    temperatures: Temperatures
    thresholds: Thresholds

    def settings(self) -> Dict[str, Any]:
        """The settings threshold, thresholds and temperatures, in the form of a config."""
        T = self.temperatures.of_labels.tolist()
        edges = self.thresholds.of_labels.tolist()
        is_own = self.temperatures.is_own.tolist()
        return {
            "threshold": self._probability(self.thresholds.pooled, self.temperatures.pooled),
            "thresholds": [
                [label, self._probability(edges[i], T[i])]
                for i, label in enumerate(self.labels)
                if is_own[i]
            ],
            "temperatures": [[label, T[i]] for i, label in enumerate(self.labels)],
        }

    def _probability(self, edge: int, temperature: float) -> float:
        """The probability with the fewest digits whose logit equals the edge in float32."""
        if edge == NEVER:
            return 1.0
        scale = self.logit_scale / temperature
        exact = 1 / (1 + numpy.exp(-EDGES[edge] * scale))
        for digits in range(2, 18):
            short = float(f"{exact:.{digits}g}")
            if numpy.float32(probability_to_logit(short, scale)) == numpy.float32(EDGES[edge]):
                return short
        raise AssertionError((edge, temperature))  # MAX_LOG_ODDS excludes such edges


def fit(counts: LogitCounts, options: FitOptions) -> Fit:
    """Fit temperatures and thresholds to all folds."""
    temperatures = fit_temperatures(counts, min_gold=options.min_gold)
    thresholds = choose_thresholds(
        counts,
        temperatures,
        objective=options.objective,
        min_precision=options.min_precision,
        standard_errors=options.standard_errors,
    )
    return Fit(counts.labels, counts.logit_scale, temperatures, thresholds)


def cross_fit(counts: LogitCounts, options: FitOptions) -> Tuple[ndarray, Reliability]:
    """For each fold, fit to the other folds and count in this one.

    RETURNS: The sums over the folds, as of `count_found`, (L + unknown, 4); and the reliability
        of all labels together.
    """
    folds = range(counts.n_folds)
    found: List[ndarray] = []
    spans: List[Tuple[ndarray, ndarray, ndarray]] = []
    for fold in folds:
        fitted = fit(counts.of_folds([other for other in folds if other != fold]), options)
        unseen = counts.of_folds([fold])
        found.append(count_found(unseen, fitted.thresholds.of_labels))
        temperatures = fitted.temperatures.of_labels
        spans.append(spans_by_probability(unseen, temperatures=temperatures))
    columns = (numpy.concatenate(column) for column in zip(*spans))
    return numpy.sum(found, axis=0), group_spans(*columns)
