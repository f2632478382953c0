"""Ids of records: those of the source, or else file and number."""

from collections import Counter
from pathlib import PurePosixPath
from typing import Dict, List, Sequence

from ...user_error import UserError
from ..sources import SourceFile


def name_files(files: Sequence[SourceFile]) -> List[str]:
    """The first part of the ids of each file's records: the file's name without its suffix, or
    its path in the source if another file has the same name."""
    stems = [PurePosixPath(file.path_in_source).stem for file in files]
    counts = Counter(stems)
    return [
        stem if counts[stem] == 1 else file.path_in_source for stem, file in zip(stems, files)
    ]


class Ids:
    """The ids of a source. No two records have the same id."""

    def __init__(self) -> None:
        self.places: Dict[str, str] = {}  # file and line of each id

    def add(self, id: object, where: str, *, default: str) -> str:
        """Take the record's own id, or the default if it is None.

        RAISES (UserError): The id is neither a text nor a whole number, or an earlier record
            has it.
        """
        if id is None:
            id = default
        if type(id) not in (str, int) or id == "":
            raise UserError(f"{where}: {id!r} is no id: give a text or a whole number.")
        name = str(id)
        if name in self.places:
            raise UserError(
                f"{where}: the id {name!r} came before, in {self.places[name]}: give every "
                "record its own id."
            )
        self.places[name] = where
        return name
