"""The largest size of an input after decompression.

    with max_size(1024):  # MiB
        convert(…)

A small file may decompress to any size. A value of JSON or of a DocBin takes up to about 25
times its bytes in memory, an object of spaCy more, so the usual limit of 256 MiB keeps every
input below 8 GiB of memory. The largest published corpus that this package has a recipe for has
9 MiB.
"""

from contextlib import contextmanager
from contextvars import ContextVar
from typing import Iterator

from ..user_error import UserError

MIB = 1 << 20
DEFAULT = 256  # MiB
# what records, documents and other objects may take in memory, for each byte of the limit
MEMORY = 16
_limit: ContextVar[int] = ContextVar("_limit", default=DEFAULT * MIB)


def set_max_size(mib: int) -> None:
    """Set the limit from now on.

    RAISES (UserError): It is below 1 MiB.
    """
    if mib < 1:
        raise UserError(f"The largest size is {mib} MiB: give 1 or more.")
    _limit.set(mib * MIB)


@contextmanager
def max_size(mib: int) -> Iterator[None]:
    """Set the limit for the body."""
    before = _limit.get()
    set_max_size(mib)
    try:
        yield
    finally:
        _limit.set(before)


def limit() -> int:
    """The largest size of an input, decompressed, in bytes."""
    return _limit.get()


def check_size(size: int, name: str, *, largest: int = 0) -> None:
    """RAISES (UserError): An input has more bytes than the limit, or than `largest`."""
    if size > (largest or limit()):
        raise UserError(
            f"{name} holds more than {(largest or limit()) // MIB:,} MiB of data: give smaller "
            "files, or allow more with the option --max-size before the command, in Python "
            "with max_size."
        )


def check_memory(size: int, name: str) -> None:
    """RAISES (UserError): The objects that an input becomes take too many bytes of memory."""
    if size > MEMORY * limit():
        raise UserError(
            f"{name} becomes objects of more than {MEMORY * limit() // MIB:,} MiB in memory: "
            f"give it in parts, or allow {MEMORY} MiB more with each MiB of the option "
            "--max-size before the command, in Python of max_size."
        )
