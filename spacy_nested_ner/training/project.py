"""Write the project: the steps from a corpus to an installed package, its configs and samples.

`spacy project clone` takes a project from a git repository, so it needs git and the network.
This needs neither: the wheel contains the files, and an editable install has its checkout.
"""

import shutil
from pathlib import Path
from typing import List

from ..files.writing import check_free, write_folder

PACKAGE = Path(__file__).parent.parent
FILE = "project.yml"
CONFIGS = "configs"
ASSETS = "assets"
# the folder in assets/<corpus> that belongs to the project, beside the README
SAMPLE = "sample"


def write_project(out: Path) -> List[Path]:
    """Write project.yml, the configs, and the invented sample corpora with their READMEs.

    out: A folder that does not exist or is empty.
    RETURNS: Paths of the files, relative to `out`.
    RAISES (UserError): `out` is not empty, or cannot be written.
    """
    root = find_project()
    check_free(out, [])
    files = list_files(root)

    def save(folder: Path) -> None:
        for file in files:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / file, folder / file)

    write_folder(out, save)
    return files


def find_project() -> Path:
    """The folder with the project: in an installed wheel, or the checkout."""
    installed = PACKAGE / "project_files"
    return installed if installed.is_dir() else PACKAGE.parent


def list_files(root: Path) -> List[Path]:
    """The files of the project, without corpora and pipelines that a user has made there."""
    corpora = [folder.parent for folder in (root / ASSETS).glob(f"*/{SAMPLE}")]
    found = [
        root / FILE,
        *(root / CONFIGS).glob("*.cfg"),
        *(corpus / "README.md" for corpus in corpora),
        *(file for corpus in corpora for file in (corpus / SAMPLE).iterdir()),
    ]
    return sorted(file.relative_to(root) for file in found if file.is_file())
