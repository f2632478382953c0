"""The section on probabilities: what they are worth, and what other thresholds would give."""

from typing import List, NamedTuple, Optional, Sequence

from .blocks import Block, Figure, Section, Table
from .plots.curves import (
    Curve,
    plot_precision_recall,
    plot_reliability,
    plot_reliability_panels,
)

TITLE = "Probabilities"


class Reliability(NamedTuple):
    """curve: mean probability (x) and share that is right (y) of each bin with its size; error:
    expected calibration error."""

    curve: Curve
    error: Optional[float]


class Calibration(NamedTuple):
    """What is known of probabilities, the most frequent labels first.

    said: which spans were looked at.
    """

    said: str
    overall: Reliability
    by_label: Sequence[Reliability]
    precision_recall: Sequence[Curve]


def make_calibration_section(calibration: Optional[Calibration]) -> Section:
    if calibration is None:
        text = (
            "The pipeline gives no probabilities with its spans: there is nothing to compare."
        )
        return Section("probabilities", TITLE, text)
    overall, by_label = calibration.overall, calibration.by_label
    curves = calibration.precision_recall
    blocks: List[Block] = [
        Figure.of(
            plot_reliability(overall.curve, name="plot-reliability"),
            f"Expected calibration error {_round(overall.error)}. "
            "How often spans are right (height) that are predicted with a probability (from "
            "left to right). On the dashed line probabilities are what they say; below it the "
            "pipeline is too sure, above it not sure enough.",
        ),
        _bin_table("Reliability", overall),
    ]
    if by_label:
        panels = plot_reliability_panels(
            [one.curve for one in by_label], name="plot-reliability-types"
        )
        blocks += [Figure.of(panels, "The same by type."), _error_table(by_label)]
    if curves:
        caption = (
            "Precision over recall, by type, as the threshold goes from high (left) to low "
            "(right). The dot is the threshold in use."
        )
        plot = plot_precision_recall(curves, name="plot-precision-recall")
        blocks += [Figure.of(plot, caption), _point_table(curves)]
    return Section("probabilities", TITLE, calibration.said, blocks=blocks)


def _bin_table(caption: str, reliability: Reliability) -> Table:
    curve = reliability.curve
    rows = [(f"{x:.3f}", f"{y:.3f}", f"{n:,}") for x, y, n in zip(curve.x, curve.y, curve.size)]
    header = ("mean probability", "share that is right", "spans")
    return Table(f"{caption} in numbers", header, rows, folded=True)


def _error_table(by_label: Sequence[Reliability]) -> Table:
    rows = [(one.curve.name, f"{sum(one.curve.size):,}", _round(one.error)) for one in by_label]
    header = ("type", "spans", "expected calibration error")
    return Table("Expected calibration error by type", header, rows, folded=True)


def _point_table(curves: Sequence[Curve]) -> Table:
    """Precision where each curve reaches some recalls, and at the threshold in use."""
    levels = (0.5, 0.6, 0.7, 0.8, 0.9)
    rows = [
        (
            curve.name,
            *(_precision_at(curve, level) for level in levels),
            "–" if curve.mark is None else f"{curve.mark[1]:.3f} / {curve.mark[0]:.3f}",
        )
        for curve in curves
    ]
    header = ("type", *(f"at recall {level}" for level in levels), "in use: precision / recall")
    return Table("Precision at some recalls, by type", header, rows, folded=True)


def _round(error: Optional[float]) -> str:
    return "–" if error is None else f"{error:.3f}"


def _precision_at(curve: Curve, recall: float) -> str:
    """The best at this recall or more."""
    reached = [y for x, y in zip(curve.x, curve.y) if x >= recall]
    return f"{max(reached):.3f}" if reached else "–"
