"""Update tables and plots in pages of the documentation.

A table is between `<!-- table: NAME -->` and `<!-- end -->`; the rest of a page stays
unchanged.
"""

import re
from pathlib import Path
from typing import Any, Callable, Iterable, List, Sequence

from wasabi import msg

from spacy_nested_ner.reporting.plots.svg import ACCENT, QUIET, SECOND, new_figure, plot_style

BLOCK = re.compile(r"<!-- table: (?P<name>\S+) -->\n.*?<!-- end -->", re.DOTALL)

# colors of the arms in a plot
COLORS = (ACCENT, SECOND, QUIET, "#3f7f4f", "#7a4a8c", "#a08a2c", "#2f8f8f", "#9c3a4a")

Table = List[List[str]]


def fill_in(text: str, make_table: Callable[[str], Table]) -> str:
    """Update the tables of a page.

    make_table (Callable[[str], Table]): Makes the table with a name. It raises KeyError if the
        table has no result lines; the old table then stays, with a warning.
    """

    def fill(block: "re.Match[str]") -> str:
        name = block["name"]
        try:
            table = make_table(name)
        except KeyError:
            msg.warn(
                f"Table '{name}' has no result lines and was not changed: run its experiment."
            )
            return block[0]
        return f"<!-- table: {name} -->\n{as_markdown(table)}\n<!-- end -->"

    return BLOCK.sub(fill, text)


def as_markdown(table: Iterable[Sequence[str]]) -> str:
    """Format a header and rows; the first column is aligned left, the others right."""
    header, *rows = table
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def save_plot(path: Path, draw: Callable[[Any], None], *, height: float = 3.2) -> None:
    """Draw a figure and write it as SVG; the same figure gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with plot_style():
        figure = new_figure(height)
        draw(figure)
        figure.savefig(path, metadata={"Date": None}, facecolor="white")
