"""Measure time and memory by document length, maximum span width, labels and batch size.

python -m benchmarks.memory --out benchmarks/results/memory.jsonl

Each measurement runs in a new process, because the peak memory of a process never decreases.
Documents have invented words. As in `benchmarks.speed`, an untrained pipe gets a threshold with
which it writes as many spans as GENIA has mentions, one per ten tokens; another process fits
this threshold.
"""

import multiprocessing
import resource
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any, Callable, Dict, List, Literal, Optional, TypeVar

import torch
import typer
from spacy import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from thinc.api import fix_random_seed, require_gpu
from tqdm import tqdm

from benchmarks.environment import gpu_is_missing, read_environment
from benchmarks.lines import append_line, describe_command
from benchmarks.pipelines import Gemm, build_pipeline, fit_threshold, set_threshold
from benchmarks.table import Kind, print_table

T = TypeVar("T")

TOKENS = (1_000, 5_000, 20_000, 100_000)
STOCK_TOKENS = (1_000, 5_000)  # spancat needs gigabytes and minutes for 20,000 tokens
LABELS = ((5, False), (5, True), (100, True), (1_000, True))  # (labels, efficient)
WIDTHS = (8, 16, 32, 64, 128, None)
BATCHES = (1, 8, 32, 128)
TOKENS_ELSE = 5_000
TOKENS_OF_A_SENTENCE = 25
TOKENS_PER_SPAN = 10


@dataclass(frozen=True)
class Cell:
    """One measurement.

    varies: The property in which the cells of a table differ.
    pipe: A factory, or "encoder" for the encoder alone.
    tokens: Length of the document, or of all sentences together.
    width: Maximum span width of nested_spancat or of the suggester; None for no limit.
    efficient: Setting `efficient` of the model of nested_spancat.
    batch: Number of sentences in a batch; 0 for one long document.
    """

    varies: Literal["length", "width", "labels", "batch"]
    pipe: str = "nested_spancat"
    tokens: int = TOKENS_ELSE
    width: Optional[int] = 32
    labels: int = 5
    efficient: bool = False
    batch: int = 0
    encoder: Optional[str] = None
    gemm: Gemm = "numpy"
    threads: int = 1
    seed: int = 0
    gpu: int = -1


def main(
    out: Optional[Path] = typer.Option(None, help="File to append the result lines to."),
    encoder: Optional[str] = typer.Option(
        None, help="Transformer, a hub name or a folder; by default, the CNN of tok2vec.cfg."
    ),
    longest: int = typer.Option(TOKENS[-1], help="Leave out documents with more tokens."),
    gemm: Gemm = typer.Option("numpy", help="Matrix product of thinc: numpy or blis."),
    threads: int = typer.Option(1, min=1, help="Number of threads of PyTorch."),
    seed: int = typer.Option(0, help="Seed of the weights."),
    gpu: int = typer.Option(-1, help="CUDA device, -1 for none."),
) -> None:
    """Measure all cells, print the tables, append one line of JSON per cell to OUT."""
    if gpu_is_missing(gpu):
        return
    common = Cell("length", encoder=encoder, gemm=gemm, threads=threads, seed=seed, gpu=gpu)
    cells = [
        *(replace(common, tokens=n) for n in TOKENS if n <= longest),
        *(replace(common, tokens=n, pipe="spancat") for n in STOCK_TOKENS if n <= longest),
        *(replace(common, varies="width", width=width) for width in WIDTHS),
        *(replace(common, varies="labels", labels=n, efficient=e) for n, e in LABELS),
        *(replace(common, varies="batch", batch=n) for n in BATCHES),
    ]
    options = {
        "out": out and f"benchmarks/results/{out.name}",
        "encoder": encoder,
        "longest": longest,
        "gemm": gemm,
        "threads": threads,
        "seed": seed,
        "gpu": gpu,
    }
    command = describe_command("benchmarks.memory", options)
    environment = read_environment(gpu=gpu)
    lines = []
    for each in tqdm(cells, unit="cell", disable=None):
        alone = in_a_process(measure, replace(each, pipe="encoder"))
        threshold = in_a_process(find_threshold, each)
        line = {
            **asdict(each),
            "encoder": "CNN" if encoder is None else Path(encoder).name,
            "command": command,
            **environment,
            **in_a_process(measure, each, threshold),
            "encoder_peak_mb": alone["peak_mb"],
        }
        lines.append(line)
        if out is not None:
            append_line(out, line)
    kinds: List[Kind] = ["length", "growth", "width", "labels", "batch"]
    for kind in kinds:
        print_table(kind, lines)


