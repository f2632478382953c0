"""One training run, measured: one line of JSON.

    python -m benchmarks.train --config configs/tok2vec.cfg --corpus corpus/genia-full \
        --out benchmarks/results/genia.jsonl

The line holds what is needed to make it again (command, seed, versions, machine, commit) and
what came out (speed, curve on dev, scores of the best model on dev and test).
"""

import json
import shlex
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any, Dict, Iterator, List, Optional

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
from spacy_nested_ner.configure import configure, corpus_facts, read_report

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    config: Path = typer.Option(..., exists=True, dir_okay=False, help="Training config"),
    corpus: Path = typer.Option(..., exists=True, file_okay=False, help="Converted corpus"),
    out: Path = typer.Option(..., dir_okay=False, help="File to append the result line to"),
    name: Optional[str] = typer.Option(None, help="Name of the run; the config's if not given"),
    seed: int = typer.Option(0, help="Seed of weights and batches"),
    override: List[str] = typer.Option([], help="SECTION.KEY=VALUE, may be repeated"),
    gpu: int = typer.Option(-1, help="CUDA device, -1 for none"),
) -> None:
    """Train, evaluate on dev and test, append one line of JSON to OUT."""
    result = run(
        config,
        corpus,
        name=name or config.stem,
        seed=seed,
        overrides=parse_overrides(override),
        gpu=gpu,
    )
    append_line(out, result)
    f = {part: f"{100 * result[part]['f']:.1f}" for part in ("dev", "test")}
    typer.echo(
        f"{result['name']}: dev {f['dev']}, test {f['test']}, "
        f"{result['words_per_second']:,} training words/s"
    )


def run(
    path: Path,
    corpus: Path,
    *,
    name: str,
    seed: int = 0,
    overrides: Optional[Dict[str, Any]] = None,
    gpu: int = -1,
) -> Dict[str, Any]:
    """Train one config on one corpus and return everything the result line holds."""
    overrides = overrides or {}
    environment = read_environment(gpu=gpu)
    facts = corpus_facts(read_report(corpus))
    if gpu >= 0:
        require_gpu(gpu)
    config = configure(path, corpus, seed=seed, overrides=overrides)
    nlp = init_nlp(config, use_gpu=gpu)
    training = train(nlp)
    key = find_spans_key(nlp.config)
    return {
        "name": name,
        "command": describe_command(path, facts, seed=seed, overrides=overrides, gpu=gpu),
        "seed": seed,
        **environment,
        "corpus": facts,
        **training,
        **{part: evaluate(nlp, corpus / f"{part}.spacy", key) for part in ("dev", "test")},
    }


def train(nlp: Language) -> Dict[str, Any]:
    """Train an initialised pipeline with spaCy's loop; it ends as the best one on dev.

    RETURNS: updates, seconds in updates alone (no initialisation, no evaluation, no saving),
        training tokens a second, and the curve: one point an evaluation.
    """
    config = nlp.config.interpolate()
    fix_random_seed(config["training"]["seed"])
    T = registry.resolve(config["training"], schema=ConfigSchemaTraining)
    train_corpus, dev_corpus = resolve_dot_names(config, [T["train_corpus"], T["dev_corpus"]])
    examples = list(train_corpus(nlp))
    evaluations = Stopwatch()
    score = create_evaluation_callback(nlp, dev_corpus, T["score_weights"])

    def evaluate_dev():
        with evaluations.running():
            return score()

    loop = train_while_improving(
        nlp,
        T["optimizer"],
        create_train_batches(nlp, lambda nlp: examples, T["batcher"], T["max_epochs"]),
        evaluate_dev,
        dropout=T["dropout"],
        accumulate_gradient=T["accumulate_gradient"],
        patience=T["patience"],
        max_steps=T["max_steps"],
        eval_frequency=T["eval_frequency"],
        exclude=T["frozen_components"],
        annotating_components=T["annotating_components"],
        before_update=T["before_update"],
    )
    steps = Stopwatch()
    curve: List[Dict[str, Any]] = []
    info: Dict[str, Any] = {}
    best = b""
    with tqdm(total=T["max_steps"], unit="update", dynamic_ncols=True) as progress:
        while True:
            with steps.running():
                item = next(loop, None)
            if item is None:
                break
            _, info, is_best = item
            if is_best is not None:
                losses = {name: round(float(loss), 4) for name, loss in info["losses"].items()}
                curve.append(
                    {
                        "update": info["step"],
                        "epoch": info["epoch"],
                        "score": round(info["score"], 4),
                        "losses": losses,
                    }
                )
                progress.set_postfix(score=curve[-1]["score"])
            if is_best:
                best = nlp.to_bytes()
            progress.update()
    nlp.from_bytes(best)
    seconds = steps.seconds - evaluations.seconds
    return {
        "updates": info["step"],
        "best_update": max(curve, key=lambda point: point["score"])["update"],
        "seconds": round(seconds, 1),
        "words_per_second": round(info["words"] / seconds),
        "curve": curve,
    }


class Stopwatch:
    """Adds up the seconds of what runs under it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        start = perf_counter()
        yield
        self.seconds += perf_counter() - start


def evaluate(nlp: Language, path: Path, key: str) -> Dict[str, Any]:
    """Score a pipeline on the docs of a file: p, r, f, the same per label, words a second."""
    scores = nlp.evaluate(list(Corpus(path)(nlp)))
    return {
        **{m: round(scores[f"spans_{key}_{m}"], 5) for m in ("p", "r", "f")},
        "per_type": {
            label: {m: round(value, 5) for m, value in values.items()}
            for label, values in sorted(scores[f"spans_{key}_per_type"].items())
        },
        "words_per_second": round(scores["speed"]),
    }


def find_spans_key(config: Config) -> str:
    """The spans key of the component that writes spans."""
    components = config["components"].values()
    return next(settings["spans_key"] for settings in components if "spans_key" in settings)


def parse_overrides(settings: List[str]) -> Dict[str, Any]:
    """["training.dropout=0.1"] -> {"training.dropout": 0.1}; values are JSON or plain text."""
    overrides = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or "." not in name:
            raise typer.BadParameter(f"'{setting}' is not of the form SECTION.KEY=VALUE")
        try:
            overrides[name] = srsly.json_loads(value)
        except ValueError:
            overrides[name] = value
    return overrides


def describe_command(
    path: Path, facts: Dict[str, Any], *, seed: int, overrides: Dict[str, Any], gpu: int
) -> str:
    """The command that makes the run again, from the root of the repository."""
    command = ["python", "-m", "benchmarks.train", "--config", f"configs/{path.name}"]
    command += ["--corpus", f"corpus/{facts['dataset']}-{facts['corpus']}", "--seed", str(seed)]
    for name, value in overrides.items():
        command += ["--override", f"{name}={srsly.json_dumps(value)}"]
    return shlex.join([*command, "--gpu", str(gpu)] if gpu >= 0 else command)


def append_line(path: Path, result: Dict[str, Any]) -> None:
    """Append one line in a single write: processes that share the file do not mix lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf8") as file:
        file.write(json.dumps(result, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    app()
