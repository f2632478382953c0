"""Measure a pretrained encoder alone: HuggingFaceEncoder beside spacy-transformers.

    python -m benchmarks.encoder_speed --corpus corpus/genia-full --encoder FOLDER \\
        --out benchmarks/results/encoder_speed.jsonl

All arms read the same documents, in one process and with one transformers library. A round runs
all arms in turn; the fastest round counts. With one thread on a CPU the clock is the CPU time
of the process, which other programs hardly change; else it is wall time. Without
spacy-transformers, ours is measured alone.
"""

from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, Dict, List, Optional

import numpy
import spacy
import torch
import typer
from spacy import Language
from spacy.tokens import Doc
from spacy.util import minibatch, registry
from thinc.api import Adam, Model, fix_random_seed, require_gpu

from benchmarks.environment import gpu_is_missing, read_environment
from benchmarks.lines import append_line, describe_command, describe_corpus
from benchmarks.speed import Settings, race, read_docs, speed
from spacy_nested_ner.corpus.conversion.report import corpus_facts, read_report
from spacy_nested_ner.encoders.hugging_face import arrange
from spacy_nested_ner.encoders.precision import bfloat16_is_fast
from spacy_nested_ner.encoders.pretrained import encoder_shims

STOCK = "spacy-transformers"
PREDICTED, TRAINED = 512, 32  # documents of a batch, as in the configs


def main(
    corpus: Path = typer.Option(..., help="Folder that `convert` wrote."),
    encoder: str = typer.Option(..., help="Name on the hub, or a folder."),
    out: Optional[Path] = typer.Option(None, help="File to append the result line to."),
    name: str = typer.Option("encoder-speed", help="Name of the result line."),
    words: int = typer.Option(6_000, help="Length of all documents together, in tokens."),
    rounds: int = typer.Option(5, min=1, help="Number of rounds; the fastest one counts."),
    threads: int = typer.Option(1, min=1, help="Number of threads of PyTorch."),
    gpu: int = typer.Option(-1, help="CUDA device, -1 for none."),
) -> None:
    """Measure, print words per second, append one line of JSON to OUT."""
    if gpu_is_missing(gpu):
        return
    if gpu >= 0:
        require_gpu(gpu)
    torch.set_num_threads(threads)
    fix_random_seed(0)
    settings = Settings(encoder, words, rounds, 0, PREDICTED, threads, "numpy", 0, gpu)
    docs = read_docs(spacy.blank("en"), corpus / "dev.spacy", words)
    # elsewhere the products of bfloat16 are emulated, and slow
    ours = ["float32", *(["bfloat16"] if gpu >= 0 or bfloat16_is_fast() else [])]
    pipelines = {precision: with_our_encoder(encoder, precision) for precision in ours}
    models: Dict[str, Model[Any, Any]] = {
        arm: nlp.get_pipe("tok2vec").model  # type: ignore[attr-defined]
        for arm, nlp in pipelines.items()
    }
    if find_spec("spacy_transformers"):
        pipelines = {STOCK: with_spacy_transformers(encoder), **pipelines}
        models = {STOCK: inline_spacy_transformers(encoder), **models}
    by_length = sorted(docs, key=len)
    runs = {
        "inference": {arm: partial(predict, nlp, docs) for arm, nlp in pipelines.items()},
        "training": {arm: partial(update, model, docs) for arm, model in models.items()},
        "training, by length": {
            arm: partial(update, model, by_length) for arm, model in models.items()
        },
    }
    facts = corpus_facts(read_report(corpus))
    n_words = sum(map(len, docs))
    on_cpu_time = gpu < 0 and threads == 1
    result: Dict[str, Any] = {
        **read_environment(gpu=gpu),
        "corpus": facts,
        "encoder": Path(encoder).name,
        "docs": len(docs),
        "words": n_words,
        "clock": "CPU time" if on_cpu_time else "wall time",
        "padding": {
            "inference": share_of_padding(models["float32"], docs, PREDICTED),
            "training": share_of_padding(models["float32"], docs, TRAINED),
            "training, by length": share_of_padding(models["float32"], by_length, TRAINED),
        },
    }
    for kind, arms in runs.items():
        seconds = race(arms, settings, process_time if on_cpu_time else perf_counter)
        result[kind] = {arm: speed(n_words, found) for arm, found in seconds.items()}
        for arm, found in result[kind].items():
            line = f"{kind:20} {arm:20} {found['words_per_second']:7,} words/s"
            if STOCK in seconds:
                pairs = zip(seconds[STOCK], seconds[arm])
                found["times_stock"] = median(stock / own for stock, own in pairs)
                line += f" {found['times_stock']:6.2f} times {STOCK}"
            print(line, flush=True)
        print(f"{kind:20} padding {100 * result['padding'][kind]:.1f} %")
    if out is not None:
        options = {
            "corpus": describe_corpus(facts),
            "encoder": encoder,
            "out": f"benchmarks/results/{out.name}",
            "name": name,
            "words": words,
            "rounds": rounds,
            "threads": threads,
            "gpu": gpu,
        }
        command = describe_command("benchmarks.encoder_speed", options)
        append_line(out, {"name": name, "command": command, **result})


