"""Print tables of result lines, as in README and docs.

python -m benchmarks.table inference benchmarks/results/speed.jsonl
"""

from math import log, nan
from pathlib import Path
from statistics import linear_regression
from typing import Any, Callable, Dict, Iterable, Iterator, List, Literal, Mapping

import srsly
import typer
from wasabi import msg

from benchmarks.pages import as_markdown

Kind = Literal[
    "inference",
    "training",
    "stages",
    "length",
    "growth",
    "width",
    "labels",
    "batch",
    "encoder",
]
Line = Mapping[str, Any]
Row = Dict[str, str]


def main(
    kind: Kind = typer.Argument(..., help="Kind of the table."),
    path: Path = typer.Argument(..., exists=True, dir_okay=False, help="File of result lines."),
) -> None:
    """Print the result lines of a file as a table."""
    typer.echo(markdown_table(kind, srsly.read_jsonl(path)))


def markdown_table(kind: Kind, lines: Iterable[Line]) -> str:
    """Format result lines as a Markdown table, in the order of the lines."""
    return as_markdown(rows_of(kind, lines))


def print_table(kind: Kind, lines: Iterable[Line]) -> None:
    """Print result lines as a table on a terminal."""
    header, *rows = rows_of(kind, lines)
    msg.divider(kind)
    msg.table(rows, header=header, divider=True, aligns=["l", *"r" * (len(header) - 1)])


def rows_of(kind: Kind, lines: Iterable[Line]) -> List[List[str]]:
    """The header and the rows of a table."""
    if kind == "growth":
        rows = list(_growth(lines))
    else:
        rows = [row for line in lines for row in ROWS[kind](line)]
    return [list(rows[0]), *(list(row.values()) for row in rows)]


def _inference(line: Line) -> Iterator[Row]:
    """Words per second of nlp.pipe; the first row is the encoder alone."""
    arms = line["inference"]
    encoder, *pipes = arms
    ours = arms[pipes[0]]["words_per_second"]
    for arm in arms:
        speed = arms[arm]["words_per_second"]
        yield {
            "`nlp.pipe`": f"{line['encoder']} alone" if arm == encoder else f"+ `{arm}`",
            "words/s": f"{speed:,}",
            "of the encoder's": f"{speed / arms[encoder]['words_per_second']:.2f}",
            "ours is": "" if arm in (encoder, pipes[0]) else f"{ours / speed:.1f} × as fast",
        }


def _training(line: Line) -> Iterator[Row]:
    arms = line["training"]
    slowest = min(arm["words_per_second"] for arm in arms.values())
    for arm, measured in arms.items():
        speed = measured["words_per_second"]
        yield {
            "training": f"{line['encoder']} + `{arm}`",
            "words/s": f"{speed:,}",
            "times": f"{speed / slowest:.1f}",
        }


def _stages(line: Line) -> Iterator[Row]:
    total = sum(line["stages"].values())
    for stage, seconds in line["stages"].items():
        yield {
            "stage": f"{stage}, {line['encoder']}",
            "µs a word": f"{1e6 * seconds / line['words']:.2f}",
            "share": f"{seconds / total:.1%}",
        }


def _length(line: Line) -> Iterator[Row]:
    if line["varies"] == "length":
        yield {
            "tokens": f"{line['tokens']:,}",
            "pipe": f"`{line['pipe']}`",
            **_cost(line),
        }


def _growth(lines: Iterable[Line]) -> Iterator[Row]:
    """Exponents with which seconds and memory grow with the length: 1 is linear."""
    lines = [line for line in lines if line["varies"] == "length"]
    for pipe in dict.fromkeys(line["pipe"] for line in lines):
        of_pipe = [line for line in lines if line["pipe"] == pipe]
        tokens = [line["tokens"] for line in of_pipe]
        longest = f"{min(tokens):,} to {max(tokens):,}"
        # the process has enough memory for a short document from the start
        large = of_pipe[1:] if len(of_pipe) > 2 else of_pipe
        memory = [line["peak_mb"] - line["base_mb"] for line in large]
        yield {
            "pipe with encoder": f"`{pipe}`",
            "tokens": longest,
            "seconds": f"length^{_slope(tokens, [line['seconds'] for line in of_pipe]):.2f}",
            "memory": f"length^{_slope([line['tokens'] for line in large], memory):.2f}",
        }


def _slope(x: Iterable[float], y: Iterable[float]) -> float:
    """Slope of the least-squares line through the logarithms."""
    log_x, log_y = ([log(max(value, 1e-9)) for value in values] for values in (x, y))
    return linear_regression(log_x, log_y).slope if len(log_x) > 1 else nan


def _width(line: Line) -> Iterator[Row]:
    if line["varies"] == "width":
        yield {"widest span": str(line["width"] or "no limit"), **_cost(line)}


def _labels(line: Line) -> Iterator[Row]:
    if line["varies"] == "labels":
        yield {
            "labels": f"{line['labels']:,}",
            "head": "efficient" if line["efficient"] else "plain",
            **_cost(line),
        }


def _batch(line: Line) -> Iterator[Row]:
    if line["varies"] == "batch":
        yield {"sentences in a batch": str(line["batch"]), **_cost(line)}


def _encoder(line: Line) -> Iterator[Row]:
    """A pretrained encoder alone, beside spacy-transformers, which computes in float32."""
    unit = line["corpus"]["unit"]
    for kind, padding in line["padding"].items():
        stock = line[kind]["spacy-transformers"]
        for precision in ("float32", "bfloat16"):
            if precision in line[kind]:
                ours = line[kind][precision]
                yield {
                    "documents": {"sentence": "sentences", "document": "abstracts"}[unit],
                    "work": kind,
                    "CPU": line["machine"]["cpu"],
                    "spacy-transformers, words/s": f"{stock['words_per_second']:,}",
                    "precision": precision,
                    "ours": f"{ours['words_per_second']:,}",
                    "times": f"{ours['times_stock']:.2f}",
                    "padding in ours": f"{padding:.1%}",
                }


def _cost(line: Line) -> Row:
    return {
        "seconds": f"{line['seconds']:.3f}",
        "of the encoder alone": f"{line['encoder_seconds']:.3f}",
        "peak MB above the encoder": f"{line['peak_mb'] - line['encoder_peak_mb']:,.0f}",
    }


ROWS: Dict[str, Callable[[Line], Iterator[Row]]] = {
    "inference": _inference,
    "training": _training,
    "stages": _stages,
    "length": _length,
    "width": _width,
    "labels": _labels,
    "batch": _batch,
    "encoder": _encoder,
}


if __name__ == "__main__":
    typer.run(main)
