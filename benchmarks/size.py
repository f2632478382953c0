"""Measure the size of an installation: the wheel alone, and all that it requires, unpacked.

python -m benchmarks.size --out benchmarks/results/size.jsonl

In a fresh environment, with the versions of constraints.txt and the torch that pip finds.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Optional

import srsly
import typer

from spacy_nested_ner.training.library_wheel import PACKAGE, build_wheel

from .environment import read_environment
from .lines import append_line, describe_command

CHECKOUT = PACKAGE.parent


def folder_size(folder: Path) -> int:
    """Bytes of the files in a folder."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(file.stat().st_size for file in files)


def main(
    out: Optional[Path] = typer.Option(
        None, dir_okay=False, help="File to append the line to."
    ),
) -> None:
    """Print a JSON line with sizes in bytes; append it to a file."""
    with TemporaryDirectory() as folder:
        environment = Path(folder, "venv")
        subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
        (site,) = environment.glob("lib/python*/site-packages")
        empty = folder_size(site)
        wheel = build_wheel(CHECKOUT, Path(folder))
        # -I: a checkout on PYTHONPATH is not an installed package
        pip = (environment / "bin" / "python", "-I", "-m", "pip", "install", "--quiet")
        constraints = ("-c", CHECKOUT / "constraints.txt")
        subprocess.run([*map(str, (*pip, *constraints, wheel))], check=True)
        result = {
            "command": describe_command("benchmarks.size", {}),
            "bytes": {
                "wheel": wheel.stat().st_size,
                "torch": folder_size(site / "torch"),
                "all": folder_size(site) - empty,
            },
            **read_environment(),
        }
    typer.echo(srsly.json_dumps(result))
    if out is not None:
        append_line(out, result)


if __name__ == "__main__":
    typer.run(main)
