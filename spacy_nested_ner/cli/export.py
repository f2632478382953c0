"""`python -m spacy_nested_ner export`: write spans for an annotation tool."""

from pathlib import Path
from typing import Optional

import typer

from .terminal import GPU_ID, show, show_progress, use_gpu

EXAMPLE = "training/mine/model-best tasks.json --format label_studio --texts new.txt"


def export_command(
    source: str = typer.Argument(
        ...,
        help="Trained pipeline, by name or folder, which annotates --texts; or a .spacy file "
        "with spans.",
    ),
    out: Path = typer.Argument(
        ..., help="File to write; for brat a folder that does not exist or is empty."
    ),
    format: str = typer.Option(
        ...,
        help="One of brat, csv, doccano, gliner, jsonl, label_studio, parquet, prodigy, or a "
        "registered format of another package.",
    ),
    texts: Optional[Path] = typer.Option(
        None,
        help="Texts for the pipeline: a .jsonl file of objects with text, id and document, of "
        "which only text is needed, a .spacy file, or a file with one text on each line.",
    ),
    spans_key: Optional[str] = typer.Option(
        None,
        help="Key of doc.spans; by default, the key in the settings of the pipeline, for a "
        ".spacy file sc.",
    ),
    gpu_id: int = typer.Option(-1, help=GPU_ID),
) -> None:
    """Write spans in the format of an annotation tool.

    A pipeline annotates texts in advance, and a person corrects its spans; or the spans of a
    .spacy file move to another tool. The command counts the losses of the format.
    """
    from ..api.export import export

    use_gpu(gpu_id)
    show_progress()
    result = export(
        source,
        out,
        format=format,
        texts=texts,
        spans_key=spans_key,
    )
    show(result)
