"""Options and output that the commands share."""

import io
import platform
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, Optional

import typer

from ..user_error import UserError, printable

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


def seed_option(help: str) -> Any:
    """The option --seed, 0 by default, in the range that numpy takes."""
    return typer.Option(0, min=0, max=2**32 - 1, help=help)


def say(text: str, *, is_error: bool = False) -> None:
    """Print a text for people: the one door to the terminal. It may hold anything from a
    corpus, a pipeline or the name of a file, but no control character reaches the terminal."""
    text = printable(text)
    if is_error:
        typer.secho(text, err=True, fg="red")
    else:
        typer.echo(text)


def show(result: object, output: Optional[Path] = None) -> None:
    """Print a result and the path of its file, unless --quiet was given."""
    if not is_quiet():
        say(str(result))
        if output is not None:
            say(f"Wrote {output}")


@contextmanager
def printable_output() -> Iterator[None]:
    """In the body, warnings go through the door, too, and what the encoding of the terminal
    lacks is printed as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    format_warning = warnings.formatwarning

    def make_printable(*args: Any, **options: Any) -> str:
        return printable(format_warning(*args, **options))

    warnings.formatwarning = make_printable
    try:
        yield
    finally:
        warnings.formatwarning = format_warning


def use_gpu(gpu_id: int) -> None:
    """Run the models on a GPU, or on the CPU for -1.

    RAISES (UserError): There is no such GPU, or a library for it is not installed.
    """
    if gpu_id < 0:
        return
    from thinc.api import require_gpu

    if platform.system() != "Darwin":
        check_cuda(gpu_id)
    try:
        require_gpu(gpu_id)
    except (ValueError, RuntimeError) as error:
        raise UserError(
            f"Cannot use GPU {gpu_id} ({error}): give another --gpu-id, -1 for the CPU."
        ) from None


def check_cuda(gpu_id: int) -> None:
    """RAISES (UserError): PyTorch has no CUDA, CuPy is not installed, or there is no such
    GPU."""
    import torch
    from thinc.compat import has_cupy

    if not torch.backends.cuda.is_built():
        reason = f"PyTorch {torch.__version__} has no CUDA"
        advice = (
            "run `python -m pip install --force-reinstall torch "
            "--index-url https://download.pytorch.org/whl/cu126`"
        )
    elif not has_cupy:
        # "12.6" in a build for CUDA, None in one for ROCm
        major = (torch.version.cuda or "").partition(".")[0]
        package = f"cupy-cuda{major}x" if major else "cupy"
        reason, advice = (
            "CuPy is not installed",
            f"run `python -m pip install {package}`",
        )
    elif gpu_id >= torch.cuda.device_count():
        reason = f"PyTorch finds {torch.cuda.device_count()} GPUs"
        advice = "give a lower --gpu-id, or check the driver with `nvidia-smi`"
    else:
        return
    raise UserError(
        f"Cannot use GPU {gpu_id} ({reason}): {advice}, or choose the CPU with --gpu-id -1."
    )
