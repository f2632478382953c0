"""The command line: one file a command, each a thin layer over a plain function."""

import sys

import typer

from ..user_error import UserError
from . import (
    calibrate,
    compare,
    configure,
    convert,
    evaluate,
    inspect,
    package,
    report,
    visualize,
)

app = typer.Typer(
    name="spacy-nested-ner",
    help="Nested named-entity recognition for spaCy.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("convert")(convert.convert_command)
app.command("configure")(configure.configure_command)
app.command("evaluate")(evaluate.evaluate_command)
app.command("calibrate")(calibrate.calibrate_command)
app.command("compare")(compare.compare_command)
app.command("inspect")(inspect.inspect_command)
app.command("package")(package.package_command)
app.command("report")(report.report_command)
app.command("visualize")(visualize.visualize_command)


def main() -> None:
    """Run the command line. Bad input is one line on stderr and exit code 1."""
    try:
        app()
    except UserError as error:
        typer.secho(f"Error: {error}", err=True, fg="red")
        sys.exit(1)
