"""Progress bars of the commands, for what takes longer than three seconds.

A bar appears only after `show_bars`, which the commands call, and only on a terminal; of a long
run a log gets a line a minute. So Python code that uses the package prints nothing.
"""

import sys
from typing import Iterable, Iterator, TypeVar

from tqdm import tqdm

T = TypeVar("T")

# a bar appears after this time, in seconds
DELAY = 3.0
# between two lines in a log, in seconds
LOG_INTERVAL = 60.0
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


class ByteProgress:
    """The progress of a run through files, with rate and time left.

    On a terminal it is a bar. In a log, where a job on a cluster writes, it is a line a minute.
    """

    def __init__(self, total: int) -> None:
        """total: bytes of the files."""
        self.bar = tqdm(
            total=total,
            unit="B",
            unit_scale=True,
            delay=DELAY,
            leave=False,
            disable=not _options["shown"],
            mininterval=0.1 if sys.stderr.isatty() else LOG_INTERVAL,
            ascii=None if sys.stderr.isatty() else True,
            file=None if sys.stderr.isatty() else _Lines(),
        )

    def skip(self, n_bytes: int) -> None:
        """Count bytes that an earlier run has done; they do not count for the rate."""
        if not self.bar.disable:
            self.bar.initial += n_bytes
            self.bar.n += n_bytes

    def add(self, n_bytes: int, note: str) -> None:
        """note: What else to show."""
        self.bar.set_postfix_str(note, refresh=False)
        self.bar.update(n_bytes)

    def close(self) -> None:
        self.bar.close()


class _Lines:
    """Each state of the bar as a line on stderr."""

    def write(self, text: str) -> None:
        line = text.strip("\r\n ")
        if line:
            sys.stderr.write(line + "\n")

    def flush(self) -> None:
        sys.stderr.flush()
