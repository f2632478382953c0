"""Measure training and prediction with one thread and with a thread per core.

    env -u OMP_NUM_THREADS python -m benchmarks.threads --corpus corpus/genia-full --busy 1 \
        --out benchmarks/results/threads.jsonl

An arm is a number of threads of PyTorch and one of numpy's BLAS. A round runs all arms in turn,
in one process, and the median round counts. `--busy` starts processes that keep a core busy
each, as other programs do on a shared machine.
"""

import multiprocessing
import os
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, Dict, Iterator, List, Optional

import srsly
import torch
import typer
from spacy.language import Language
from spacy.tokens import DocBin
from spacy.training import Example
from spacy.training.initialize import init_nlp
from spacy.util import minibatch
from thinc.api import Adam
from threadpoolctl import threadpool_limits

from benchmarks.environment import ROOT, read_environment
from benchmarks.lines import append_line, describe_command, describe_corpus, round_floats
from spacy_nested_ner.corpus.conversion.report import corpus_facts, read_report
from spacy_nested_ner.training.configure import configure

BATCH = 32  # documents of an update, as in the configs


def main(
    corpus: Path = typer.Option(..., help="Folder that `convert` wrote."),
    config: str = typer.Option("configs/tok2vec.cfg", help="Config, a path in the repository."),
    out: Optional[Path] = typer.Option(None, help="File to append the result line to."),
    updates: int = typer.Option(10, min=1, help="Updates of 32 documents in a round."),
    rounds: int = typer.Option(5, min=1, help="Number of rounds; the median counts."),
    busy: int = typer.Option(0, min=0, help="Processes that keep a core busy each."),
    seed: int = typer.Option(0, help="Seed of the weights."),
) -> None:
    """Print a line of JSON with seconds and ratios to one thread; append it to OUT."""
    environment = read_environment()
    cores = environment["machine"]["cores"]
    arms = {
        f"{torch_threads} torch, {blas} BLAS": (torch_threads, blas)
        for torch_threads in (1, cores)
        for blas in (1, cores)
    }
    overrides = {
        "initialize.before_init": None,  # it would set the threads
        "paths.train": str(corpus / "dev.spacy"),  # labels and widths: dev is faster to read
    }
    nlp = init_nlp(configure(ROOT / config, corpus, seed=seed, overrides=overrides))
    docs = list(DocBin().from_disk(corpus / "dev.spacy").get_docs(nlp.vocab))
    examples = [Example(nlp.make_doc(doc.text), doc) for doc in docs[: BATCH * updates]]
    seconds: Dict[str, Dict[str, List[float]]] = {"training": {}, "prediction": {}}
    load = os.getloadavg()[0]
    with busy_processes(busy):
        for _ in range(rounds):
            for arm, threads in arms.items():
                with limited(*threads):
                    seconds["training"].setdefault(arm, []).append(time_updates(nlp, examples))
                    seconds["prediction"].setdefault(arm, []).append(time_pipe(nlp, examples))
    medians = {
        kind: {arm: median(values) for arm, values in arms.items()}
        for kind, arms in seconds.items()
    }
    facts = corpus_facts(read_report(corpus))
    options = {
        "corpus": describe_corpus(facts),
        "config": config,
        "updates": updates,
        "rounds": rounds,
        "busy": busy,
        "seed": seed,
    }
    result: Dict[str, Any] = {
        "command": describe_command("benchmarks.threads", options),
        **options,
        "load_before": load,
        "seconds": seconds,
        "ratio_to_one_thread": {
            kind: {arm: value / values["1 torch, 1 BLAS"] for arm, value in values.items()}
            for kind, values in medians.items()
        },
        "words": sum(len(eg.predicted) for eg in examples),
        **environment,
    }
    typer.echo(srsly.json_dumps(round_floats(result)))
    if out is not None:
        append_line(out, result)


@contextmanager
def limited(torch_threads: int, blas: int) -> Iterator[None]:
    """Context manager with these numbers of threads."""
    before = torch.get_num_threads()
    with ExitStack() as stack:
        stack.callback(torch.set_num_threads, before)
        torch.set_num_threads(torch_threads)
        stack.enter_context(threadpool_limits(blas, user_api="blas"))
        yield


def time_updates(nlp: Language, examples: List[Example]) -> float:
    """Seconds of updates like those of `spacy train`, with a learn rate of 0."""
    optimizer = Adam(0.0)
    start = perf_counter()
    for batch in minibatch(examples, BATCH):
        nlp.update(batch, drop=0.1, losses={})
        for _, pipe in nlp.pipeline:
            pipe.finish_update(optimizer)  # type: ignore[attr-defined]
    return perf_counter() - start


def time_pipe(nlp: Language, examples: List[Example]) -> float:
    """Seconds of nlp.pipe over the texts of the examples."""
    texts = [eg.reference.text for eg in examples]
    start = perf_counter()
    for _ in nlp.pipe(texts):
        pass
    return perf_counter() - start


@contextmanager
def busy_processes(number: int) -> Iterator[None]:
    """Context manager beside processes that compute without end."""
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=compute, daemon=True) for _ in range(number)]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
            process.join()


def compute() -> None:
    """Keep a core busy."""
    while True:
        sum(range(10_000))


if __name__ == "__main__":
    typer.run(main)
