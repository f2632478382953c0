"""`python -m spacy_nested_ner visualize`: predict mentions and draw them on an HTML page."""

import sys
from pathlib import Path
from typing import List, Optional

import typer

from ..files.writing import check_output
from ..user_error import UserError
from .terminal import GPU_ID, SPANS_KEY, show, use_gpu

EXAMPLE = 'training/mine/model-best "The feed pump leaks." --output page.html'


def visualize_command(
    pipeline: str = typer.Argument(..., help="Trained pipeline, by name or folder."),
    text: Optional[str] = typer.Argument(None, help="A text; for several texts, use --file."),
    file: Optional[str] = typer.Option(
        None, help="UTF-8 file with one text per line; - for standard input."
    ),
    output: Optional[Path] = typer.Option(
        None, dir_okay=False, help="Write the page to this file and not to standard output."
    ),
    spans_key: Optional[str] = typer.Option(None, help=SPANS_KEY),
    gpu_id: int = typer.Option(-1, help=GPU_ID),
) -> None:
    """Predict the mentions of texts and draw them.

    The page needs no other files and has no scripts.
    """
    texts = _read_texts(text, file)
    if output is not None:
        check_output(output, [pipeline, file])
    from ..api.visualize import visualize

    use_gpu(gpu_id)
    drawing = visualize(pipeline, texts, spans_key=spans_key, output=output)
    if output is None:
        typer.echo(drawing.page().encode("utf8"), nl=False)
    else:
        show(f"Wrote {output}, mentions found: {drawing.n_spans:,}")


def _read_texts(text: Optional[str], file: Optional[str]) -> List[str]:
    if (text is None) == (file is None):
        raise UserError(
            f"There are {'no texts' if text is None else 'both a text and --file'}: give "
            "either a text or --file."
        )
    texts = [text] if text is not None else _read_lines(str(file))
    texts = [text for text in texts if text and not text.isspace()]
    if not texts:
        raise UserError(
            f"There is no text in {file or 'the argument'}: give a text that is not empty."
        )
    return texts


def _read_lines(file: str) -> List[str]:
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise UserError(
            f"Cannot read {file} ({error.strerror}): give a file with one text per line."
        ) from None
    except UnicodeDecodeError as error:
        raise UserError(
            f"{file} is not in UTF-8 (byte {error.start:,}): save it in UTF-8."
        ) from None
    # not splitlines: it also splits at other characters, such as a form feed
    return [line.removesuffix("\r") for line in text.split("\n")]
