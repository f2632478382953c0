"""Annotate files of any size, on this machine or on a cluster."""

import os
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import List, Optional, Tuple, Union

import spacy
from spacy.language import Language

from ..about import __version__
from ..annotation.annotator import Annotator, ShardResult, Work
from ..annotation.engines import ENGINES, EngineName, make_engine
from ..annotation.input_files import InputFile, describe_files, find_input
from ..annotation.ledger import open_ledger
from ..annotation.read import read_records
from ..annotation.run import run
from ..annotation.schema import find_schema
from ..annotation.settings import Settings
from ..annotation.shards import Shard
from ..files.fingerprint import fingerprint
from ..files.pipelines import find_spans_key
from ..files.storage import Folder
from ..files.writing import check_folder
from ..progress import ByteProgress
from ..user_error import UserError
from .annotation_result import AnnotationResult
from .inputs import PipelineLike, get_pipeline

GIGABYTE = 1_000_000_000


def annotate(
    pipeline: PipelineLike,
    input: Union[str, Path],
    output: Union[str, Path],
    *,
    format: str = "jsonl",
    text_column: str = "text",
    id_column: str = "id",
    spans_column: str = "spans",
    spans_key: Optional[str] = None,
    engine: EngineName = "local",
    workers: Optional[int] = None,
    gpus_per_worker: float = 0.0,
    memory_per_worker: Optional[float] = None,
    address: Optional[str] = None,
    max_length: Optional[int] = None,
    batch_tokens: int = 16_384,
    shard_size: int = 2_000_000,
    resume: bool = False,
    strict: bool = False,
) -> AnnotationResult:
    """Annotate all texts of files, on this machine or on a cluster, and write them in shards.

        annotate("training/model-best", "abstracts.jsonl.gz", "annotated")
        annotate("training/model-best", "s3://mine/abstracts/*.parquet", "s3://mine/annotated",
                 format="parquet", engine="ray", address="auto", resume=True)

    Each record of the input is in the output once: in a shard, or in an errors file with the
    reason. A run that was killed goes on with `resume`.

    pipeline: A pipeline, or its name or folder.
    input: A file, a folder or a pattern, local or a URL of fsspec: .jsonl, .csv, .tsv or .txt,
        also compressed (.gz, .zst, .bz2, .xz), .parquet or .spacy.
    output: A folder that does not exist or is empty, or with `resume` that of the run; local or
        a URL of fsspec.
    format: Of the shards: "jsonl", "parquet" or "docbin".
    text_column, id_column: Columns of the input. All columns reach the output.
    spans_column: New column of the output, for jsonl and parquet.
    spans_key: Key of doc.spans; None for the key in the settings of the pipeline.
    engine: "local", in this process; "processes", on this machine; "ray", on a cluster.
    workers: Number of workers. None: for "processes" one for each core, for "ray" as many as
        the cluster has room for.
    gpus_per_worker: Share of a GPU for each worker, from 0 to 1; 0 for the CPU.
    memory_per_worker: Limit of the memory of a worker in GB; None for no limit.
    address: Of a Ray cluster; None to start one on this machine.
    max_length: Longest text in characters; None for the limit of the pipeline, nlp.max_length.
    batch_tokens: Number of tokens that a worker processes at a time.
    shard_size: Characters of a shard, which a worker loses if it dies.
    resume: Go on with the run in `output`, if there is one.
    strict: Stop at the first record that cannot be processed.
    RAISES (UserError): The pipeline or the input cannot be read, an option has a wrong value,
        the output cannot be written or is an input, or `resume` would mix two runs; with
        `strict`, a record cannot be processed.
    """
    _check_options(engine, workers, gpus_per_worker, memory_per_worker, address)
    files = find_input(str(input))
    folder = Folder(str(output))
    with ExitStack() as stack:
        nlp, path = _load(pipeline, stack)
        _check_place(folder, str(input), path)
        settings = Settings(
            spans_key=spans_key or find_spans_key(nlp),
            format=format,
            text_column=text_column,
            id_column=id_column,
            spans_column=spans_column,
            max_length=nlp.max_length if max_length is None else max_length,
            batch_tokens=batch_tokens,
            shard_size=shard_size,
        )
        Annotator(nlp, settings)  # what fails in every worker fails here first
        described = {
            "name": "{lang}_{name}-{version}".format(**nlp.meta),
            "sha256": fingerprint(path).split()[-1],
        }
        del nlp  # workers have their own
        n_workers = workers or (_count_cores() if engine == "processes" else 0)
        work = Work(
            str(path),
            settings,
            schema=find_schema(files, settings) if format == "parquet" else None,
            threads=_count_threads(engine, n_workers),
            memory=None if memory_per_worker is None else int(memory_per_worker * GIGABYTE),
        )
        ledger = open_ledger(
            folder,
            {
                "version": {"spacy-nested-ner": __version__, "spacy": spacy.__version__},
                "pipeline": described,
                "input": describe_files(files),
                "settings": settings.to_dict(),
                "engine": {"name": engine, "workers": n_workers},
            },
            suffix=settings.suffix,
            resume=resume,
        )
        workers_running = stack.enter_context(
            make_engine(
                engine,
                work,
                workers=n_workers,
                gpus_per_worker=gpus_per_worker,
                address=address,
            )
        )
        report = _Report(files)
        stack.callback(report.progress.close)
        run(
            read_records(files, settings),
            workers_running,
            ledger,
            shard_size=shard_size,
            strict=strict,
            bytes_read=lambda: sum(file.bytes_read for file in files),
            on_shard=report.add,
        )
    totals = ledger.totals
    return AnnotationResult(
        folder.url,
        totals.counts["n_records"],
        dict(sorted(totals.n_errors_by_kind.items())),
        dict(totals.n_spans.most_common()),
        totals.counts["n_tokens"],
        perf_counter() - report.begin,
        report.n_tokens,
    )


