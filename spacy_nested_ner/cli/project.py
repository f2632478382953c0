"""`python -m spacy_nested_ner project`: write the project with its configs and samples."""

from pathlib import Path

import typer

from .terminal import show

EXAMPLE = "nested"


def project_command(
    out: Path = typer.Argument(..., help="Folder, new or empty.", file_okay=False),
) -> None:
    """Write a project: project.yml, the training configs and the sample corpora.

    `python -m spacy project run all OUT` then trains, evaluates and packages a pipeline there,
    without the network.
    """
    from ..api.project import project

    show(project(out))