def in_a_process(function: Callable[..., T], *args: Any) -> T:
    """Call a function in a new process and return its result."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, args)


def find_threshold(cell: Cell) -> float:
    """Find the threshold with which the pipe of a cell writes one span per ten tokens."""
    nlp = make_pipeline(cell)
    return fit_threshold(nlp, "pipe", make_texts(nlp, cell), cell.tokens // TOKENS_PER_SPAN)


def measure(cell: Cell, threshold: float = 1.0) -> Dict[str, float]:
    """Measure a cell.

    threshold: Threshold of the pipe; without effect on the encoder alone.
    RETURNS: seconds and encoder_seconds of the fastest round; base_mb, peak memory of the
        process before prediction; peak_mb, peak memory afterwards; on a GPU, memory of the GPU.
    """
    nlp = make_pipeline(cell)
    set_threshold(nlp, "pipe", threshold)
    base = peak_mb(cell.gpu)
    upstream, pipe = nlp.pipe_names
    arms = {"encoder_seconds": [upstream], "seconds": [upstream, pipe]}
    if cell.pipe == "encoder":
        del arms["seconds"]
    seconds: Dict[str, List[float]] = {arm: [] for arm in arms}
    for _ in range(5 if cell.tokens <= TOKENS_ELSE else 3):
        for arm, enabled in arms.items():
            seconds[arm].append(predict(nlp, enabled, cell))
    fastest = {arm: min(rounds) for arm, rounds in seconds.items()}
    return {**fastest, "base_mb": base, "peak_mb": peak_mb(cell.gpu)}


def predict(nlp: Language, enabled: List[str], cell: Cell) -> float:
    """Seconds for one document, or for the sentences of a cell."""
    docs = make_texts(nlp, cell)
    with nlp.select_pipes(enable=enabled):
        start = perf_counter()
        for _doc in nlp.pipe(docs, batch_size=cell.batch or 1):
            pass
        if cell.gpu >= 0:
            torch.cuda.synchronize()
        return perf_counter() - start


def make_pipeline(cell: Cell) -> Language:
    """Make an initialised pipeline; it has the same pipes to measure the encoder alone."""
    if cell.gpu >= 0:
        require_gpu(cell.gpu)
    torch.set_num_threads(cell.threads)
    fix_random_seed(cell.seed)
    pipe: Dict[str, Any] = {"factory": "spancat", "suggester": {"max_size": cell.width}}
    if cell.pipe != "spancat":
        model = {"max_span_width": cell.width, "efficient": cell.efficient}
        pipe = {"factory": "nested_spancat", "model": model}
    nlp = build_pipeline({"pipe": pipe}, encoder=cell.encoder, gemm=cell.gemm)
    labels = [f"label {i}" for i in range(cell.labels)]
    for label in labels:
        nlp.get_pipe("pipe").add_label(label)  # type: ignore[attr-defined]
    reference = make_text(nlp, 50)
    reference.spans["sc"] = [Span(reference, 0, 8, label=labels[0])]
    example = Example(make_text(nlp, 50), reference)
    nlp.initialize(lambda: [example])
    return nlp


def make_texts(nlp: Language, cell: Cell) -> List[Doc]:
    """Make one document, or the sentences of a cell."""
    length = TOKENS_OF_A_SENTENCE if cell.batch else cell.tokens
    return [make_text(nlp, length) for _ in range(cell.tokens // length)]


def make_text(nlp: Language, n_tokens: int) -> Doc:
    """Make a document of words with two to four syllables; each call returns the same words."""
    syllables = ["ba", "do", "fen", "gi", "kel", "lu", "mor", "ne", "pa", "rit", "su", "tov"]
    generator = torch.Generator().manual_seed(n_tokens)
    drawn = torch.randint(len(syllables), (n_tokens, 4), generator=generator).tolist()
    words = ["".join(syllables[i] for i in row[: 2 + row[0] % 3]) for row in drawn]
    return Doc(nlp.vocab, words=words)


def peak_mb(gpu: int) -> float:
    """Peak memory of the process, or of the GPU."""
    if gpu >= 0:
        return torch.cuda.max_memory_allocated(gpu) / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10  # kilobytes on Linux


if __name__ == "__main__":
    typer.run(main)
