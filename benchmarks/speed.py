"""Measure the speed of the pipe, its encoder and spaCy's spancat, in one process.

python -m benchmarks.speed --corpus corpus/genia-full --out benchmarks/results/speed.jsonl

All pipes listen to the same encoder and process the same documents. They are not trained; this
does not change their speed. Each pipe gets a threshold with which it writes as many spans as
the documents have mentions. A round runs all pipes in turn; the fastest round counts.
"""

from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional

import torch
import typer
from spacy import Language
from spacy.tokens import Doc, DocBin
from spacy.training import Example
from spacy.util import minibatch
from thinc.api import Adam, fix_random_seed, require_gpu

from benchmarks.environment import gpu_is_missing, read_environment
from benchmarks.lines import append_line, describe_command, describe_corpus
from benchmarks.pipelines import Gemm, build_pipeline, fit_threshold, set_threshold
from benchmarks.stages import timed_stages
from benchmarks.table import Kind, print_table
from spacy_nested_ner.corpus.conversion.report import corpus_facts, read_report
from spacy_nested_ner.training.length_batcher import make_length_batcher

OURS = "nested_spancat"
STOCK = {f"spancat 1-{width}": width for width in (10, 12, 20)}
TRAINED = (OURS, "spancat 1-12")
BATCH = 32  # documents of an update, as in the configs
KINDS: List[Kind] = ["inference", "stages", "training"]


def main(
    corpus: Path = typer.Option(..., help="Folder that `convert` wrote."),
    out: Optional[Path] = typer.Option(None, help="File to append the result line to."),
    name: str = typer.Option("speed", help="Name of the result line."),
    encoder: Optional[str] = typer.Option(
        None, help="Transformer, a hub name or a folder; by default, the CNN of tok2vec.cfg."
    ),
    words: int = typer.Option(20_000, help="Length of all documents together, in tokens."),
    rounds: int = typer.Option(5, min=1, help="Number of rounds; the fastest one counts."),
    updates: int = typer.Option(20, min=1, help="Updates of 32 documents in a training round."),
    batch_size: int = typer.Option(128, min=1, help="Batch size of nlp.pipe, in documents."),
    threads: int = typer.Option(
        1, min=1, help="Number of threads of PyTorch; thinc's blis has one."
    ),
    gemm: Gemm = typer.Option("numpy", help="Matrix product of thinc: numpy or blis."),
    seed: int = typer.Option(0, help="Seed of the weights."),
    gpu: int = typer.Option(-1, help="CUDA device, -1 for none."),
) -> None:
    """Measure, print the tables, append one line of JSON to OUT."""
    if gpu_is_missing(gpu):
        return
    settings = Settings(encoder, words, rounds, updates, batch_size, threads, gemm, seed, gpu)
    result = {"name": name, **measure(corpus, settings)}
    if out is not None:
        options = {
            "corpus": describe_corpus(result["corpus"]),
            "out": f"benchmarks/results/{out.name}",
            "name": name,
            **asdict(settings),
        }
        command = describe_command("benchmarks.speed", options)
        append_line(out, {"name": name, "command": command, **result})
    for kind in KINDS:
        print_table(kind, [result])


@dataclass(frozen=True)
class Settings:
    """Settings of a measurement, see `main`."""

    encoder: Optional[str]
    words: int
    rounds: int
    updates: int
    batch_size: int
    threads: int
    gemm: Gemm
    seed: int
    gpu: int


def measure(corpus: Path, settings: Settings) -> Dict[str, Any]:
    """Measure inference, stages and training.

    RETURNS: The result line without name and command.
    """
    if settings.gpu >= 0:
        require_gpu(settings.gpu)
    torch.set_num_threads(settings.threads)
    fix_random_seed(settings.seed)
    report = read_report(corpus)
    width = max(part["width"]["max"] for part in report["parts"].values())
    pipes: Dict[str, Any] = {OURS: {"factory": OURS, "model": {"max_span_width": width}}}
    for name, max_size in STOCK.items():
        pipes[name] = {"factory": "spancat", "suggester": {"max_size": max_size}}
    nlp = build_pipeline(pipes, encoder=settings.encoder, gemm=settings.gemm)
    gold = read_docs(nlp, corpus / "dev.spacy", settings.words)
    examples = [Example(nlp.make_doc(doc.text), doc) for doc in gold]
    nlp.initialize(lambda: examples)
    for name in pipes:
        docs = [nlp.make_doc(doc.text) for doc in gold]
        n_spans = sum(len(doc.spans["sc"]) for doc in gold)
        set_threshold(nlp, name, fit_threshold(nlp, name, docs, n_spans))
    return {
        "seed": settings.seed,
        **read_environment(gpu=settings.gpu),
        "corpus": corpus_facts(report),
        "encoder": "CNN" if settings.encoder is None else Path(settings.encoder).name,
        "gemm": settings.gemm,
        "batch_size": settings.batch_size,
        "max_span_width": width,
        "docs": len(gold),
        "words": sum(map(len, gold)),
        **measure_inference(nlp, [doc.text for doc in gold], settings),
        "training": measure_training(nlp, examples[: BATCH * settings.updates], settings),
    }


