"""`python -m spacy_nested_ner install`: install the package of a pipeline."""

from pathlib import Path

import typer

from .terminal import show

EXAMPLE = "packages/mine"


def install_command(
    folder: Path = typer.Argument(
        ..., help="Folder that `package` wrote.", exists=True, file_okay=False
    ),
    force: bool = typer.Option(
        False, "--force", help="Replace an installed package of the same name that differs."
    ),
) -> None:
    """Install the package of a pipeline.

    Works offline, without dependencies. It replaces no other pipeline of the same name, unless
    --force is given.
    """
    from ..api.install import install

    show(install(folder, force=force))
