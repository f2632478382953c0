"""The command line, one file per command. A command parses options, calls the public function
of the same name, and prints the result.

No module here imports spaCy or torch at the top, so `--help` is fast.
"""

import sys
from typing import Any, Callable, Dict, Tuple

import typer
import typer.core

from ..about import __version__
from ..files.limits import DEFAULT, set_max_size
from ..user_error import UserError
from . import (
    annotate,
    calibrate,
    compare,
    configure,
    convert,
    evaluate,
    export,
    inspect,
    install,
    package,
    project,
    report,
    serve,
    suggest,
    visualize,
)
from .terminal import printable_output, say, set_quiet

# function of each command, and the arguments of its example
COMMANDS: Dict[str, Tuple[Callable[..., None], str]] = {
    "project": (project.project_command, project.EXAMPLE),
    "convert": (convert.convert_command, convert.EXAMPLE),
    "inspect": (inspect.inspect_command, inspect.EXAMPLE),
    "configure": (configure.configure_command, configure.EXAMPLE),
    "evaluate": (evaluate.evaluate_command, evaluate.EXAMPLE),
    "compare": (compare.compare_command, compare.EXAMPLE),
    "calibrate": (calibrate.calibrate_command, calibrate.EXAMPLE),
    "report": (report.report_command, report.EXAMPLE),
    "visualize": (visualize.visualize_command, visualize.EXAMPLE),
    "serve": (serve.serve_command, serve.EXAMPLE),
    "annotate": (annotate.annotate_command, annotate.EXAMPLE),
    "export": (export.export_command, export.EXAMPLE),
    "suggest": (suggest.suggest_command, suggest.EXAMPLE),
    "package": (package.package_command, package.EXAMPLE),
    "install": (install.install_command, install.EXAMPLE),
}


class UserErrorGroup(typer.core.TyperGroup):
    """Print a UserError as one line on stderr and exit with code 1; also an error of the file
    system, which any access to a file may raise, and a lack of memory."""

    def invoke(self, ctx: Any) -> Any:
        with printable_output():
            try:
                return super().invoke(ctx)
            except UserError as error:
                say(f"Error: {error}", is_error=True)
            except BrokenPipeError:
                raise  # typer: the reader of a pipe has ended
            except OSError as error:
                place = f"{error.filename}: " if error.filename else ""
                reason = error.strerror or str(error) or type(error).__name__
                say(f"Error: {place}{reason}.", is_error=True)
            except MemoryError:
                say("Error: There is not enough memory: give smaller files.", is_error=True)
        sys.exit(1)


app = typer.Typer(
    name="spacy-nested-ner",
    cls=UserErrorGroup,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    # paragraphs of docstrings flow to the width of the terminal
    rich_markup_mode="markdown",
)
for _name, (_command, _example) in COMMANDS.items():
    _epilog = f"Example: python -m spacy_nested_ner {_name} {_example}"
    app.command(_name, epilog=_epilog)(_command)


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"spacy-nested-ner {__version__}")
        raise typer.Exit()


@app.callback(epilog="Example: python -m spacy_nested_ner inspect corpus/mine/train.spacy")
def options(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version."
    ),
    quiet: bool = typer.Option(
        False, "--quiet", "-q", help="Print only errors and output for standard output."
    ),
    max_size: int = typer.Option(
        DEFAULT,
        min=1,
        metavar="MIB",
        help="Largest size of an input after decompression, in MiB.",
    ),
) -> None:
    """Nested named-entity recognition for spaCy.

    From annotations to a pipeline: `convert`, `inspect`, `configure`, then
    `python -m spacy train`, then `evaluate`.
    """
    set_quiet(quiet)
    set_max_size(max_size)


def main() -> None:
    """Run the command line."""
    try:
        app()
    except KeyboardInterrupt:  # Typer has not begun yet, or has ended
        sys.exit(130)
