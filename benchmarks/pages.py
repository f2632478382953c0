"""Tables and plots in pages of the documentation, made anew from the result lines.

A table stands between `<!-- table: NAME -->` and `<!-- end -->`; what else is in a page stays
as it is.
"""

import re
from pathlib import Path
from typing import Any, Callable, Iterable, List, Sequence

from wasabi import msg

from spacy_nested_ner.reporting.plots.svg import ACCENT, QUIET, SECOND, new_figure, plot_style

BLOCK = re.compile(r"<!-- table: (?P<name>\S+) -->\n.*?<!-- end -->", re.DOTALL)

# of arms in plots with several
COLORS = (ACCENT, SECOND, QUIET, "#3f7f4f", "#7a4a8c", "#a08a2c", "#2f8f8f", "#9c3a4a")

Table = List[List[str]]


def fill_in(text: str, make_table: Callable[[str], Table]) -> str:
    """The page with today's tables.

    make_table (Callable[[str], Table]): Makes the table of a name, and raises KeyError where
        there are no lines for it: that one is left as it is, with a warning.
    """

    def fill(block: "re.Match[str]") -> str:
        name = block["name"]
        try:
            table = make_table(name)
        except KeyError:
            msg.warn(f"Table '{name}' has no result lines: left as it is.")
            return block[0]
        return f"<!-- table: {name} -->\n{as_markdown(table)}\n<!-- end -->"

    return BLOCK.sub(fill, text)


def as_markdown(table: Iterable[Sequence[str]]) -> str:
    """A header and rows; the first column to the left, numbers to the right."""
    header, *rows = table
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def save_plot(path: Path, draw: Callable[[Any], None], *, height: float = 3.2) -> None:
    """Make a figure, let a function draw on it, write it as SVG: the same bytes every time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with plot_style():
        figure = new_figure(height)
        draw(figure)
        figure.savefig(path, metadata={"Date": None}, facecolor="white")
