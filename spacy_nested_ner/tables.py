"""Format results for a terminal and for a notebook: numbers, tables, headings, warnings."""

import os
import re
import shutil
import sys
import textwrap
from abc import ABC, abstractmethod
from html import escape
from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Union

from .user_error import UserError

# width of an output that is not a terminal, in characters: nothing is cut there
UNLIMITED = 100_000
# a name keeps this many characters, even on a narrow terminal
SHORTEST_NAME = 8
# gaps between columns; the table uses the first with which it fits the terminal
GAPS = ("   ", " ")
# how many rows a table of labels has on a terminal
N_LABELS = 30


class Heading(NamedTuple):
    text: str


class Warned(NamedTuple):
    """A warning, without a full stop."""

    text: str


class Table(NamedTuple):
    """A table.

    header, rows: All have the same number of cells.
    n_names: The first cells of a row are names, aligned left; the others are numbers.
    n_shown: How many rows to show on a terminal at most; None for all.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    n_names: int = 1
    n_shown: Optional[int] = None

    def format(self, width: int) -> str:
        """Format as text, with at most `width` characters in a line.

        Names are cut; if that is not enough, the columns are divided among several tables, each
        with the names. A number is never cut, so a line with a wide one may be longer.
        """
        rows = self.rows
        if self.n_shown is not None and width < UNLIMITED:
            rows = rows[: self.n_shown]
        cells = [[str(cell) for cell in row] for row in (self.header, *rows)]
        text = "\n\n".join(self._format(part, width) for part in self._split(cells, width))
        if len(rows) < len(self.rows):
            n = len(self.rows) - len(rows)
            left_out = f"… and {n:,} more: --output FILE and to_dict() have all"
            text += "\n" + textwrap.fill(left_out, width)
        return text

    def _split(self, cells: Sequence[Sequence[str]], width: int) -> Iterator[List[List[str]]]:
        """Yield tables with as many columns of numbers as fit beside short names."""
        widths = [max(map(len, column)) for column in zip(*cells)]
        gap = len(GAPS[-1])
        room = width + gap - sum(min(w, SHORTEST_NAME) + gap for w in widths[: self.n_names])
        first, used = self.n_names, 0
        for column in range(self.n_names, len(widths)):
            if used and used + widths[column] + gap > room:
                yield [[*row[: self.n_names], *row[first:column]] for row in cells]
                first, used = column, 0
            used += widths[column] + gap
        yield [[*row[: self.n_names], *row[first:]] for row in cells]

    def _format(self, cells: Sequence[Sequence[str]], width: int) -> str:
        n_gaps = len(cells[0]) - 1
        for gap in GAPS:
            widths = self._fit(cells, width - len(gap) * n_gaps)
            if sum(widths) + len(gap) * n_gaps <= width:
                break
        lines = [gap.join(self._cut(row, widths)) for row in cells]
        lines.insert(1, gap.join("-" * width for width in widths))
        return "\n".join(line.rstrip() for line in lines)

    def _fit(self, cells: Sequence[Sequence[str]], room: int) -> List[int]:
        """The width of each column; names are shortened until all columns fit."""
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
                # in the middle: labels such as a/b/c and a/b/d differ at the end
                end = (width - 1) // 2
                cell = f"{cell[: width - 1 - end]}…{cell[len(cell) - end :]}"
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


class Result(ABC):
    """The result of a public function: `print` and notebooks show tables, `to_dict` and `to_df`
    return the numbers."""

    @abstractmethod
    def blocks(self) -> Iterator[Block]:
        """The text, headings, warnings and tables to show."""

    @abstractmethod
    def records(self) -> List[Dict[str, Any]]:
        """The rows of the data frame."""

    @abstractmethod
    def to_dict(self) -> Dict[str, Any]:
        """The whole result, with values that JSON can represent."""

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
    """Format blocks as text; lines are not longer than the terminal is wide."""
    is_wide = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    width = UNLIMITED if is_wide else shutil.get_terminal_size().columns
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


def name_some(labels: Sequence[str], n: int = 10) -> str:
    """Name the first n labels, and say how many more there are."""
    named = ", ".join(labels[:n])
    return named if len(labels) <= n else f"{named} and {len(labels) - n:,} more"


def percent(value: Optional[float], digits: int = 1) -> str:
    """A share from 0 to 1 in per cent, without the % sign."""
    return "–" if value is None else f"{100 * value:.{digits}f}"


def points(value: Optional[float], digits: int = 1) -> str:
    """A difference of shares in percentage points, with plus or minus."""
    return "–" if value is None else f"{100 * value:+.{digits}f}"


def interval(estimate: Mapping[str, Any]) -> str:
    """The bounds of an interval, `low` and `high`, from 0 to 1, in per cent."""
    if estimate["low"] is None or estimate["high"] is None:
        return "–"
    return f"{percent(estimate['low'])} to {percent(estimate['high'])}"


def signed(n: int) -> str:
    """A whole number with plus or minus."""
    return f"{n:+d}" if n else "0"


def amount(share: Mapping[str, Any]) -> str:
    """A count and its share in per cent."""
    return f"{share['count']:,} ({share['share']:.2%})"
