"""`python -m spacy_nested_ner suggest`: choose the texts to annotate next."""

from pathlib import Path
from typing import Any, List, Optional, cast

import typer

from .terminal import GPU_ID, SPANS_KEY, show, show_progress, use_gpu

EXAMPLE = "training/mine/model-best new.txt tasks.json --format label_studio -n 50"


def suggest_command(
    pipeline: str = typer.Argument(..., help="Trained pipeline, by name or folder."),
    texts: Path = typer.Argument(
        ...,
        help="Texts to choose from: a .jsonl file of objects with text, id and document, of "
        "which only text is needed, a .spacy file, or a file with one text on each line.",
    ),
    out: Path = typer.Argument(
        ..., help="File to write; for brat a folder that does not exist or is empty."
    ),
    format: str = typer.Option(
        ...,
        help="One of brat, csv, doccano, gliner, jsonl, label_studio, parquet, prodigy, or a "
        "registered format of another package.",
    ),
    n: int = typer.Option(50, "--n", "-n", min=1, help="Number of texts to choose."),
    annotated: List[Path] = typer.Option(
        [], help="A .spacy file that is annotated; its texts are left out. Repeatable."
    ),
    spans_key: Optional[str] = typer.Option(None, help=SPANS_KEY),
    gpu_id: int = typer.Option(-1, help=GPU_ID),
) -> None:
    """Choose the texts in which a correction teaches a pipeline most.

    It writes them with the predicted spans of the pipeline, the most valuable text first, in
    the format of an annotation tool, for a person to correct. No text is chosen twice.
    """
    use_gpu(gpu_id)
    show_progress()
    from ..api.suggest import suggest

    show(
        suggest(
            pipeline,
            texts,
            out,
            format=format,
            n=n,
            annotated=cast(Any, annotated),
            spans_key=spans_key,
        )
    )
