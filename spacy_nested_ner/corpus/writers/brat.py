"""brat standoff: for each document a .txt and an .ann file, and for the folder the labels in
annotation.conf.

    T1<tab>DNA 0 8;9 13<tab>feedback loop
    #1<tab>AnnotatorNotes T1<tab>probability 0.93

The name of a file is the id of its document, with % codes for what a file name cannot have.
brat cuts an entity at line breaks, and so does the writer. A label has no blanks in brat; they
become "_".
"""

import re
from typing import Dict, Iterator, List, Mapping, Set, Tuple
from urllib.parse import quote

from ...user_error import UserError
from . import Writer
from .annotations import Annotations, Document, LabelledSpan

LINE = re.compile(r"[^\r\n]*[^\r\n\s][^\r\n]*")  # with more than blanks
LONGEST_NAME = 60  # characters; file systems allow 255 bytes
# nested and crossing entities are errors in brat without the line <OVERLAP>
CONFIG = """[entities]
{labels}

[relations]
<OVERLAP>\tArg1:<ENTITY>, Arg2:<ENTITY>, <OVL-TYPE>:<ANY>

[events]

[attributes]
"""


def write_brat(annotations: Annotations) -> Dict[str, bytes]:
    """RAISES (UserError): Two labels are the same in brat."""
    labels = _name_labels(annotations)
    config = CONFIG.format(labels="\n".join(labels.values()))
    files = {"annotation.conf": config.encode("utf8")}
    taken: Set[str] = set()
    for document in annotations.documents:
        name = _name_file(document.id, taken)
        # readers take a byte order mark away, also one that belongs to the text
        mark = "\ufeff" if document.text.startswith("\ufeff") else ""
        files[f"{name}.txt"] = (mark + document.text).encode("utf8")
        lines = "".join(f"{line}\n" for line in _make_lines(document, labels))
        files[f"{name}.ann"] = lines.encode("utf8")
    return files


def _make_lines(document: Document, labels: Mapping[str, str]) -> Iterator[str]:
    for number, span in enumerate(document.spans, start=1):
        pieces = _cut_at_line_breaks(document, span)
        offsets = ";".join(f"{start} {end}" for start, end in pieces)
        text = " ".join(document.text[start:end] for start, end in pieces)
        yield f"T{number}\t{labels[span.label]} {offsets}\t{text}"
        if span.score is not None:
            yield f"#{number}\tAnnotatorNotes T{number}\tprobability {span.score:g}"


def _cut_at_line_breaks(document: Document, span: LabelledSpan) -> List[Tuple[int, int]]:
    """The characters of each line of a span, without lines of only blanks."""
    return [match.span() for match in LINE.finditer(document.text, span.start, span.end)]


def _name_file(id: str, taken: Set[str]) -> str:
    """A name that any file system takes, and that no other document has, in either case."""
    name = "".join(c if c.isalnum() or c in "._-" else quote(c, safe="") for c in id)
    if name.startswith("."):  # a hidden file
        name = f"%2E{name[1:]}"
    name = unique = name[:LONGEST_NAME]
    number = 1
    while unique.casefold() in taken:
        number += 1
        unique = f"{name}~{number}"
    taken.add(unique.casefold())
    return unique


def _name_labels(annotations: Annotations) -> Dict[str, str]:
    """The label in brat of each label."""
    labels: Dict[str, str] = {}
    for label in annotations.labels:
        name = "_".join(label.split())
        for other, other_name in labels.items():
            if name == other_name:
                raise UserError(
                    f"The labels {other!r} and {label!r} are both {name!r} in brat, which has "
                    "no blanks in labels: rename one, or choose another format."
                )
        labels[label] = name
    return labels


def count_lost(annotations: Annotations) -> Mapping[str, int]:
    taken: Set[str] = set()
    documents = annotations.documents
    return {
        "ids of documents": sum(_name_file(d.id, taken) != d.id for d in documents),
        "names of source documents": sum(d.document != d.id for d in documents),
        "blanks in labels": sum(
            "_".join(label.split()) != label for label in annotations.labels
        ),
    }


BRAT = Writer(write_brat, is_folder=True, count_lost=count_lost)
