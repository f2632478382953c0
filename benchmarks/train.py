"""Train a pipeline and measure the run: one line of JSON.

    python -m benchmarks.train --config configs/tok2vec.cfg --corpus corpus/genia-full \
        --out benchmarks/results/train.jsonl

The line contains the settings (command, seed, versions, machine, commit) and the results
(speed, curve on dev, scores of the best model on dev and test).
"""

from pathlib import Path
from time import perf_counter
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, Optional, TypeVar

import srsly
import typer
from spacy import Language
from spacy.schemas import ConfigSchemaTraining
from spacy.training import Corpus
from spacy.training.initialize import init_nlp
from spacy.training.loop import (
    create_evaluation_callback,
    create_train_batches,
    train_while_improving,
)
from spacy.util import registry, resolve_dot_names
from thinc.api import Config, fix_random_seed, require_gpu
from tqdm import tqdm

from benchmarks.environment import read_environment
from benchmarks.lines import append_line, describe_command, describe_corpus
from spacy_nested_ner.corpus.conversion.report import corpus_facts, read_report
from spacy_nested_ner.training.configure import configure
from spacy_nested_ner.training.overrides import parse_overrides

T = TypeVar("T")

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    config: Path = typer.Option(..., exists=True, dir_okay=False, help="Training config."),
    corpus: Path = typer.Option(..., help="Folder that `convert` wrote."),
    out: Path = typer.Option(..., dir_okay=False, help="File to append the result line to."),
    name: Optional[str] = typer.Option(
        None, help="Name of the run; by default, the name of the config."
    ),
    seed: int = typer.Option(
        0, help="Seed of the initial weights and of the order of the batches."
    ),
    override: List[str] = typer.Option([], help="SECTION.KEY=VALUE; repeatable."),
    gpu: int = typer.Option(-1, help="CUDA device, -1 for none."),
) -> None:
    """Train, score the best model on dev and test, append one line of JSON to OUT."""
    overrides = parse_overrides(override)
    result = run(config, corpus, seed=seed, overrides=overrides, gpu=gpu)
    options = {
        "config": f"configs/{config.name}",
        "corpus": describe_corpus(result["corpus"]),
        "out": f"benchmarks/results/{out.name}",
        "seed": seed,
        "gpu": gpu,
        "override": [f"{key}={srsly.json_dumps(value)}" for key, value in overrides.items()],
    }
    command = describe_command("benchmarks.train", options)
    append_line(out, {"name": name or config.stem, "command": command, **result})
    typer.echo(
        f"{name or config.stem}: dev {result['dev']['f']:.1%}, test {result['test']['f']:.1%}, "
        f"{result['words_per_second']:,} training words/s"
    )


def run(
    path: Path,
    corpus: Path,
    *,
    seed: int = 0,
    overrides: Optional[Mapping[str, Any]] = None,
    gpu: int = -1,
) -> Dict[str, Any]:
    """Train the config at `path` on a corpus and measure it.

    corpus: Folder that `convert` wrote.
    overrides: Settings by dotted name; they replace values of the config and the number of
        updates.
    gpu: CUDA device, -1 for none.
    RETURNS: The result line without name and command. Facts about the corpus come from its
        report, so the line contains no path of this machine.
    """
    environment = read_environment(gpu=gpu)
    facts = corpus_facts(read_report(corpus))
    if gpu >= 0:
        require_gpu(gpu)
    nlp = init_nlp(configure(path, corpus, seed=seed, overrides=overrides), use_gpu=gpu)
    training = train(nlp)
    key = find_spans_key(nlp.config)
    return {
        "seed": seed,
        **environment,
        "corpus": facts,
        **training,
        **{part: evaluate(nlp, corpus / f"{part}.spacy", key) for part in ("dev", "test")},
    }


def train(nlp: Language) -> Dict[str, Any]:
    """Train an initialised pipeline with spaCy's loop. Afterwards, it has the weights of the
    best evaluation on dev.

    RETURNS: updates, best_update, seconds (updates only, without initialisation, evaluation and
        saving), words_per_second (training tokens), curve (one point per evaluation).
    """
    config = nlp.config.interpolate()
    fix_random_seed(config["training"]["seed"])
    settings = registry.resolve(config["training"], schema=ConfigSchemaTraining)
    train_corpus, dev_corpus = resolve_dot_names(
        config, [settings["train_corpus"], settings["dev_corpus"]]
    )
    # read once: reading the docs for each evaluation takes longer than scoring them
    examples, dev_examples = list(train_corpus(nlp)), list(dev_corpus(nlp))
    everything, evaluation = Stopwatch(), Stopwatch()
    steps = train_while_improving(
        nlp,
        settings["optimizer"],
        create_train_batches(
            nlp, lambda nlp: examples, settings["batcher"], settings["max_epochs"]
        ),
        evaluation.timed(
            create_evaluation_callback(nlp, lambda nlp: dev_examples, settings["score_weights"])
        ),
        dropout=settings["dropout"],
        accumulate_gradient=settings["accumulate_gradient"],
        patience=settings["patience"],
        max_steps=settings["max_steps"],
        eval_frequency=settings["eval_frequency"],
        exclude=settings["frozen_components"],
        annotating_components=settings["annotating_components"],
        before_update=settings["before_update"],
    )
    curve: List[Dict[str, Any]] = []
    info: Dict[str, Any] = {}
    best, best_update = b"", 0
    with tqdm(total=settings["max_steps"], unit="update", mininterval=1.0) as progress:
        for _, info, is_best in everything.timed_items(steps):
            progress.update(info["step"] - progress.n)
            if is_best is not None:
                point = {name: info[name] for name in ("step", "epoch", "score")}
                losses = {name: float(loss) for name, loss in info["losses"].items()}
                curve.append({**point, "losses": losses})
                progress.set_postfix(score=f"{info['score']:.3f}")
            if is_best:
                best, best_update = nlp.to_bytes(), info["step"]
    nlp.from_bytes(best)
    seconds = everything.seconds - evaluation.seconds
    return {
        "updates": info["step"],
        "best_update": best_update,
        "seconds": seconds,
        "words_per_second": round(info["words"] / seconds),
        "curve": curve,
    }


class Stopwatch:
    """Measures the total time in a function, or in producing the items of an iterator."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def timed(self, function: Callable[[], T]) -> Callable[[], T]:
        def call() -> T:
            start = perf_counter()
            result = function()
            self.seconds += perf_counter() - start
            return result

        return call

    def timed_items(self, items: Iterable[T]) -> Iterator[T]:
        start = perf_counter()
        for item in items:
            self.seconds += perf_counter() - start
            yield item
            start = perf_counter()


def evaluate(nlp: Language, path: Path, key: str) -> Dict[str, Any]:
    """Score a pipeline on a .spacy file: p, r, f, the same per label, tokens per second."""
    scores = nlp.evaluate(list(Corpus(path)(nlp)))
    return {
        **{metric: scores[f"spans_{key}_{metric}"] for metric in ("p", "r", "f")},
        "per_type": dict(sorted(scores[f"spans_{key}_per_type"].items())),
        "words_per_second": round(scores["speed"]),
    }


def find_spans_key(config: Config) -> str:
    """The spans key of the pipe that writes spans."""
    components = config["components"].values()
    return next(settings["spans_key"] for settings in components if "spans_key" in settings)


if __name__ == "__main__":
    app()
