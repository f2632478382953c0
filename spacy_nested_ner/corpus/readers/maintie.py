"""MaintIE, maintenance work orders: a JSON list of short texts, mentions by token numbers.

    [{"text": "pump leaks", "tokens": ["pump", "leaks"],
      "entities": [{"start": 0, "end": 1, "type": "PhysicalObject/Pump"},
                   {"start": 1, "end": 2, "type": "State/UndesirableState"}],
      "relations": []}]

Ends are not included. A `type` is a path in a tree. In the format "maintie" the label is the
whole path, in "maintie_top" its first level. There, two mentions of one span may become equal:
the second is lost as "repeated". Offsets count tokens, so the record's text is made of the
tokens. `text`, which differs from the tokens in five texts of the published file, is not read.
Relations are not read either.
"""

from pathlib import Path
from typing import Callable, Iterator, Union

from ..faults import tolerate
from ..records import Record, Skipped
from ..sources import find_files
from .ids import name_files
from .json_values import read_values
from .token_json import FORMS, find_form, read_sentence

SCHEME = "scheme.json"  # published beside the texts: the tree of labels


def read_maintie(source: Path) -> Iterator[Union[Record, Skipped]]:
    """Yield every text, with whole paths as labels.

    source: The JSON file, a folder or an archive.
    RAISES (UserError): See `read_token_json`: this is its form PIQN.
    """
    return _read(source, lambda path: path)


def read_maintie_top(source: Path) -> Iterator[Union[Record, Skipped]]:
    """Yield every text, with the first level of the paths as labels; see `read_maintie`."""
    return _read(source, lambda path: path.split("/")[0])


def _read(source: Path, make_label: Callable[[str], str]) -> Iterator[Union[Record, Skipped]]:
    files = find_files(source, (".json",))
    files = [file for file in files if not file.name.endswith(SCHEME)] or files
    for file, name in zip(files, name_files(files)):
        with tolerate("file"):
            for number, (place, value) in enumerate(read_values(file)):
                with tolerate("record"):
                    find_form(value, place, among=("PIQN",))
                    id = f"{name}:{number}"
                    yield read_sentence(
                        value, FORMS["PIQN"], place, id, file=name, make_label=make_label
                    )
