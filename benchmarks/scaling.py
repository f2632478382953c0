"""Measure `annotate`: beside bare `nlp.pipe`, with more workers, with larger inputs.

    python -m benchmarks.scaling throughput training/model-best texts.jsonl
    python -m benchmarks.scaling delay
    python -m benchmarks.scaling driver texts.jsonl
    python -m benchmarks.scaling memory training/model-best texts.jsonl --megabytes 20 200

- throughput: words per second of nlp.pipe, of the engine local in the same process, and of the
  engines with one and two workers. It also counts CPU seconds, which other processes on the
  machine disturb less than seconds on the clock.
- delay: a pipe that takes a fixed time for each document, with 1, 2, 4 and 8 workers, beside
  what `predict_seconds` says. The workers sleep, so it needs no cores.
- driver: how fast the one process that reads and writes could do it for all workers.
- memory: peak memory of a run over inputs of the given sizes, which repeat the texts with new
  numbers as words.
"""

import json
import os
import pickle
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from time import perf_counter, time
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

import spacy
import srsly
import typer

from benchmarks.environment import read_environment
from benchmarks.fault_pipe import make_environment, save_pipeline
from benchmarks.lines import append_line, describe_command
from spacy_nested_ner import annotate
from spacy_nested_ner.annotation.annotator import ShardResult, Work
from spacy_nested_ner.annotation.engines.local import LocalEngine
from spacy_nested_ner.annotation.input_files import find_input
from spacy_nested_ner.annotation.ledger import open_ledger
from spacy_nested_ner.annotation.read import read_records
from spacy_nested_ner.annotation.run import run
from spacy_nested_ner.annotation.settings import Settings
from spacy_nested_ner.annotation.shards import Shard
from spacy_nested_ner.files.pipelines import find_spans_key
from spacy_nested_ner.files.storage import Folder
from spacy_nested_ner.training.threads import limited_threads

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
OUT = typer.Option(None, help="File to append the result lines to.")
DELAY = 0.1  # seconds for a document
N_DELAYED = 1200  # documents
AT_A_SHARD = 10  # documents
PARALLEL_SHARDS = 40  # with fewer, one worker would wait for the last shard of the other
ABOUT: Dict[str, Any] = {"version": {}, "pipeline": {}, "settings": {}}


class Arm(NamedTuple):
    engine: str
    workers: int


ARMS = (Arm("local", 1), Arm("processes", 1), Arm("processes", 2), Arm("ray", 2))


@app.command()
def throughput(
    pipeline: str,
    input: Path,
    out: Optional[Path] = OUT,
    rounds: int = typer.Option(3, min=1, help="The fastest one counts."),
    words: int = typer.Option(200_000, min=1, help="Of the input; the first ones."),
    arm: List[str] = typer.Option([], help="Engine and workers, processes:2; repeatable."),
) -> None:
    """Words per second of nlp.pipe and of each engine, in turns."""
    nlp = spacy.load(pipeline)
    texts, n_words = [], 0
    for row in srsly.read_jsonl(input):
        if n_words < words:
            texts.append(row["text"])
            n_words += len(nlp.tokenizer(row["text"]))
    arms = [Arm(e, int(n)) for e, n in (each.split(":") for each in arm)] or list(ARMS)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        srsly.write_jsonl(
            folder / "in.jsonl", [{"id": n, "text": t} for n, t in enumerate(texts)]
        )

        def bare() -> float:
            begin = perf_counter()
            with limited_threads(nlp):
                for _ in nlp.pipe(texts):
                    pass
            return perf_counter() - begin

        settings = Settings(find_spans_key(nlp))
        local = LocalEngine(Work(pipeline, settings))

        def run_arm(arm: Arm, n: int) -> float:
            target = f"{folder}/{arm.engine}-{arm.workers}-{n}"
            if arm.engine == "local":  # as `annotate`, without the loading of the pipeline
                begin = perf_counter()
                ledger = open_ledger(Folder(target), ABOUT, suffix=".jsonl", resume=False)
                records = read_records(find_input(f"{folder}/in.jsonl"), settings)
                run(records, local, ledger, shard_size=settings.shard_size)
                return perf_counter() - begin
            engine: Any = arm.engine
            source = folder / "in.jsonl"
            annotate(
                *(pipeline, source, target),
                engine=engine,
                workers=arm.workers,
                shard_size=sum(map(len, texts)) // PARALLEL_SHARDS,
            )
            return seconds_at_work(Path(target))

        lines: Dict[str, Dict[str, Any]] = {}
        for number in range(rounds):
            measure(lines, "nlp.pipe", bare)
            for each in arms:
                measure(lines, f"{each.engine}:{each.workers}", partial(run_arm, each, number))
    for name, line in lines.items():
        seconds = min(line["seconds"])
        show(
            {
                "varies": "throughput",
                "arm": name,
                "pipeline": "{lang}_{name}".format(**nlp.meta),
                "words": n_words,
                "words_per_second": round(n_words / seconds),
                **line,
                "load": os.getloadavg()[0],
            },
            out,
            describe_command(
                "benchmarks.scaling throughput", {"words": words, "rounds": rounds}
            ),
        )


def seconds_at_work(out: Path) -> float:
    """Seconds from the begin of the first shard to the end of the last one."""
    files = list(out.glob("manifests/*.json"))
    ends = [os.path.getmtime(file) for file in files]
    starts = [end - srsly.read_json(file)["seconds"] for end, file in zip(ends, files)]
    return max(ends) - min(starts)


def measure(lines: Dict[str, Dict[str, Any]], name: str, call: Callable[[], float]) -> None:
    """Append the seconds of a call, and the CPU seconds of this process and of its children."""
    before = cpu_seconds()
    line = lines.setdefault(name, {"seconds": [], "cpu_seconds": []})
    line["seconds"].append(call())
    line["cpu_seconds"].append(cpu_seconds() - before)


