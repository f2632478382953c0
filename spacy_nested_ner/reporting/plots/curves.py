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
    plot_style,
    say_left_out,
    shorten,
    write_svg,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_PANELS = 12
# panels side by side: as many as there are, up to the second number, else the first
N_COLUMNS, MAX_COLUMNS = 4, 6
# points of a curve
MAX_POINTS = 80


class Curve(NamedTuple):
    """Points of one label, x and y from 0 to 1; `size`: how many cases each point stands for,
    `mark`: the point of the settings in use."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    size: Sequence[int] = ()
    mark: Optional[Tuple[float, float]] = None


def plot_reliability(curve: Curve, *, name: str) -> Plot:
    """Share of right spans over their probability; the larger a dot, the more there are."""
    with plot_style():
        figure = new_figure(3.8, width=4.4)
        axes = figure.add_subplot()
        _draw_reliability(axes, curve, scale=60)
        axes.set(ylabel="share that is right", xlabel="probability")
        svg = write_svg(figure, name=name, title="Reliability", description=_tell([curve]))
    return Plot(svg)


def plot_reliability_panels(curves: Sequence[Curve], *, name: str) -> Plot:
    """The same, small, for each label; `curves` with the most frequent label first."""
    shown = curves[:MAX_PANELS]
    with plot_style():
        figure, panels = _panels(shown)
        for axes, curve in zip(panels, shown):
            _draw_reliability(axes, curve, scale=18)
        figure.supxlabel("probability", fontsize=9)
        figure.supylabel("share that is right", fontsize=9)
        title = "Reliability by type"
        svg = write_svg(figure, name=name, title=title, description=_tell(shown))
    return Plot(svg, say_left_out(shown, curves, "types"))


def plot_precision_recall(curves: Sequence[Curve], *, name: str) -> Plot:
    """Precision over recall of each label, with the point of the thresholds in use; `curves`
    with the most frequent label first."""
    shown = curves[:MAX_PANELS]
    with plot_style():
        figure, panels = _panels(shown)
        for axes, curve in zip(panels, shown):
            x, y = _thin(curve)
            axes.plot(x, y, color=ACCENT)
            if curve.mark is not None:
                axes.plot(*curve.mark, "o", color=SECOND, markersize=5)
        figure.supxlabel("recall", fontsize=9)
        figure.supylabel("precision", fontsize=9)
        title = "Precision and recall by type, over all thresholds"
        svg = write_svg(figure, name=name, title=title, description=_tell_marks(shown))
    return Plot(svg, say_left_out(shown, curves, "types"))


def _panels(curves: Sequence[Curve]) -> Tuple["Figure", List["Axes"]]:
    """A small square for each label."""
    n_columns = len(curves) if N_COLUMNS < len(curves) <= MAX_COLUMNS else N_COLUMNS
    n_rows = -(-len(curves) // n_columns)
    figure = new_figure(0.6 + WIDTH / n_columns * n_rows)
    grid = figure.subplots(n_rows, n_columns, sharex=True, sharey=True, squeeze=False)
    panels = list(grid.flat)
    for i, (axes, curve) in enumerate(zip(panels, curves)):
        if i + n_columns >= len(curves):  # none below it
            axes.tick_params(labelbottom=True)
        axes.set_title(shorten(curve.name))
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), box_aspect=1)
        axes.set_xticks([0, 0.5, 1], ["0", ".5", "1"])
        axes.set_yticks([0, 0.5, 1], ["0", ".5", "1"])
        axes.grid()
    for axes in panels[len(curves) :]:
        axes.set_visible(False)
    return figure, panels


def _draw_reliability(axes: "Axes", curve: Curve, *, scale: float) -> None:
    """scale: area of the dot of the point with the most cases."""
    axes.plot([0, 1], [0, 1], color=QUIET, lw=0.8, ls=(0, (4, 3)))
    axes.plot(curve.x, curve.y, color=ACCENT, lw=1)
    most = max(curve.size, default=1)
    # a point of few cases is small, yet seen
    area = [scale * (0.15 + 0.85 * (size / most) ** 0.5) for size in curve.size]
    axes.scatter(curve.x, curve.y, area, color=ACCENT, zorder=3)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axes.grid(visible=True)


def _thin(curve: Curve) -> Tuple[Sequence[float], Sequence[float]]:
    """Every so many points of a long curve, its last among them."""
    keep = numpy.unique(numpy.linspace(0, len(curve.x) - 1, MAX_POINTS).round().astype(int))
    return [curve.x[i] for i in keep], [curve.y[i] for i in keep]


def _tell(curves: Sequence[Curve]) -> str:
    """The last point of each curve, where the model is surest."""
    return "; ".join(
        f"{curve.name}: at probability {curve.x[-1]:.2f}, {curve.y[-1]:.0%} are right"
        for curve in curves
        if len(curve.x)
    )


def _tell_marks(curves: Sequence[Curve]) -> str:
    return "; ".join(
        f"{curve.name}: precision {curve.mark[1]:.2f} at recall {curve.mark[0]:.2f}"
        for curve in curves
        if curve.mark is not None
    )
