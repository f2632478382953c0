"""Build an installable package from a trained pipeline."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Union

from ..evaluation.results import read_results
from ..files.manifest import find_damage, refuse
from ..files.writing import check_folder
from ..tables import Block, Result
from ..training.package import README, REQUIREMENTS, Card, make_package, name_and_version
from ..user_error import UserError
from .evaluation_result import EvaluationResult

# in each README that `package` writes
INSTALL = b"pip install --find-links . "


@dataclass(frozen=True)
class PackageResult(Result):
    """A wheel; README.md and requirements.txt in the same folder name it.

    name, version: Name and version of the package.
    """

    wheel: Path
    name: str
    version: str

    def to_dict(self) -> Dict[str, Any]:
        return {"wheel": str(self.wheel), "name": self.name, "version": self.version}

    def records(self) -> List[Dict[str, Any]]:
        return [self.to_dict()]

    def blocks(self) -> Iterator[Block]:
        folder = self.wheel.parent
        yield f"Wrote {self.wheel.name} to {folder}"
        install = f"python -m spacy_nested_ner install {folder}"
        yield f'{install}, then spacy.load("{self.name}")'


def package(
    pipeline: Union[str, Path],
    out: Union[str, Path],
    *,
    evaluation: Union[str, Path, EvaluationResult, None] = None,
    name: Optional[str] = None,
    version: Optional[str] = None,
    author: Optional[str] = None,
    license: Optional[str] = None,
    description: Optional[str] = None,
) -> PackageResult:
    """Build the wheel of a pipeline, offline, and a folder from which pip installs it: with
    requirements.txt, README.md, and the wheel of this library if the pipeline requires it.

        package("training/model-best", "packages/mine", name="nested_pumps", version="1.2.0")

    pipeline: Folder of a trained pipeline.
    out: Folder for the files.
    evaluation: A result of `evaluate` or its JSON file; the README of the package shows it.
    name: Name of the package; the language is added: nested_pumps becomes en_nested_pumps. None
        for the name of the pipeline, which contains corpus and config.
    version: Version of the package; None for that of the pipeline.
    author, license, description: For the README and the metadata; None for the values of the
        pipeline. The licence is an identifier that the Hugging Face Hub takes: cc-by-4.0.
    RAISES (UserError): There is no such folder, or its files are damaged; the pipeline cannot
        be loaded, or was not trained; the evaluation is of another pipeline; name, version or
        licence are not valid; `out` is the pipeline, is inside it, has a README.md that
        `package` did not write, or cannot be written.
    RAISES (SystemExit): `spacy package` or pip fails; they print the reason.
    """
    pipeline, out = Path(pipeline), Path(out)
    if not pipeline.is_dir():
        raise UserError(f"There is no folder {pipeline}: give a folder of a trained pipeline.")
    file = evaluation if isinstance(evaluation, (str, Path)) else None
    check_folder(out, [REQUIREMENTS, README], [pipeline, file])
    _check_readme(out / README)
    refuse(find_damage(pipeline))
    wheel = make_package(
        pipeline,
        out,
        evaluation=_get_results(evaluation),
        card=Card(name, version, author, license, description),
    )
    return PackageResult(wheel, *name_and_version(wheel))


def _check_readme(file: Path) -> None:
    """Refuse to replace a README.md that `package` did not write."""
    if file.is_file() and INSTALL not in file.read_bytes():
        raise UserError(f"{file} is not of a package: give another folder for the package.")


def _get_results(
    evaluation: Union[str, Path, EvaluationResult, None],
) -> Optional[Dict[str, Any]]:
    if isinstance(evaluation, EvaluationResult):
        return evaluation.results
    return None if evaluation is None else read_results(Path(evaluation))