class _Report:
    """Counts what this run does, and shows it."""

    def __init__(self, files: List[InputFile]) -> None:
        self.progress = ByteProgress(sum(file.size for file in files))
        self.begin = perf_counter()
        self.n_tokens = 0

    def add(self, shard: Shard, result: Optional[ShardResult]) -> None:
        """result: None for a shard of an earlier run."""
        if result is None:
            self.progress.skip(shard.n_bytes)
            return
        self.n_tokens += result.n_tokens
        rate = self.n_tokens / (perf_counter() - self.begin)
        self.progress.add(shard.n_bytes, f"{rate:,.0f} words/s")


def _check_options(
    engine: str,
    workers: Optional[int],
    gpus_per_worker: float,
    memory_per_worker: Optional[float],
    address: Optional[str],
) -> None:
    if engine not in ENGINES:
        raise UserError(f"Unknown engine '{engine}': choose one of {', '.join(ENGINES)}.")
    if workers is not None and (workers < 1 or (engine == "local" and workers > 1)):
        raise UserError(
            f"The engine {engine} cannot have {workers} workers: give 1 or more, and for more "
            "than 1 the engine processes or ray."
        )
    if not 0.0 <= gpus_per_worker <= 1.0:
        raise UserError(
            f"gpus_per_worker is {gpus_per_worker}: give a number from 0 to 1; a pipeline uses "
            "one GPU at most."
        )
    if memory_per_worker is not None and (memory_per_worker <= 0 or engine == "local"):
        raise UserError(
            f"The engine {engine} cannot limit a worker to {memory_per_worker} GB: give a "
            "positive number, and the engine processes or ray."
        )
    if address is not None and engine != "ray":
        raise UserError(f"The engine {engine} has no address: choose the engine ray.")


def _load(pipeline: PipelineLike, stack: ExitStack) -> Tuple[Language, Path]:
    """A pipeline and its folder, a temporary one for a pipeline in memory.

    RAISES (UserError): It cannot be loaded.
    """
    nlp = get_pipeline(pipeline)
    path = None if isinstance(pipeline, Language) else nlp.path
    if path is None:
        path = Path(stack.enter_context(TemporaryDirectory()))
        nlp.to_disk(path)
    return nlp, path


def _check_place(folder: Folder, input: str, pipeline: Path) -> None:
    """RAISES (UserError): The output is an input or is in one."""
    if folder.is_local:
        check_folder(Path(folder.path), (), [input, pipeline])
    elif f"{folder.url}/".startswith(f"{input.rstrip('/')}/"):
        raise UserError(
            f"The output {folder.url} is, or lies in, the input {input}: give another "
            "folder to write to."
        )


def _count_threads(engine: str, workers: int) -> Optional[int]:
    """Threads of a worker, so that workers do not wait for each other; None for no limit."""
    if engine == "local":
        return None
    return 1 if engine == "ray" else max(1, _count_cores() // workers)


def _count_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
