"""`python -m spacy_nested_ner package`: build a package from a trained pipeline."""

from pathlib import Path
from typing import Optional

import typer

from .terminal import show

EXAMPLE = "training/mine/model-best packages/mine --name nested_pumps --version 1.2.0"


def leave_to_pipeline(value: Optional[str]) -> Optional[str]:
    """Callback of an option: "" is None. The variables of a project have no None."""
    return value or None


def package_command(
    pipeline: Path = typer.Argument(
        ..., help="Folder of a trained pipeline.", exists=True, file_okay=False
    ),
    out: Path = typer.Argument(..., help="Folder for the package.", file_okay=False),
    evaluation: Optional[Path] = typer.Option(
        None, help="JSON that `evaluate` wrote; the README of the package shows its scores."
    ),
    name: Optional[str] = typer.Option(
        None,
        callback=leave_to_pipeline,
        help="Name of the package, to which the language is added: nested_pumps becomes "
        "en_nested_pumps. By default, the name of the pipeline, with its corpus and config.",
    ),
    version: Optional[str] = typer.Option(
        None,
        callback=leave_to_pipeline,
        help="Version of the package; by default, the version of the pipeline.",
    ),
    author: Optional[str] = typer.Option(
        None, callback=leave_to_pipeline, help="Author of the package."
    ),
    license: Optional[str] = typer.Option(
        None,
        callback=leave_to_pipeline,
        help="Licence of the package, an identifier that the Hugging Face Hub takes, such as "
        "mit or cc-by-4.0; by default, the licence of the corpus.",
    ),
    description: Optional[str] = typer.Option(
        None,
        callback=leave_to_pipeline,
        help="What the pipeline does; by default, its corpus and labels.",
    ),
) -> None:
    """Build the wheel of a pipeline.

    Works offline. Also writes README.md, requirements.txt, and the wheel of spacy-nested-ner if
    the pipeline requires it: pip installs the pipeline from this folder.
    """
    from ..api.package import package

    result = package(
        pipeline,
        out,
        evaluation=evaluation,
        name=name,
        version=version,
        author=author,
        license=license,
        description=description,
    )
    show(result)
