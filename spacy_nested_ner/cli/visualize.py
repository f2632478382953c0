"""`python -m spacy_nested_ner visualize`: what a pipeline finds in a text, as a page."""

import sys
from pathlib import Path
from typing import List, Optional

import typer
from wasabi import msg

from ..evaluation.documents import find_spans_key
from ..files.pipelines import load_pipeline
from ..files.writing import check_output, write_text
from ..rendering import visualize
from ..user_error import UserError


def visualize_command(
    pipeline: str = typer.Argument(..., help="Trained pipeline, by name or folder."),
    text: Optional[str] = typer.Argument(None, help="A text; or give a file of texts."),
    file: Optional[str] = typer.Option(
        None, help="A file of texts in UTF-8, one a line, - for standard input."
    ),
    output: Optional[Path] = typer.Option(
        None, dir_okay=False, help="Write the page to this file, not to standard output."
    ),
    spans_key: Optional[str] = typer.Option(
        None, help="Key of the span groups in doc.spans; that of the pipeline by default."
    ),
) -> None:
    """Draw the mentions that a pipeline finds in texts, on one page that needs nothing else."""
    texts = _read_texts(text, file)
    check_output(output, [pipeline, file])
    nlp = load_pipeline(pipeline)
    spans_key = find_spans_key(nlp) if spans_key is None else spans_key
    # not nlp.make_doc, whose limit on the length of a text is meant for parsers
    docs = list(nlp.pipe(nlp.tokenizer(text) for text in texts))
    title = "{lang}_{name} {version}".format(**nlp.meta)
    try:
        page = visualize(docs, spans_key, title=title).page()
    except ValueError as error:  # no doc has the key
        raise UserError(str(error)) from None
    if output is None:
        typer.echo(page.encode("utf8"), nl=False)
        return
    write_text(output, page)
    n_mentions = sum(len(doc.spans[spans_key]) for doc in docs if spans_key in doc.spans)
    msg.good(f"Wrote {output}, mentions found: {n_mentions:,}")


def _read_texts(text: Optional[str], file: Optional[str]) -> List[str]:
    if (text is None) == (file is None):
        raise UserError(
            "There has to be one source of texts, and there are "
            f"{'none' if text is None else 'two'}: give either a text or --file."
        )
    texts = [text] if text is not None else _read_lines(str(file))
    texts = [text for text in texts if text and not text.isspace()]
    if not texts:
        raise UserError(
            f"There is no text {f'in {file}' if file else 'but blanks'}: give one with words."
        )
    return texts


def _read_lines(file: str) -> List[str]:
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise UserError(
            f"Cannot read {file} ({error.strerror}): give a file of texts, one a line."
        ) from None
    except UnicodeDecodeError as error:
        raise UserError(
            f"{file} is not in UTF-8 (byte {error.start:,}): save it in UTF-8."
        ) from None
    # not splitlines, which also splits at characters that are not the end of a line
    return [line.removesuffix("\r") for line in text.split("\n")]
