"""Results as text: numbers, tables, and what prints on a terminal and in a notebook."""

import re
import shutil
import textwrap
from abc import abstractmethod
from html import escape
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Union

from .user_error import UserError

# columns of an output that is no terminal: nothing is cut there
UNLIMITED = 100_000
# a name is cut to no fewer characters, however narrow the terminal is
SHORTEST_NAME = 8
# between two columns; the first that lets a table fit the terminal
GAPS = ("   ", " ")


class Heading(NamedTuple):
    text: str


class Warned(NamedTuple):
    """A sentence about what the reader may not expect."""

    text: str


class Table(NamedTuple):
    """The first `n_names` cells of a row are names, the others are numbers.

    header, rows: of the same number of cells.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    n_names: int = 1

    def format(self, width: int) -> str:
        """As text; names are cut so that a row has at most `width` characters."""
        cells = [[str(cell) for cell in row] for row in (self.header, *self.rows)]
        for gap in GAPS:
            widths = self._fit(cells, width - len(gap) * (len(self.header) - 1))
            if sum(widths) + len(gap) * (len(widths) - 1) <= width:
                break
        lines = [gap.join(self._cut(row, widths)) for row in cells]
        lines.insert(1, gap.join("-" * width for width in widths))
        return "\n".join(line.rstrip() for line in lines)

    def _fit(self, cells: Sequence[Sequence[str]], room: int) -> List[int]:
        """The width of each column; names give way until all columns have room."""
        widths = [max(map(len, column)) for column in zip(*cells)]
        while sum(widths) > room and self.n_names:
            longest = max(range(self.n_names), key=widths.__getitem__)
            if widths[longest] <= SHORTEST_NAME:
                break
            widths[longest] -= 1
        return widths

    def _cut(self, row: Sequence[str], widths: Sequence[int]) -> List[str]:
        parts = []
        for number, (cell, width) in enumerate(zip(row, widths)):
            if len(cell) > width:
                cell = f"{cell[: width - 1]}…"
            parts.append(cell.ljust(width) if number < self.n_names else cell.rjust(width))
        return parts

    def to_html(self) -> str:
        head = "".join(f"<th>{escape(cell)}</th>" for cell in self.header)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>"
            for row in self.rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


Block = Union[str, Heading, Warned, Table]


class Result:
    """What a public function returns: `print` shows tables, so does a notebook; `to_dict` and
    `to_df` give the numbers."""

    @abstractmethod
    def blocks(self) -> Iterator[Block]:
        """What is shown."""

    @abstractmethod
    def records(self) -> List[Dict[str, Any]]:
        """The rows of the data frame."""

    @abstractmethod
    def to_dict(self) -> Dict[str, Any]:
        """All facts, as JSON can hold them."""

    def to_df(self) -> Any:
        """The main table as a pandas.DataFrame.

        RAISES (UserError): pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise UserError(
                "A data frame needs pandas, which is not installed: "
                "python -m pip install pandas, or use to_dict()."
            ) from None
        return pandas.DataFrame.from_records(self.records())

    def __str__(self) -> str:
        return format_blocks(self.blocks())

    def _repr_html_(self) -> str:
        return "\n".join(_to_html(block) for block in self.blocks())


def format_blocks(blocks: Iterator[Block]) -> str:
    """Blocks as text for the terminal, at most as wide as that is."""
    width = shutil.get_terminal_size((UNLIMITED, 24)).columns
    parts: List[str] = []
    for block in blocks:
        if isinstance(block, Table):
            parts.append(f"\n{block.format(width)}\n")
        elif isinstance(block, Heading):
            parts.append("\n" + textwrap.fill(f"=== {block.text} ===", width) + "\n")
        else:
            text = f"⚠ {block.text}" if isinstance(block, Warned) else block
            parts.append(textwrap.fill(text, width))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts)).strip("\n")


def _to_html(block: Block) -> str:
    if isinstance(block, Table):
        return block.to_html()
    if isinstance(block, Heading):
        return f"<h4>{escape(block.text)}</h4>"
    if isinstance(block, Warned):
        return f"<p>⚠ {escape(block.text)}</p>"
    return f"<p>{escape(block)}</p>"


def percent(value: Optional[float], digits: int = 1) -> str:
    """A share from 0 to 1 in per cent, without the sign."""
    return "–" if value is None else f"{100 * value:.{digits}f}"


def points(value: Optional[float], digits: int = 1) -> str:
    """A difference of shares in points of a per cent, with its plus or minus."""
    return "–" if value is None else f"{100 * value:+.{digits}f}"


def interval(estimate: Mapping[str, Any]) -> str:
    """The ends of the interval of a share, `low` and `high`."""
    if estimate["low"] is None or estimate["high"] is None:
        return "–"
    return f"{percent(estimate['low'])} to {percent(estimate['high'])}"


def signed(n: int) -> str:
    """A whole number with its plus or minus."""
    return f"{n:+d}" if n else "0"


def amount(share: Mapping[str, Any]) -> str:
    """A number and its share of all."""
    return f"{share['count']:,} ({share['share']:.2%})"
