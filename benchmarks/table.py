"""The tables of result lines that the README shows.

python -m benchmarks.table scores benchmarks/results/genia.jsonl
python -m benchmarks.table speed benchmarks/results/genia-speed.jsonl
"""

from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Literal

import srsly
import typer

Kind = Literal["scores", "speed"]
Columns = Dict[str, Callable[[Dict[str, Any]], str]]

SCORES: Columns = {
    "run": lambda r: f"`{r['name']}`",
    "dev F1": lambda r: f"{100 * r['dev']['f']:.1f}",
    "test F1": lambda r: f"{100 * r['test']['f']:.1f}",
    "test P": lambda r: f"{100 * r['test']['p']:.1f}",
    "test R": lambda r: f"{100 * r['test']['r']:.1f}",
    "updates": lambda r: f"{r['updates']:,}",
    "seed": lambda r: str(r["seed"]),
}
SPEED: Columns = {
    "run": SCORES["run"],
    "training words/s": lambda r: f"{r['words_per_second']:,}",
    "updates": SCORES["updates"],
    "threads": lambda r: str(r["machine"]["torch_threads"]),
}


def main(
    kind: Kind = typer.Argument(..., help="Which columns: scores or speed."),
    path: Path = typer.Argument(..., exists=True, dir_okay=False),
) -> None:
    """Print the result lines of a file as a table."""
    typer.echo(markdown_table(kind, srsly.read_jsonl(path)))


def markdown_table(kind: Kind, results: Iterable[Dict[str, Any]]) -> str:
    """One row a result line, in the order of the file."""
    columns = SCORES if kind == "scores" else SPEED
    rows = [list(columns), ["---", *["---:"] * (len(columns) - 1)]]
    rows += [[show(result) for show in columns.values()] for result in results]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    typer.run(main)
