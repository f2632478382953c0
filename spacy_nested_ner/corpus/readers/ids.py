"""Ids for the records of formats that have none of their own: file and number."""

from collections import Counter
from pathlib import PurePosixPath
from typing import List, Sequence

from ..sources import SourceFile


def name_files(files: Sequence[SourceFile]) -> List[str]:
    """What the ids of each file's records begin with: the file's name without its suffix, or
    its path in the source where another file has the same name."""
    stems = [PurePosixPath(file.path_in_source).stem for file in files]
    counts = Counter(stems)
    return [
        stem if counts[stem] == 1 else file.path_in_source for stem, file in zip(stems, files)
    ]
