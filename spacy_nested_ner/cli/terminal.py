"""Options and output that the commands share."""

from pathlib import Path
from typing import Optional

import typer

from ..user_error import UserError

SPANS_KEY = "Key of doc.spans; by default, the key in the settings of the pipeline."
TRAIN = "The .spacy file of the training data, to group labels by their frequency there."
N_RESAMPLES = "Number of resamples of the bootstrap; 0 for no intervals."
GPU_ID = "Index of the GPU, -1 for the CPU."

# --quiet of this run; the app sets it before a command starts
_options = {"quiet": False}


def set_quiet(quiet: bool) -> None:
    _options["quiet"] = quiet


def is_quiet() -> bool:
    """Whether --quiet was given before the command."""
    return _options["quiet"]


def show_progress() -> None:
    """Show progress bars on a terminal, unless --quiet was given."""
    if not is_quiet():
        from ..progress import show_bars

        show_bars()


def show(result: object, output: Optional[Path] = None) -> None:
    """Print a result and the path of its file, unless --quiet was given."""
    if not is_quiet():
        typer.echo(str(result))
        if output is not None:
            typer.echo(f"Wrote {output}")


def use_gpu(gpu_id: int) -> None:
    """Run the models on a GPU, or on the CPU for -1.

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
