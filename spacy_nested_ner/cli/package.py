"""`python -m spacy_nested_ner package`: a trained pipeline becomes an installable package."""

from pathlib import Path

import typer
from wasabi import msg

from ..package import REQUIREMENTS, make_package, name_and_version


def package_command(
    pipeline: Path = typer.Argument(
        ..., help="Folder of a trained pipeline.", exists=True, file_okay=False
    ),
    out: Path = typer.Argument(..., help="Folder for the package.", file_okay=False),
) -> None:
    """Build the wheel of a pipeline, offline, and a requirements.txt that names it."""
    wheel = make_package(pipeline, out)
    name, _ = name_and_version(wheel)
    msg.good(
        f"Wrote {wheel.name} to {out}",
        f'python -m pip install --no-deps -r {out / REQUIREMENTS}, then spacy.load("{name}")',
    )
