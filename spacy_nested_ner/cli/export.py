"""`python -m spacy_nested_ner export`: write spans for an annotation tool, or a pipeline for
another runtime."""

from pathlib import Path
from typing import Any, Optional, cast

import typer

from ..user_error import UserError
from .terminal import GPU_ID, show, show_progress, use_gpu

EXAMPLE = "training/mine/model-best tasks.json --format label_studio --texts new.txt"


def export_command(
    source: str = typer.Argument(
        ...,
        help="Trained pipeline, by name or folder, which annotates --texts; or a .spacy file "
        "with spans.",
    ),
    out: Path = typer.Argument(
        ...,
        help="File to write; for brat and for --runtime a folder that does not exist or is "
        "empty.",
    ),
    format: Optional[str] = typer.Option(
        None,
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
    runtime: Optional[str] = typer.Option(
        None,
        help="In place of --format: write the pipeline with its pretrained encoder for this "
        "runtime, onnx.",
    ),
    precision: Optional[str] = typer.Option(
        None, help="For --runtime: float32 (the default), or int8, which is faster and rounds."
    ),
    gpu_id: int = typer.Option(-1, help=GPU_ID),
) -> None:
    """Write spans in the format of an annotation tool, or a pipeline for onnxruntime.

    With --format, a pipeline annotates texts in advance, and a person corrects its spans; or
    the spans of a .spacy file move to another tool. The command counts the losses of the
    format.

    With --runtime onnx, the command writes a pipeline that predicts with its pretrained encoder
    in onnxruntime, on a CPU.
    """
    use_gpu(gpu_id)
    show_progress()
    if runtime is not None:
        for name, value in (("format", format), ("texts", texts), ("spans-key", spans_key)):
            if value is not None:
                raise UserError(f"--{name} {value} does not go with --runtime: leave it out.")
        from ..api.export_runtime import export_runtime

        # export_runtime checks the value
        chosen = cast(Any, precision or "float32")
        show(export_runtime(source, out, runtime=runtime, precision=chosen))
        return
    if precision is not None:
        raise UserError(f"--precision {precision} is for --runtime: give --runtime onnx too.")
    if format is None:
        raise UserError(
            f"There is no format for {out}: give --format, or --runtime for a pipeline."
        )
    from ..api.export import export

    result = export(
        source,
        out,
        format=format,
        texts=texts,
        spans_key=spans_key,
    )
    show(result)
