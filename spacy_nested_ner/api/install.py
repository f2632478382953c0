"""Install the package of a pipeline."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Union

from ..tables import Block, Result
from ..training.install import install_wheel
from ..training.package import name_and_version


@dataclass(frozen=True)
class InstallResult(Result):
    """A package that is installed.

    installed: False if the same package was installed already.
    """

    name: str
    version: str
    installed: bool

    def to_dict(self) -> Dict[str, Any]:
        return {"name": self.name, "version": self.version, "installed": self.installed}

    def records(self) -> List[Dict[str, Any]]:
        return [self.to_dict()]

    def blocks(self) -> Iterator[Block]:
        done = "Installed" if self.installed else "Already installed:"
        yield f'{done} {self.name} {self.version}; spacy.load("{self.name}")'


def install(folder: Union[str, Path], *, force: bool = False) -> InstallResult:
    """Install the package of a pipeline, offline and without dependencies.

        install("packages/mine")

    folder: Folder that `package` wrote.
    force: Replace an installed package of the same name that differs.
    RAISES (UserError): The folder has no package; a package of the same name is installed and
        differs, and `force` is False.
    RAISES (SystemExit): pip fails; it prints the reason.
    """
    wheel, installed = install_wheel(Path(folder), force=force)
    return InstallResult(*name_and_version(wheel), installed)
