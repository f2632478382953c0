"""Progress bars of the commands, for what takes longer than three seconds.

A bar appears only after `show_bars`, which the commands call, and only on a terminal. So
Python code that uses the package prints nothing.
"""

from typing import Iterable, Iterator, TypeVar

from tqdm import tqdm

T = TypeVar("T")

# a bar appears after this time, in seconds
DELAY = 3.0
_options = {"shown": False}


def show_bars() -> None:
    """Show progress bars from now on, if stderr is a terminal."""
    _options["shown"] = True


def progress(items: Iterable[T], *, total: int, unit: str) -> Iterator[T]:
    """Yield the items, with a bar.

    total: Number of items.
    unit: What an item is, in the plural.
    """
    # None: off, unless stderr is a terminal
    disable = None if _options["shown"] else True
    # leave=False: results follow on the terminal
    yield from tqdm(
        items, total=total, unit=f" {unit}", delay=DELAY, leave=False, disable=disable
    )
