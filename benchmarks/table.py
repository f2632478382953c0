"""The table of result lines that the README shows.

python -m benchmarks.table benchmarks/results/genia.jsonl
"""

from pathlib import Path
from typing import Any, Dict, Iterable

import srsly
import typer

COLUMNS = {
    "run": lambda r: f"`{r['name']}`",
    "dev F1": lambda r: f"{100 * r['dev']['f']:.1f}",
    "test F1": lambda r: f"{100 * r['test']['f']:.1f}",
    "test P": lambda r: f"{100 * r['test']['p']:.1f}",
    "test R": lambda r: f"{100 * r['test']['r']:.1f}",
    "updates": lambda r: f"{r['updates']:,}",
    "training words/s": lambda r: f"{r['words_per_second']:,}",
    "seed": lambda r: str(r["seed"]),
}


def main(path: Path = typer.Argument(..., exists=True, dir_okay=False)) -> None:
    """Print the result lines of a file as a table."""
    typer.echo(markdown_table(srsly.read_jsonl(path)))


def markdown_table(results: Iterable[Dict[str, Any]]) -> str:
    """One row a result line, in the order of the file."""
    rows = [list(COLUMNS), ["---", *["---:"] * (len(COLUMNS) - 1)]]
    rows += [[show(result) for show in COLUMNS.values()] for result in results]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    typer.run(main)
