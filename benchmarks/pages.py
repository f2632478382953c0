"""Tables in pages of the documentation, made anew from the result lines.

A table stands between `<!-- table: NAME -->` and `<!-- end -->`; what else is in a page stays
as it is.
"""

import re
from typing import Callable, Iterable, List, Sequence

from wasabi import msg

BLOCK = re.compile(r"<!-- table: (?P<name>\S+) -->\n.*?<!-- end -->", re.DOTALL)

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
