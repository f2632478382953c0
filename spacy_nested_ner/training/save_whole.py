"""Save the checkpoints of a training completely or not at all.

`spacy train` writes model-last file by file over the last one. A training that is killed, or
has no space left, would leave a mixture of two checkpoints.
"""

from copy import copy
from functools import partial
from pathlib import Path
from typing import Iterable, Union

from spacy.language import Language

from ..files.writing import replace_folder


def save_whole(nlp: Language) -> Language:
    """The pipeline with another `to_disk`, to be returned by a callback `before_to_disk`: it
    writes beside the folder and then replaces the folder."""
    whole = copy(nlp)  # the pipes are those of nlp
    whole.to_disk = partial(_replace, nlp)  # type: ignore[method-assign]
    return whole


def _replace(nlp: Language, path: Union[str, Path], *, exclude: Iterable[str] = ()) -> None:
    replace_folder(Path(path), lambda folder: nlp.to_disk(folder, exclude=list(exclude)))
