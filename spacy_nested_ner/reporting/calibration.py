"""The section on probabilities: their reliability, and the effect of other thresholds."""

from typing import List, NamedTuple, Optional, Sequence

from ..tables import percent
from .blocks import Block, Figure, Section, Table
from .plots.curves import (
    Curve,
    plot_precision_recall,
    plot_reliability,
    plot_reliability_panels,
)

TITLE = "Probabilities"


class Reliability(NamedTuple):
    """curve: mean probability (x), share of right spans (y) and size of each bin.
    error: expected calibration error."""

    curve: Curve
    error: Optional[float]


class Calibration(NamedTuple):
    """Measures of the probabilities, the most frequent labels first.

    text: says which spans were counted.
    """

    text: str
    overall: Reliability
    by_label: Sequence[Reliability]
    precision_recall: Sequence[Curve]


def make_calibration_section(calibration: Optional[Calibration]) -> Section:
    if calibration is None:
        text = (
            "The spans of the pipeline have no probabilities, so there is nothing to measure."
        )
        return Section("probabilities", TITLE, text)
    overall, by_label = calibration.overall, calibration.by_label
    curves = calibration.precision_recall
    blocks: List[Block] = [
        Figure.of(
            plot_reliability(overall.curve, name="plot-reliability"),
            f"Expected calibration error {_round(overall.error)}. "
            "Share of right spans (vertical) over their probability (horizontal). On the "
            "dashed line the probabilities are calibrated; below it the pipeline is "
            "overconfident, above it underconfident.",
            name="Reliability",
        ),
        _bin_table("Reliability", overall),
    ]
    if by_label:
        panels = plot_reliability_panels(
            [one.curve for one in by_label], name="plot-reliability-labels"
        )
        blocks += [
            Figure.of(panels, "The same by label.", name="Reliability by label"),
            _error_table(by_label),
        ]
    if curves:
        caption = (
            "Precision over recall, by label, for thresholds from high (left) to low (right). "
            "The dot is the current threshold. In per cent."
        )
        plot = plot_precision_recall(curves, name="plot-precision-recall")
        blocks += [Figure.of(plot, caption, name="Precision over recall"), _point_table(curves)]
    return Section("probabilities", TITLE, calibration.text, blocks=blocks)


def _bin_table(caption: str, reliability: Reliability) -> Table:
    curve = reliability.curve
    rows = [(f"{x:.3f}", f"{y:.3f}", f"{n:,}") for x, y, n in zip(curve.x, curve.y, curve.size)]
    header = ("mean probability", "share of right spans", "spans")
    return Table(f"{caption} in numbers", header, rows, folded=True)


def _error_table(by_label: Sequence[Reliability]) -> Table:
    rows = [(one.curve.name, f"{sum(one.curve.size):,}", _round(one.error)) for one in by_label]
    header = ("label", "spans", "expected calibration error")
    return Table("Expected calibration error by label", header, rows, folded=True)


def _point_table(curves: Sequence[Curve]) -> Table:
    """Precision of each curve at given recalls, and at the current threshold."""
    levels = (0.5, 0.6, 0.7, 0.8, 0.9)
    rows = [
        (
            curve.name,
            *(_precision_at(curve, level) for level in levels),
            "–"
            if curve.mark is None
            else f"{percent(curve.mark[1])} / {percent(curve.mark[0])}",
        )
        for curve in curves
    ]
    header = (
        "label",
        *(f"at recall {100 * level:.0f}" for level in levels),
        "current: precision / recall",
    )
    return Table("Precision at given recalls, by label", header, rows, folded=True)


def _round(error: Optional[float]) -> str:
    return "–" if error is None else f"{error:.3f}"


def _precision_at(curve: Curve, recall: float) -> str:
    """The highest precision at this recall or a higher one."""
    reached = [y for x, y in zip(curve.x, curve.y) if x >= recall]
    return percent(max(reached)) if reached else "–"
