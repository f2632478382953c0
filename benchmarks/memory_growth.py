"""Measure whether memory grows with the number of batches, in prediction and in training.

    python -m benchmarks.memory_growth --out benchmarks/results/reliability.jsonl

The pipeline is that of configs/tok2vec.cfg, trained from scratch on invented documents. Each
batch has other documents, drawn from the same words: spaCy's vocabulary keeps each new word for
ever, or until the end of `nlp.memory_zone()`. Linux only.
"""

import gc
import json
import os
import random
from pathlib import Path
from typing import Any, Dict, List, Literal, Optional

import typer
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import load_config, load_model_from_config
from thinc.api import Config, fix_random_seed

from benchmarks.environment import ROOT, read_environment
from benchmarks.lines import append_line, describe_command
from benchmarks.memory import in_a_process

What = Literal["predict", "update"]
SIZE = 16  # documents in a batch
LENGTHS = (3, 40)  # tokens in a document
N_WORDS, LABELS = 2000, ("A", "B", "C")
FIRST = 10  # batches before the first measurement


def main(
    out: Optional[Path] = typer.Option(None, help="File to append the result lines to."),
    batches: int = typer.Option(300, min=FIRST + 1, help="Number of batches."),
    seed: int = typer.Option(0, help="Seed of the documents."),
) -> None:
    """Measure both, print and append a line for each."""
    command = describe_command("benchmarks.memory_growth", {"batches": batches, "seed": seed})
    what: What
    for what in ("predict", "update"):
        found = in_a_process(measure, what, batches, seed)
        line = {"benchmark": "memory growth", "command": command, "what": what, **found}
        print(json.dumps(line))
        if out is not None:
            append_line(out, {**line, **read_environment()})


def measure(
    what: What, batches: int, seed: int, config: Optional[Dict[str, Any]] = None
) -> Dict[str, float]:
    """Memory of this process after the first ten and after all batches, in MB.

    config: Settings for the model of the pipe.
    """
    nlp, generator = make_pipeline(config or {}), random.Random(seed)
    optimizer = nlp.initialize(lambda: make_examples(nlp, random.Random(seed)))
    first = 0.0
    for number in range(batches):
        examples = make_examples(nlp, generator)
        if what == "predict":
            for _ in nlp.pipe([eg.predicted for eg in examples], batch_size=SIZE):
                pass
        else:
            nlp.update(examples, sgd=optimizer, drop=0.1)
        if number + 1 == FIRST:
            first = read_memory()
    last = read_memory()
    return {
        "batches": batches,
        "first_mb": first,
        "last_mb": last,
        "growth": last / first - 1.0,
    }


def make_pipeline(model: Dict[str, Any]) -> Language:
    """The pipeline of configs/tok2vec.cfg, not initialised, with the spans of an untrained
    pipe."""
    fix_random_seed(0)
    config = load_config(ROOT / "configs" / "tok2vec.cfg", interpolate=True)
    pipe = config["components"]["nested_spancat"]
    pipe.update(threshold=0.9, model=Config(pipe["model"]).merge(model))
    return load_model_from_config(config, auto_fill=True)


def make_examples(nlp: Language, generator: random.Random) -> List[Example]:
    """A batch of documents with nested gold spans; the first is as long as any."""
    lengths = [generator.randint(*LENGTHS) for _ in range(SIZE - 1)]
    return [_make_example(nlp, length, generator) for length in (LENGTHS[1], *lengths)]


def _make_example(nlp: Language, length: int, generator: random.Random) -> Example:
    words = [f"w{generator.randrange(N_WORDS)}" for _ in range(length)]
    reference = Doc(nlp.vocab, words=words)
    starts = [generator.randrange(max(1, length - 2)) for _ in range(length // 10 + 1)]
    reference.spans["sc"] = [
        Span(reference, start, start + width, label=generator.choice(LABELS))
        for start in set(starts)
        for width in (1, 3)
    ]
    return Example(Doc(nlp.vocab, words=words), reference)


def read_memory() -> float:
    """Resident memory of this process, in MB."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    typer.run(main)