def predict(nlp: Language, docs: List[Doc]) -> None:
    for _ in nlp.pipe((doc.copy() for doc in docs), batch_size=PREDICTED):
        pass


def update(model: Model[Any, Any], docs: List[Doc]) -> None:
    """Forward, backward and a step of learn rate 0, in batches as they come."""
    optimizer, random = Adam(0.0, use_averages=False), numpy.random.default_rng(0)
    for batch in minibatch(docs, TRAINED):
        Y, backprop = model.begin_update(list(batch))
        backprop([model.ops.asarray2f(random.normal(size=y.shape)) for y in Y])
        model.finish_update(optimizer)


def with_our_encoder(name: str, precision: str) -> Language:
    nlp = spacy.blank("en")
    architecture = "spacy_nested_ner.HuggingFaceEncoder.v1"
    model = {"@architectures": architecture, "name": name, "precision": precision}
    nlp.add_pipe("tok2vec", config={"model": model})
    nlp.get_pipe("tok2vec").model.initialize()  # type: ignore[attr-defined]
    return nlp


def with_spacy_transformers(name: str) -> Language:
    nlp = spacy.blank("en")
    model = {"@architectures": "spacy-transformers.TransformerModel.v3", **stock(name)}
    nlp.add_pipe("transformer", config={"model": model, "max_batch_items": 4096})
    nlp.get_pipe("transformer").model.initialize()  # type: ignore[attr-defined]
    return nlp


def inline_spacy_transformers(name: str) -> Model[Any, Any]:
    pooling = {"@layers": "reduce_mean.v1"}
    model = {"@architectures": "spacy-transformers.Tok2VecTransformer.v3", **stock(name)}
    resolved = registry.resolve({"model": {**model, "pooling": pooling, "grad_factor": 1.0}})
    resolved["model"].initialize()
    found: Model[Any, Any] = resolved["model"]
    return found


def stock(name: str) -> Dict[str, Any]:
    """The settings of the config over spacy-transformers."""
    return {
        "name": name,
        "mixed_precision": False,
        "tokenizer_config": {"use_fast": True, "model_max_length": 512},
        "transformer_config": {},
        "grad_scaler_config": {},
        "get_spans": {
            "@span_getters": "spacy-transformers.strided_spans.v1",
            "window": 128,
            "stride": 96,
        },
    }


def share_of_padding(model: Model[Any, Any], docs: List[Doc], batch_size: int) -> float:
    """Padding among the word pieces that our encoder computes."""
    (shim,) = encoder_shims(model)
    padded = pieces = 0
    for batch in minibatch(docs, batch_size):
        for ids, mask in arrange(shim.slot, list(batch), torch.device("cpu")).batches:
            padded += ids.numel()
            pieces += int(mask.sum())
    return 1.0 - pieces / padded


if __name__ == "__main__":
    typer.run(main)
