"""One module per format. A reader turns published files into records.

    for record in find_reader("genia")(Path("GENIAcorpus3.02.tgz")):

Readers are entry points of the group `spacy_nested_ner_corpus_readers`, both ours and those of
other packages:

    entry_points={"spacy_nested_ner_corpus_readers": ["mine = my_package.readers:read_mine"]}

In a running program, `@corpus_readers("mine")` registers one. Nothing here imports spaCy or
torch; a reader imports what its format needs when it is called.
"""

from importlib.metadata import entry_points
from pathlib import Path
from typing import Callable, Iterator, List, Union

import catalogue

from ...user_error import UserError
from ..records import Record, Skipped

# takes a file, folder or archive; yields its records in order; raises UserError for bad input
Reader = Callable[[Path], Iterator[Union[Record, Skipped]]]

corpus_readers = catalogue.create("spacy_nested_ner", "corpus_readers", entry_points=True)


def find_reader(name: str) -> Reader:
    """The reader of a format.

    RAISES (UserError): No package registers the name, or its reader cannot be loaded.
    """
    try:
        if name in corpus_readers:
            reader: Reader = corpus_readers.get(name)
            return reader
    except (ImportError, AttributeError) as error:
        raise UserError(
            f"The reader '{name}' cannot be loaded ({error}): repair the package that "
            "registers it."
        ) from error
    known = ", ".join(reader_names())
    raise UserError(f"Unknown format '{name}': choose one of {known}.")


def reader_names() -> List[str]:
    """The names of all readers, sorted. It loads no reader, because one may be broken."""
    namespace = corpus_readers.namespace
    points = entry_points(group=corpus_readers.entry_point_namespace)
    registered = (keys[-1] for keys in catalogue.REGISTRY if keys[:-1] == namespace)
    return sorted({*registered, *(point.name for point in points)})
