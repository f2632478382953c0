"""The plots of scores and of confusion: numbers in, inline SVG out.

Each function takes `name`, the prefix of the ids in the picture. The note of a plot says how
many rows it leaves out. A table of the page has the same numbers.
"""

from typing import TYPE_CHECKING, Any, Dict, NamedTuple, Optional, Sequence

import numpy
from markupsafe import Markup

from .svg import (
    ACCENT,
    FAINT,
    QUIET,
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
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

# labels in the plot with one row for each
MAX_ROWS = 40
# a cell darker than this has white text; the others have dark text, also on a dark page
DARK = 0.55
ON_LIGHT = "#1b2733"


class Scored(NamedTuple):
    """F1 (0 to 1) of a group of mentions and the ends of its interval; None without one."""

    name: str
    f: Optional[float]
    low: Optional[float]
    high: Optional[float]
    support: int


def plot_labels(rows: Sequence[Scored], *, name: str) -> Plot:
    """F1 of each label with its interval, the most frequent first."""
    shown = sorted(rows, key=lambda row: -row.support)[:MAX_ROWS]
    with plot_style():
        figure = new_figure(0.45 + 0.25 * len(shown))
        axes = figure.add_subplot()
        places = numpy.arange(len(shown))
        _draw_scores(axes, shown, places, horizontal=True)
        axes.set_yticks(places, [shorten(row.name) for row in shown])
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_xlim(-1.5, 101.5)  # so that dots at both ends are whole
        axes.set_xlabel("F1 in per cent, with its 95 % interval")
        axes.grid(axis="x")
        axes.tick_params(axis="y", length=0)
        for place, row in enumerate(shown):
            text = f"{_score(row.f)}  ({row.support:,})"
            axes.text(1.02, place, text, va="center", transform=axes.get_yaxis_transform())
        axes.set_title("F1 (gold mentions)", loc="right", fontsize=8, color=QUIET)
        return Plot(
            _save(figure, name, "F1 by label", shown), note_left_out(shown, rows, "labels")
        )


class Changed(NamedTuple):
    """A difference of F1 (−1 to 1) and the ends of its interval; None without one."""

    name: str
    difference: Optional[float]
    low: Optional[float]
    high: Optional[float]


def plot_differences(rows: Sequence[Changed], *, name: str) -> Plot:
    """The differences with their intervals, the largest first."""
    some = [row for row in rows if row.difference is not None]
    shown = sorted(some, key=lambda row: -abs(row.difference or 0.0))[:MAX_ROWS]
    scored = [Scored(row.name, row.difference, row.low, row.high, 0) for row in shown]
    with plot_style():
        figure = new_figure(0.6 + 0.25 * len(shown))
        axes = figure.add_subplot()
        places = numpy.arange(len(shown))
        axes.axvline(0, color=QUIET, lw=0.8)
        _draw_scores(axes, scored, places, horizontal=True)
        axes.set_yticks(places, [shorten(row.name) for row in shown])
        axes.set_ylim(len(shown) - 0.4, -0.6)
        axes.set_xlabel("B − A in F1 points, with its 95 % interval")
        axes.grid(axis="x")
        axes.tick_params(axis="y", length=0)
        return Plot(
            _save(figure, name, "Differences of F1 by label", scored),
            note_left_out(shown, some, "labels", order="largest"),
        )


def plot_groups(rows: Sequence[Scored], *, name: str, x_label: str) -> Plot:
    """F1 of ordered groups, such as widths, above the number of mentions of each group."""
    with plot_style():
        figure = new_figure(3.2, width=min(WIDTH, 2.4 + 0.9 * len(rows)))
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(2.6, 1))
        places = numpy.arange(len(rows))
        _draw_scores(upper, rows, places, horizontal=False)
        upper.set_ylim(-4, 104)  # so that dots at both ends are whole
        upper.set_ylabel("F1 in per cent")
        upper.grid(axis="y")
        upper.tick_params(axis="x", length=0)
        lower.bar(places, [row.support for row in rows], width=0.62, color=FAINT)
        for place, row in zip(places, rows):
            lower.annotate(
                f"{row.support:,}",
                (place, row.support),
                (0, 2),
                textcoords="offset points",
                ha="center",
                fontsize=7.5,
            )
        lower.set_ylabel("mentions")
        lower.set_yticks([])
        lower.spines["left"].set_visible(False)
        lower.margins(y=0.28)
        lower.set_xlim(-0.6, len(rows) - 0.4)
        lower.set_xticks(places, [shorten(row.name) for row in rows])
        lower.set_xlabel(x_label)
        return Plot(_save(figure, name, f"F1 by {x_label}", rows))


