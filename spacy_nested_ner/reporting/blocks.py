"""What a page is made of."""

from typing import NamedTuple, Optional, Sequence, Tuple, Union

from markupsafe import Markup

from ..evaluation.evaluate import Estimate
from .plots.svg import Plot


class Table(NamedTuple):
    """The first cells of a row, `n_names` of them, name it, the others are numbers.
    folded: behind its caption, to be opened.
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

    @classmethod
    def of(cls, plot: Plot, caption: str) -> "Figure":
        """With what the picture had to leave out."""
        return cls(plot.svg, f"{caption} {plot.note}".strip())


Block = Union[Table, Figure]


class Tile(NamedTuple):
    """A number in large type."""

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


def percent(score: Optional[float]) -> str:
    """Of a score from 0 to 1, without the sign."""
    return "–" if score is None else f"{100 * score:.1f}"


def interval(estimate: Estimate) -> str:
    if estimate["low"] is None or estimate["high"] is None:
        return "–"
    return f"{percent(estimate['low'])} – {percent(estimate['high'])}"
