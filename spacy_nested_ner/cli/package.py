"""`python -m spacy_nested_ner package`: build a package from a trained pipeline."""

from pathlib import Path
from typing import Optional

import typer

from .terminal import show

EXAMPLE = "training/mine/model-best packages/mine"


def package_command(
    pipeline: Path = typer.Argument(
        ..., help="Folder of a trained pipeline.", exists=True, file_okay=False
    ),
    out: Path = typer.Argument(..., help="Folder for the package.", file_okay=False),
    evaluation: Optional[Path] = typer.Option(
        None, help="JSON that `evaluate` wrote; the README of the package shows its scores."
    ),
) -> None:
    """Build the wheel of a pipeline.

    Works offline. Also writes a requirements.txt that names the wheel.
    """
    from ..api.package import package

    show(package(pipeline, out, evaluation=evaluation))
