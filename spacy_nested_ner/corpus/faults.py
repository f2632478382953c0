"""Faults: parts of a source that break the rules of its format.

A reader marks the parts that it can do without:

    with tolerate("annotation"):
        spans.append(read_span(line))  # raises a UserError for a bad line

Alone, a reader raises the first error. Inside `collect_faults` the error is kept as a fault,
the reader goes on with the next part, and its caller decides what becomes of the faults:

    with collect_faults() as faults:
        records = list(read_brat(source))
"""

from contextlib import contextmanager
from contextvars import ContextVar
from typing import Iterator, List, Literal, NamedTuple, Optional

from ..user_error import UserError

# "file": a whole file, or the rest of one
Kind = Literal["file", "record", "annotation"]


class Fault(NamedTuple):
    """A part of a source that the reader has left out.

    of: what is left out.
    message: file and line, what is wrong, and how to correct it.
    """

    of: Kind
    message: str


_collecting: ContextVar[Optional[List[Fault]]] = ContextVar("_collecting", default=None)


@contextmanager
def collect_faults() -> Iterator[List[Fault]]:
    """Collect the faults of readers that run in the body, in order."""
    faults: List[Fault] = []
    token = _collecting.set(faults)
    try:
        yield faults
    finally:
        _collecting.reset(token)


@contextmanager
def tolerate(of: Kind) -> Iterator[None]:
    """Leave out a part of a source with a UserError, if faults are collected.

    of: What the body reads.
    RAISES (UserError): Faults are not collected.
    """
    try:
        yield
    except UserError as error:
        faults = _collecting.get()
        if faults is None:
            raise
        faults.append(Fault(of, str(error)))
