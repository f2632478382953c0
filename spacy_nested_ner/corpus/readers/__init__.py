"""One file a format, standard library only. A reader turns published files into records."""

from pathlib import Path
from typing import Callable, Dict, Iterator, NamedTuple

from ..records import Record
from .genia import describe_genia, read_genia


class Reader(NamedTuple):
    """How to read one format.

    read: Yields the sentences in file order.
    describe: The head of the report: dataset, corpus, source, licence, citation, language.
    """

    read: Callable[[Path], Iterator[Record]]
    describe: Callable[[Path], Dict[str, object]]


READERS: Dict[str, Reader] = {"genia": Reader(read_genia, describe_genia)}
