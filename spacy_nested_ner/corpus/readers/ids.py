"""Ids of records: those of the source, or else file and number."""

from collections import Counter
from pathlib import PurePosixPath
from typing import Dict, Hashable, List, Optional, Sequence, Set, Tuple

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


def name_document(name: object, file: str) -> Optional[str]:
    """The name of a document in its source, None for None. A whole number belongs to its file,
    because many files number their documents from 0: "dev:0".

    file: Name of the file from `name_files`.
    """
    if name is None:
        return None
    return f"{file}:{name}" if str(name).isdecimal() else str(name)


class Ids:
    """The ids of a source. No two records have the same id.

    An id belongs to its file: many files number their records from 0. A record whose own id is
    taken by another file has the name of its file before it, "dev:0".
    """

    def __init__(self) -> None:
        self.places: Dict[Tuple[str, str], str] = {}  # place of each file and id in the source
        self.taken: Set[str] = set()
        # by own id and text: the id and the annotators so far
        self.annotated: Dict[Tuple[str, object], Tuple[str, Set[str]]] = {}

    def add(self, id: object, where: str, *, file: str, number: int) -> str:
        """Take the record's own id, or file and number if it is None.

        file: Name of the file from `name_files`.
        number: Number of the record in the file.
        RAISES (UserError): The id is neither a text nor a whole number, or an earlier record of
            the file has it.
        """
        if id is None:
            id = f"{file}:{number}"
        if type(id) not in (str, int) or id == "":
            raise UserError(f"{where}: {id!r} is no id: give a text or a whole number.")
        name = str(id)
        before = self.places.setdefault((file, name), where)
        if before != where:
            raise UserError(
                f"{where}: the id {name!r} came before, in {before}: give every record its own "
                "id."
            )
        while name in self.taken:
            name = f"{file}:{name}"
        self.taken.add(name)
        return name

    def add_annotated(
        self,
        id: object,
        where: str,
        *,
        file: str,
        number: int,
        annotator: Optional[str],
        text: Hashable,
    ) -> str:
        """As `add`, but the records of one text by several annotators have the same id.

        annotator: None if the source names none.
        text: Anything that is equal only for the same text.
        RAISES (UserError): See `add`.
        """
        if annotator is None:
            return self.add(id, where, file=file, number=number)
        key = (repr(id), text)
        name, annotators = self.annotated.get(key, ("", set()))
        if not name or annotator in annotators:
            name, annotators = self.add(id, where, file=file, number=number), set()
            self.annotated[key] = name, annotators
        annotators.add(annotator)
        return name
