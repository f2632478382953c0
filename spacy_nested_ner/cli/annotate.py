"""`python -m spacy_nested_ner annotate`: annotate files of any size."""

from typing import Any, Optional

import typer

from .terminal import SPANS_KEY, show, show_progress

EXAMPLE = "training/mine/model-best abstracts.jsonl.gz annotated --engine processes"


def annotate_command(
    pipeline: str = typer.Argument(..., help="Trained pipeline, by name or folder."),
    input: str = typer.Argument(
        ...,
        help="A file, a folder or a pattern, local or as s3://, gs:// and so on: .jsonl, .csv, "
        ".tsv or .txt, also with .gz, .zst, .bz2 or .xz, .parquet or .spacy.",
    ),
    output: str = typer.Argument(
        ..., help="Folder that does not exist or is empty, or with --resume that of the run."
    ),
    format: str = typer.Option("jsonl", help="Of the shards: jsonl, parquet or docbin."),
    text_column: str = typer.Option("text", help="Column of the input that holds the text."),
    id_column: str = typer.Option("id", help="Column of the input that holds the id."),
    spans_column: str = typer.Option("spans", help="New column of the output for the spans."),
    spans_key: Optional[str] = typer.Option(None, help=SPANS_KEY),
    engine: str = typer.Option(
        "local", help="local: this process; processes: this machine; ray: a cluster."
    ),
    workers: Optional[int] = typer.Option(
        None,
        min=1,
        help="Number of workers; by default one for each core, for ray as many as the cluster "
        "has room for.",
    ),
    gpus_per_worker: float = typer.Option(
        0.0, min=0.0, max=1.0, help="Share of a GPU for each worker; 0 for the CPU."
    ),
    memory_per_worker: Optional[float] = typer.Option(
        None, help="Limit of the memory of a worker in GB, for processes and ray."
    ),
    address: Optional[str] = typer.Option(
        None, help="Of a Ray cluster; by default, ray starts one on this machine."
    ),
    max_length: Optional[int] = typer.Option(
        None,
        min=1,
        help="Longest text in characters; a longer one goes to the errors. By default, the "
        "limit of the pipeline.",
    ),
    batch_tokens: int = typer.Option(
        16_384, min=1, help="Number of tokens that a worker processes at a time."
    ),
    shard_size: int = typer.Option(
        2_000_000, min=1, help="Characters of a shard, which a worker loses if it dies."
    ),
    resume: bool = typer.Option(
        False, "--resume", help="Go on with the run in OUTPUT, if there is one."
    ),
    strict: bool = typer.Option(
        False, "--strict", help="Stop at the first record that cannot be processed."
    ),
) -> None:
    """Annotate all texts of files, and write them with their spans in shards.

    Each record of the input is in the output once: in OUTPUT/shards or, with the reason, in
    OUTPUT/errors. A run that was killed goes on with --resume.
    """
    from ..api.annotate import annotate

    name: Any = engine
    show_progress()
    result = annotate(
        pipeline,
        input,
        output,
        format=format,
        text_column=text_column,
        id_column=id_column,
        spans_column=spans_column,
        spans_key=spans_key,
        engine=name,
        workers=workers,
        gpus_per_worker=gpus_per_worker,
        memory_per_worker=memory_per_worker,
        address=address,
        max_length=max_length,
        batch_tokens=batch_tokens,
        shard_size=shard_size,
        resume=resume,
        strict=strict,
    )
    show(result)
