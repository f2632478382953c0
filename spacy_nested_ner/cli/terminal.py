"""What the commands print, and where they compute."""

from pathlib import Path
from typing import Optional

import typer

from ..user_error import UserError

SPANS_KEY = "Key of the span group in doc.spans; that of the pipeline by default."
GPU_ID = "Index of the GPU, -1 for the CPU."


# --quiet of this run; the app sets it before a command starts
_options = {"quiet": False}


def set_quiet(quiet: bool) -> None:
    _options["quiet"] = quiet


def is_quiet() -> bool:
    """Whether --quiet was given before the command."""
    return _options["quiet"]


def show(result: object, output: Optional[Path] = None) -> None:
    """Print a result, and the file that it was written to."""
    if not is_quiet():
        typer.echo(str(result))
        if output is not None:
            typer.echo(f"Wrote {output}")


def use_gpu(gpu_id: int) -> None:
    """Compute on a GPU from now on, or on the CPU for -1.

    RAISES (UserError): There is no such GPU.
    """
    if gpu_id < 0:
        return
    from thinc.api import require_gpu

    try:
        require_gpu(gpu_id)
    except ValueError as error:
        raise UserError(
            f"Cannot use GPU {gpu_id} ({error}): give another --gpu-id, -1 for the CPU."
        ) from None
