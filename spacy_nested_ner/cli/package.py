"""`python -m spacy_nested_ner package`: a trained pipeline becomes an installable package."""

from pathlib import Path
from typing import Optional

import typer

from .terminal import show

EXAMPLE = "training/model-best packages/mine"


def package_command(
    pipeline: Path = typer.Argument(
        ..., help="Folder of a trained pipeline.", exists=True, file_okay=False
    ),
    out: Path = typer.Argument(..., help="Folder for the package.", file_okay=False),
    evaluation: Optional[Path] = typer.Option(
        None, help="JSON that `evaluate` wrote, for the README of the package."
    ),
) -> None:
    """Build the wheel of a pipeline.

    Works offline, and writes a requirements.txt beside the wheel that names it.
    """
    from ..api.package import package

    show(package(pipeline, out, evaluation=evaluation))
