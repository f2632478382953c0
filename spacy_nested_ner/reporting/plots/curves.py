"""The plots of curves: reliability, and precision over recall; points in, inline SVG out."""

from typing import TYPE_CHECKING, List, NamedTuple, Optional, Sequence, Tuple

import numpy

from .svg import (
    ACCENT,
    QUIET,
    SECOND,
    WIDTH,
    Plot,
    new_figure,
    note_left_out,
    plot_style,
    shorten,
    write_svg,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_PANELS = 12
# panels in a row: N_COLUMNS, or all panels in one row if there are at most MAX_COLUMNS
N_COLUMNS, MAX_COLUMNS = 4, 6
# points of a curve
MAX_POINTS = 80


class Curve(NamedTuple):
    """Points of one label, x and y from 0 to 1. size: number of spans of each point; mark: the
    point of the current settings."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    size: Sequence[int] = ()
    mark: Optional[Tuple[float, float]] = None


def plot_reliability(curve: Curve, *, name: str) -> Plot:
    """Share of right spans over their probability; a larger dot stands for more spans."""
    with plot_style():
        figure = new_figure(3.8, width=4.4)
        axes = figure.add_subplot()
        _draw_reliability(axes, curve, scale=60)
        axes.set(ylabel="share of right spans", xlabel="probability")
        svg = write_svg(figure, name=name, title="Reliability", description=_describe([curve]))
    return Plot(svg)


def plot_reliability_panels(curves: Sequence[Curve], *, name: str) -> Plot:
    """A small reliability plot for each label; `curves`: the most frequent label first."""
    shown = curves[:MAX_PANELS]
    with plot_style():
        figure, panels = _panels(shown)
        for axes, curve in zip(panels, shown):
            _draw_reliability(axes, curve, scale=18)
        figure.supxlabel("probability", fontsize=9)
        figure.supylabel("share of right spans", fontsize=9)
        title = "Reliability by label"
        svg = write_svg(figure, name=name, title=title, description=_describe(shown))
    return Plot(svg, note_left_out(shown, curves, "labels"))


def plot_precision_recall(curves: Sequence[Curve], *, name: str) -> Plot:
    """Precision over recall of each label, with the point of the current threshold; `curves`:
    the most frequent label first."""
    shown = curves[:MAX_PANELS]
    with plot_style():
        figure, panels = _panels(shown)
        for axes, curve in zip(panels, shown):
            x, y = _thin(curve)
            axes.plot(x, y, color=ACCENT)
            if curve.mark is not None:
                axes.plot(*curve.mark, "o", color=SECOND, markersize=5)
            axes.set_xticks([0, 0.5, 1], ["0", "50", "100"])
            axes.set_yticks([0, 0.5, 1], ["0", "50", "100"])
        figure.supxlabel("recall in per cent", fontsize=9)
        figure.supylabel("precision in per cent", fontsize=9)
        title = "Precision and recall by label, over all thresholds"
        svg = write_svg(figure, name=name, title=title, description=_describe_marks(shown))
    return Plot(svg, note_left_out(shown, curves, "labels"))


def _panels(curves: Sequence[Curve]) -> Tuple["Figure", List["Axes"]]:
    """A small square for each label."""
    n_columns = len(curves) if N_COLUMNS < len(curves) <= MAX_COLUMNS else N_COLUMNS
    n_rows = -(-len(curves) // n_columns)
    figure = new_figure(0.6 + WIDTH / n_columns * n_rows)
    grid = figure.subplots(n_rows, n_columns, sharex=True, sharey=True, squeeze=False)
    panels = list(grid.flat)
    for i, (axes, curve) in enumerate(zip(panels, curves)):
        if i + n_columns >= len(curves):  # no panel below
            axes.tick_params(labelbottom=True)
        axes.set_title(shorten(curve.name))
        axes.set(xlim=(-0.04, 1.04), ylim=(-0.04, 1.04), box_aspect=1)
        axes.set_xticks([0, 0.5, 1], ["0", ".5", "1"])
        axes.set_yticks([0, 0.5, 1], ["0", ".5", "1"])
        axes.grid()
    for axes in panels[len(curves) :]:
        axes.set_visible(False)
    return figure, panels


def _draw_reliability(axes: "Axes", curve: Curve, *, scale: float) -> None:
    """scale: area of the dot with the most spans."""
    axes.plot([0, 1], [0, 1], color=QUIET, lw=0.8, ls=(0, (4, 3)))
    axes.plot(curve.x, curve.y, color=ACCENT, lw=1)
    most = max(curve.size, default=1)
    # a minimum, so that points with few spans are visible
    area = [scale * (0.15 + 0.85 * (size / most) ** 0.5) for size in curve.size]
    axes.scatter(curve.x, curve.y, area, color=ACCENT, zorder=3)
    axes.set(xlim=(-0.04, 1.04), ylim=(-0.04, 1.04))
    axes.grid(visible=True)


def _thin(curve: Curve) -> Tuple[Sequence[float], Sequence[float]]:
    """At most MAX_POINTS evenly spaced points of a curve, the last one included."""
    keep = numpy.unique(numpy.linspace(0, len(curve.x) - 1, MAX_POINTS).round().astype(int))
    return [curve.x[i] for i in keep], [curve.y[i] for i in keep]


def _describe(curves: Sequence[Curve]) -> str:
    """The last point of each curve, that of the highest probability."""
    return "; ".join(
        f"{curve.name}: at probability {curve.x[-1]:.2f}, {curve.y[-1]:.0%} of spans are right"
        for curve in curves
        if len(curve.x)
    )


def _describe_marks(curves: Sequence[Curve]) -> str:
    return "; ".join(
        f"{curve.name}: precision {curve.mark[1]:.2f} at recall {curve.mark[0]:.2f}"
        for curve in curves
        if curve.mark is not None
    )