def measure_inference(nlp: Language, texts: List[str], settings: Settings) -> Dict[str, Any]:
    """Words per second of each pipe with the encoder, and the stages of nested_spancat."""
    upstream, *pipes = nlp.pipe_names
    arms = {upstream: [upstream], **{pipe: [upstream, pipe] for pipe in pipes}}

    def run(arm: str) -> List[Doc]:
        with nlp.select_pipes(enable=arms[arm]):
            return list(nlp.pipe(texts, batch_size=settings.batch_size))

    words = sum(len(doc) for doc in run(upstream))
    spans = {pipe: sum(len(doc.spans["sc"]) for doc in run(pipe)) for pipe in pipes}
    with timed_stages(nlp, synchronize=settings.gpu >= 0) as stages:
        run(OURS)
    seconds = race({arm: partial(run, arm) for arm in arms}, settings)
    return {
        "inference": {
            arm: {**speed(words, seconds[arm]), "spans": spans.get(arm)} for arm in arms
        },
        "stages": stages,
    }


def measure_training(
    nlp: Language, examples: List[Example], settings: Settings
) -> Dict[str, Any]:
    """Words per second of updates like those of `spacy train`, with a learn rate of 0."""
    upstream, optimizer = nlp.pipe_names[0], Adam(0.0)
    as_they_come = list(minibatch(examples, BATCH))
    arms = {pipe: (pipe, as_they_come, "highest") for pipe in TRAINED}
    if settings.encoder is not None:  # a transformer pads batches and multiplies with PyTorch
        by_length = list(make_length_batcher(size=BATCH)(examples))
        arms[f"{OURS}, by length"] = (OURS, by_length, "highest")
        arms[f"{OURS}, by length, medium precision"] = (OURS, by_length, "medium")

    def run(pipe: str, batches: List[List[Example]], precision: str) -> None:
        with nlp.select_pipes(enable=[upstream, pipe]), matmul_precision(precision):
            for batch in batches:
                nlp.update(batch, drop=0.1, losses={})
                for _, component in nlp.pipeline:
                    component.finish_update(optimizer)  # type: ignore[attr-defined]

    words = sum(len(eg.predicted) for eg in examples)
    seconds = race({name: partial(run, *arm) for name, arm in arms.items()}, settings)
    return {name: speed(words, seconds[name]) for name in arms}


@contextmanager
def matmul_precision(precision: str) -> Iterator[None]:
    """Set the precision of PyTorch's matrix products, and restore it afterwards."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(precision)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def race(
    runs: Mapping[str, Callable[[], object]],
    settings: Settings,
    clock: Callable[[], float] = perf_counter,
) -> Dict[str, List[float]]:
    """Seconds of each run in each round. Runs take turns, so a slow phase of the machine
    affects all of them."""
    seconds: Dict[str, List[float]] = {name: [] for name in runs}
    for _ in range(settings.rounds):
        for name, run in runs.items():
            start = clock()
            run()
            if settings.gpu >= 0:
                torch.cuda.synchronize()
            seconds[name].append(clock() - start)
    return seconds


def speed(words: int, seconds: List[float]) -> Dict[str, Any]:
    return {"words_per_second": round(words / min(seconds)), "seconds": seconds}


def read_docs(nlp: Language, path: Path, words: int) -> List[Doc]:
    """The first docs of a file with at least `words` tokens together."""
    docs: List[Doc] = []
    n_words = 0
    for doc in DocBin().from_disk(path).get_docs(nlp.vocab):
        if n_words >= words:
            break
        docs.append(doc)
        n_words += len(doc)
    return docs


if __name__ == "__main__":
    typer.run(main)
