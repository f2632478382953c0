"""One module per format. A reader turns published files into records.

    for record in find_reader("genia")(Path("GENIAcorpus3.02.tgz")):

Readers are entry points of the group `spacy_nested_ner_corpus_readers`, both ours and those of
other packages:

    entry_points={"spacy_nested_ner_corpus_readers": ["mine = my_package.readers:read_mine"]}

In a running program, `@corpus_readers("mine")` registers one. Nothing here imports spaCy or
torch; a reader imports what its format needs when it is called.
"""

from pathlib import Path
from typing import Callable, Iterator, List, Union

import catalogue

from ..formats import find_format, format_names
from ..records import Record, Skipped

# takes a file, folder or archive; yields its records in order; raises UserError for bad input
Reader = Callable[[Path], Iterator[Union[Record, Skipped]]]

corpus_readers = catalogue.create("spacy_nested_ner", "corpus_readers", entry_points=True)


def find_reader(name: str) -> Reader:
    """The reader of a format.

    RAISES (UserError): No package registers the name, or its reader cannot be loaded.
    """
    reader: Reader = find_format(corpus_readers, name, kind="reader")
    return reader


def reader_names() -> List[str]:
    """The names of all readers, sorted."""
    return format_names(corpus_readers)
