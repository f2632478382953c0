"""`python -m spacy_nested_ner inspect`: count the mentions of a .spacy file."""

from pathlib import Path
from typing import List, Optional

import typer

from .terminal import show

EXAMPLE = "corpus/mine/train.spacy --dev corpus/mine/dev.spacy"


def inspect_command(
    file: Path = typer.Argument(..., help="A .spacy file to train on."),
    dev: Optional[List[Path]] = typer.Option(
        None, help="Another .spacy file, to compare with the first; repeatable."
    ),
    spans_key: str = typer.Option("sc", help="Key of the span group in doc.spans."),
    pipeline: Optional[str] = typer.Option(
        None,
        help="Check the mentions against its tokens: name or folder of a trained pipeline, or "
        "a config file with [nlp.tokenizer].",
    ),
    as_json: bool = typer.Option(False, "--json", help="Print JSON and nothing else."),
    output: Optional[Path] = typer.Option(
        None, dir_okay=False, help="Write the same numbers to this JSON file."
    ),
) -> None:
    """Count documents, labels and mentions of a .spacy file.

    Shows nesting, widths, and what a model needs to predict all mentions.
    """
    from ..api.inspect import inspect

    others = {str(path): path for path in dev or ()}
    result = inspect(file, dev=others, spans_key=spans_key, pipeline=pipeline, output=output)
    if as_json:
        typer.echo(result.to_json(), nl=False)
    else:
        show(result, output)