def cpu_seconds() -> float:
    both = (getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


@app.command()
def delay(out: Optional[Path] = OUT, workers: List[int] = typer.Option([1, 2, 4, 8])) -> None:
    """Seconds with a pipe of fixed delay, and the seconds that the cost model predicts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ.update(make_environment(folder / "site"))
        save_pipeline(folder / "pipeline", seconds=DELAY)
        srsly.write_jsonl(folder / "in.jsonl", [{"text": "Text"} for _ in range(N_DELAYED)])
        size = AT_A_SHARD * (len('{"text":"Text"}') + 100)  # as `read` counts it
        for n in workers:
            begin = time()
            annotate(
                folder / "pipeline",
                folder / "in.jsonl",
                folder / str(n),
                engine="processes",
                workers=n,
                shard_size=size,
            )
            seconds = time() - begin
            manifests = sorted(folder.glob(f"{n}/manifests/*.json"), key=os.path.getmtime)
            # the first n shards end a delay after their workers have started
            starts = [os.path.getmtime(file) - begin - AT_A_SHARD * DELAY for file in manifests]
            start = sum(starts[:n]) / n
            predicted = predict_seconds(
                N_DELAYED / AT_A_SHARD,
                seconds_per_shard=AT_A_SHARD * DELAY,
                workers=n,
                start=start,
            )
            line = {"varies": "delay", "workers": n, "start": start, "seconds": seconds}
            options = {"workers": n}
            show(
                {**line, "predicted": predicted, "load": os.getloadavg()[0]},
                out,
                describe_command("benchmarks.scaling delay", options),
            )


def predict_seconds(
    shards: float,
    *,
    seconds_per_shard: float,
    workers: int,
    start: float = 0.0,
    driver_seconds_per_shard: float = 0.0,
) -> float:
    """The cost model: seconds of a run on the clock.

    Workers start, annotate their shares, and wait for the last shard. One process reads the
    input and writes the output of all: with very many workers, it sets the time.

    start: seconds until a worker has loaded the pipeline.
    """
    rounds = -(-shards // workers)  # the last round may leave workers without a shard
    return start + max(rounds * seconds_per_shard, shards * driver_seconds_per_shard)


@app.command()
def memory(
    pipeline: str,
    input: Path,
    megabytes: List[int] = typer.Option([20, 200], help="Sizes of the inputs; repeatable."),
    out: Optional[Path] = OUT,
) -> None:
    """Peak memory of a run in a process of its own, for inputs of several sizes."""
    rows = list(srsly.read_jsonl(input))
    for size in megabytes:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "in.jsonl")
            n_rows = write_repeated(rows, file, size * 1_000_000)
            words = [pipeline, str(file), f"{folder}/out"]
            command = [sys.executable, "-m", "benchmarks.peak", "annotate", *words]
            begin = perf_counter()
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            line = {
                "varies": "input",
                "megabytes": size,
                "records": n_rows,
                "peak_mb": json.loads(done.stdout.splitlines()[-1])["peak_mb"],
                "seconds": perf_counter() - begin,
            }
            show(line, out, describe_command("benchmarks.scaling memory", {"megabytes": size}))


def write_repeated(rows: List[Dict[str, Any]], file: Path, size: int) -> int:
    """Write texts, each with a new word, up to `size` bytes. Return their number."""
    n = written = 0
    with file.open("w", encoding="utf8") as stream:
        while written < size:
            row = rows[n % len(rows)]
            line = json.dumps({**row, "id": n, "text": f"{row['text']} X{n}"}) + "\n"
            written += stream.write(line)
            n += 1
    return n


class Echo:
    """An engine that gives every shard back at once, as JSON lines of its records."""

    def __init__(self) -> None:
        self.shards: List[Shard] = []

    def has_room(self) -> bool:
        return not self.shards

    def is_idle(self) -> bool:
        return not self.shards

    def submit(self, shard: Shard) -> None:
        # as on the way to a worker and back
        self.shards.append(pickle.loads(pickle.dumps(shard)))

    def wait(self) -> Tuple[Shard, ShardResult]:
        shard = self.shards.pop()
        data = "".join(f"{record.text}\n" for record in shard.records).encode("utf8")
        return shard, ShardResult(data, len(shard.records), 0, {}, (), 0.0)

    def __enter__(self) -> "Echo":
        return self

    def __exit__(self, *exception: object) -> None:
        pass


@app.command()
def driver(
    input: Path, megabytes: int = typer.Option(50, min=1), out: Optional[Path] = OUT
) -> None:
    """CPU seconds of the process that reads and writes for all workers."""
    settings = Settings("sc")
    with tempfile.TemporaryDirectory() as name:
        file = Path(name, "in.jsonl")
        n_rows = write_repeated(list(srsly.read_jsonl(input)), file, megabytes * 1_000_000)
        ledger = open_ledger(Folder(f"{name}/out"), ABOUT, suffix=".jsonl", resume=False)
        records = read_records(find_input(str(file)), settings)
        before = cpu_seconds()
        run(records, Echo(), ledger, shard_size=settings.shard_size)
        seconds = cpu_seconds() - before
    line = {"varies": "driver", "megabytes": megabytes, "records": n_rows, "seconds": seconds}
    show(
        {**line, "mb_per_second": megabytes / seconds},
        out,
        describe_command("benchmarks.scaling driver", {"megabytes": megabytes}),
    )


def show(line: Dict[str, Any], out: Optional[Path], command: str) -> None:
    typer.echo(json.dumps(line))
    if out is not None:
        append_line(out, {**line, "command": command, **read_environment(gpu=-1)})


if __name__ == "__main__":
    app()