def plot_confusion(
    gold: Sequence[str], predicted: Sequence[str], counts: Sequence[Sequence[int]], *, name: str
) -> Plot:
    """Number of mentions by gold label (rows) and predicted label (columns).

    gold, predicted: Names of rows and of columns; the labels come in the same order, the most
        frequent first.
    counts: Numbers of mentions, (rows, columns).
    """
    matrix = numpy.asarray(counts, dtype=float)
    shares = matrix / numpy.maximum(matrix.sum(1, keepdims=True), 1)
    n_rows, n_columns = matrix.shape
    with plot_style():
        small = max(matrix.shape) > 12
        figure = new_figure(0.9 + 0.34 * n_rows, width=min(WIDTH, 2.2 + 0.62 * n_columns))
        axes = figure.add_subplot()
        axes.pcolormesh(shares, cmap=_blues(), vmin=0, vmax=1, edgecolors="white", linewidth=1)
        for i in range(n_rows):
            for j in range(n_columns):
                if matrix[i, j]:
                    color = "white" if shares[i, j] > DARK else ON_LIGHT
                    text = f"{matrix[i, j]:,.0f}"
                    size = 6 if small else 8
                    axes.text(
                        j + 0.5, i + 0.5, text, ha="center", va="center", color=color, size=size
                    )
        slanted: Dict[str, Any] = {"rotation": 40, "ha": "left", "rotation_mode": "anchor"}
        axes.set_xticks(
            numpy.arange(n_columns) + 0.5, [shorten(label) for label in predicted], **slanted
        )
        axes.set_yticks(numpy.arange(n_rows) + 0.5, [shorten(label) for label in gold])
        axes.xaxis.tick_top()
        axes.xaxis.set_label_position("top")
        axes.set_xlabel("predicted")
        axes.set_ylabel("gold")
        axes.invert_yaxis()
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        description = (
            f"{n_rows} rows of gold labels, {n_columns} columns of predicted ones; "
            f"{matrix.trace():,.0f} of {matrix.sum():,.0f} mentions are on the diagonal."
        )
        svg = write_svg(figure, name=name, title="Confusion of labels", description=description)
    return Plot(svg)


def _draw_scores(
    axes: "Axes", rows: Sequence[Scored], places: numpy.ndarray, *, horizontal: bool
) -> None:
    """A dot for each score and a line for its interval."""
    for place, row in zip(places, rows):
        if row.f is None:
            continue
        if row.low is not None and row.high is not None:
            ends, here = (100 * row.low, 100 * row.high), (place, place)
            axes.plot(*((ends, here) if horizontal else (here, ends)), color=ACCENT, lw=1.4)
        f = 100 * row.f
        axes.plot(*((f, place) if horizontal else (place, f)), "o", color=ACCENT, ms=5)


def _blues() -> "Colormap":
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("ours", ["#f6f8fa", "#8fb4d6", "#1d4469"])


def _save(figure: "Figure", name: str, title: str, rows: Sequence[Scored]) -> Markup:
    description = "; ".join(f"{row.name} {_score(row.f)}" for row in rows)
    return write_svg(figure, name=name, title=title, description=description)


def _score(f: Optional[float]) -> str:
    return "–" if f is None else f"{100 * f:.1f}"
