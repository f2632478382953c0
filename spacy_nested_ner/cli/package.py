"""`python -m spacy_nested_ner package`: a trained pipeline becomes an installable package."""

from pathlib import Path
from typing import Optional

import typer
from wasabi import msg

from ..evaluation.results import read_results
from ..training.package import REQUIREMENTS, make_package, name_and_version


def package_command(
    pipeline: Path = typer.Argument(
        ..., help="Folder of a trained pipeline.", exists=True, file_okay=False
    ),
    out: Path = typer.Argument(..., help="Folder for the package.", file_okay=False),
    evaluation: Optional[Path] = typer.Option(
        None, help="What `evaluate --output` wrote, for the README of the package."
    ),
) -> None:
    """Build the wheel of a pipeline, offline, and a requirements.txt that names it."""
    results = None if evaluation is None else read_results(evaluation)
    wheel = make_package(pipeline, out, evaluation=results)
    name, _ = name_and_version(wheel)
    msg.good(
        f"Wrote {wheel.name} to {out}",
        f'python -m pip install --no-deps -r {out / REQUIREMENTS}, then spacy.load("{name}")',
    )
