"""Write the project that leads from a corpus to an installed package."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Tuple, Union

from ..tables import Block, Result
from ..training.project import write_project


@dataclass(frozen=True)
class ProjectResult(Result):
    """A folder with the project.

    files: Paths relative to the folder.
    """

    out: Path
    files: Tuple[Path, ...]

    def to_dict(self) -> Dict[str, Any]:
        return {"out": str(self.out), "files": [file.as_posix() for file in self.files]}

    def records(self) -> List[Dict[str, Any]]:
        return [{"file": file.as_posix()} for file in self.files]

    def blocks(self) -> Iterator[Block]:
        yield f"Wrote project.yml, configs and sample corpora to {self.out}"
        yield f"python -m spacy project run all {self.out} trains, evaluates and packages"


def project(out: Union[str, Path]) -> ProjectResult:
    """Write project.yml, the training configs and the sample corpora to a new folder.

        project("nested")

    `python -m spacy project run all nested` then trains, packages and evaluates a pipeline.

    out: A folder that does not exist or is empty.
    RAISES (UserError): `out` is not empty, or cannot be written.
    """
    out = Path(out)
    return ProjectResult(out, tuple(write_project(out)))
