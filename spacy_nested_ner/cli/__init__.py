"""The command line: one file a command, each a thin layer over a plain function."""

import sys

import typer

from spacy_nested_ner.cli import convert
from spacy_nested_ner.corpus.records import CorpusError

app = typer.Typer(
    name="spacy-nested-ner",
    help="Nested named-entity recognition for spaCy.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("convert")(convert.convert_command)


@app.callback()
def _group() -> None:
    """Keeps the names of the commands even while there is only one."""


def main() -> None:
    """Run the command line. Bad input is one line on stderr and exit code 1."""
    try:
        app()
    except CorpusError as error:
        typer.secho(f"Error: {error}", err=True, fg="red")
        sys.exit(1)
