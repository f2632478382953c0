"""One file a format, standard library only. A reader turns published files into records."""

from pathlib import Path
from typing import Callable, Dict, Iterator, NamedTuple

from spacy_nested_ner.corpus.readers.genia import describe_genia, read_genia
from spacy_nested_ner.corpus.records import Record


class Reader(NamedTuple):
    """read: yields the records in file order.
    describe: what the report says of the source, as JSON."""

    read: Callable[[Path], Iterator[Record]]
    describe: Callable[[Path], Dict[str, object]]


READERS: Dict[str, Reader] = {"genia": Reader(read_genia, describe_genia)}
