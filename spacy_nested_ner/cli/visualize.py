"""`python -m spacy_nested_ner visualize`: predict mentions and draw them on an HTML page."""

import io
import os
import sys
import tempfile
import webbrowser
from pathlib import Path
from typing import List, Optional

import typer

from ..files.writing import check_output, write_text
from ..user_error import UserError, printable
from .terminal import GPU_ID, SPANS_KEY, say, show, use_gpu

EXAMPLE = "training/mine/model-best texts.jsonl"
# in place of a file: standard input or standard output
STANDARD = "-"


def visualize_command(
    pipeline: str = typer.Argument(..., help="Trained pipeline, by name or folder."),
    texts: Optional[str] = typer.Argument(
        None,
        help='A text, or a file with texts: .jsonl (key "text"), .spacy or .txt (one text per '
        "line).",
    ),
    file: Optional[str] = typer.Option(
        None, help="The file, whatever its name looks like; - for lines of standard input."
    ),
    output: Optional[Path] = typer.Option(
        None,
        dir_okay=False,
        help="Write the page to this file, or to standard output for -; by default, the page "
        "opens in the browser.",
    ),
    spans_key: Optional[str] = typer.Option(None, help=SPANS_KEY),
    gpu_id: int = typer.Option(-1, help=GPU_ID),
) -> None:
    """Predict the mentions of texts and draw them.

    The page needs no other files and has no scripts.
    """
    out = None if str(output) == STANDARD else output
    if out is not None:
        check_output(out, [pipeline, texts, file])
    given = _read_texts(texts, file)
    from ..api.visualize import visualize

    use_gpu(gpu_id)
    drawing = visualize(pipeline, given, spans_key=spans_key, output=out)
    if out is not None:
        show(f"Wrote {out}, mentions found: {drawing.n_spans:,}")
    elif output is not None:
        typer.echo(drawing.page().encode("utf8"), nl=False)
    else:
        show(f"Mentions found: {drawing.n_spans:,}")
        open_page(drawing.page())


def open_page(page: str) -> None:
    """Open a page in the browser. Without a browser, print the path of the page."""
    # the browser may read the file after this process has ended, so nobody deletes it here
    file = Path(tempfile.mkdtemp(prefix="spacy-nested-ner-"), "page.html")
    write_text(file, page)
    if webbrowser.open(file.as_uri()):
        show(f"Opened {file} in the browser")
    else:
        say(f"There is no browser here: open {file}")


def _read_texts(texts: Optional[str], file: Optional[str]) -> List[str]:
    if (texts is None) == (file is None):
        raise UserError(
            f"There are {'no texts' if texts is None else 'both texts and --file'}: give "
            "a text, a file or --file."
        )
    from ..corpus.sources import SourceFile, open_file
    from ..corpus.texts import ENDINGS, read_texts

    source: Optional[SourceFile] = None
    if file == STANDARD:
        data = sys.stdin.buffer.read()
        source = SourceFile(STANDARD, STANDARD, lambda: io.BytesIO(data))
    elif file is not None:
        source = open_file(Path(file))
    elif texts is not None and texts.lower().endswith(ENDINGS):
        is_one_word = not any(map(str.isspace, texts))
        source = open_file(Path(texts)) if is_one_word or os.path.isfile(texts) else None
    if source is not None:
        return [text.text for text in read_texts(source)]
    if not texts or texts.isspace():
        raise UserError("The text is empty: give a text, or a file with texts.")
    return [printable(texts)]  # an argument may have bytes that are no text
