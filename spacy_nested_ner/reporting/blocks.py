"""The parts of a page."""

from typing import NamedTuple, Sequence, Tuple, Union

from markupsafe import Markup

from .plots.svg import Plot


class Table(NamedTuple):
    """A table; the first `n_names` cells of a row are names, the others numbers.

    folded: only the caption is visible until the reader opens the table.
    """

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    folded: bool = False
    n_names: int = 1


class Figure(NamedTuple):
    svg: Markup
    caption: str
    name: str = ""

    @classmethod
    def of(cls, plot: Plot, caption: str, *, name: str) -> "Figure":
        """The figure of a plot, with the plot's note in the caption.

        name: For screen readers.
        """
        return cls(plot.svg, f"{caption} {plot.note}".strip(), name)


Block = Union[Table, Figure]


class Tile(NamedTuple):
    """A number in large print."""

    name: str
    value: str
    interval: str = ""


class Section(NamedTuple):
    id: str
    title: str
    text: str = ""
    tiles: Sequence[Tile] = ()
    facts: Sequence[Tuple[str, str]] = ()
    blocks: Sequence[Block] = ()
