"""One module per format. A writer turns annotations into the files of a format.

    files = find_writer("doccano").write(annotations)

Writers are entry points of the group `spacy_nested_ner_corpus_writers`, both ours and those of
other packages:

    entry_points={"spacy_nested_ner_corpus_writers": ["mine = my_package.writers:MINE"]}

For every format a reader of the same name, or `jsonl` for `prodigy`, reads the same texts and
spans again.
"""

from dataclasses import dataclass
from typing import Callable, Dict, List, Mapping, Tuple

import catalogue

from ..formats import find_format, format_names
from .annotations import Annotations


def _hold_everything(annotations: Annotations) -> Mapping[str, int]:
    return {}


@dataclass(frozen=True)
class Writer:
    """A format to write.

    write: returns the content of each file. In a folder, the key is the name of the file.
        Otherwise the key is "" for the file itself, or the end of a name for a file beside it:
        "-labels.xml" for tasks-labels.xml beside tasks.json. It raises a UserError if the
        format cannot hold the annotations at all.
    is_folder: the format is a folder of files.
    count_lost: how many of which things the format cannot hold, by their name in the plural.
    beside: keys of files beside the file.
    marks_unannotated: the format says which documents are not annotated.
    """

    write: Callable[[Annotations], Dict[str, bytes]]
    is_folder: bool = False
    count_lost: Callable[[Annotations], Mapping[str, int]] = _hold_everything
    beside: Tuple[str, ...] = ()
    marks_unannotated: bool = False


corpus_writers = catalogue.create("spacy_nested_ner", "corpus_writers", entry_points=True)


def find_writer(name: str) -> Writer:
    """The writer of a format.

    RAISES (UserError): No package registers the name, or its writer cannot be loaded.
    """
    writer: Writer = find_format(corpus_writers, name, kind="writer")
    return writer


def writer_names() -> List[str]:
    """The names of all writers, sorted."""
    return format_names(corpus_writers)
