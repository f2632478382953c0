"""Measure a pretrained encoder alone: HuggingFaceEncoder beside spacy-transformers.

    python -m benchmarks.encoder_speed --corpus corpus/genia-full --encoder FOLDER \\
        --out benchmarks/results/speed.jsonl

All arms read the same documents, in one process and with one transformers library. A round runs
all arms in turn; the fastest round counts.
"""

from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Dict, List, Optional

import numpy
import spacy
import torch
import typer
from spacy import Language
from spacy.tokens import Doc
from spacy.util import minibatch, registry
from thinc.api import Adam, Model, fix_random_seed

from benchmarks.environment import read_environment
from benchmarks.lines import append_line, describe_command, describe_corpus
from benchmarks.speed import Settings, race, read_docs, speed
from spacy_nested_ner.encoders.pretrained import encoder_shims
from spacy_nested_ner.encoders.windows import batch_by_length
from spacy_nested_ner.encoders.word_pieces import split_into_pieces
from spacy_nested_ner.training.configure import corpus_facts, read_report

STOCK = "spacy-transformers"
OURS = ("float32", "bfloat16")
PREDICTED, TRAINED = 512, 32  # documents of a batch, as in the configs


def main(
    corpus: Path = typer.Option(..., help="Folder that `convert` wrote."),
    encoder: str = typer.Option(..., help="Name on the hub, or a folder."),
    out: Optional[Path] = typer.Option(None, help="File to append the result line to."),
    name: str = typer.Option("encoder-speed", help="Name of the result line."),
    words: int = typer.Option(6_000, help="Length of all documents together, in tokens."),
    rounds: int = typer.Option(5, min=1, help="Number of rounds; the fastest one counts."),
    threads: int = typer.Option(1, min=1, help="Number of threads of PyTorch."),
) -> None:
    """Measure, print words per second, append one line of JSON to OUT."""
    torch.set_num_threads(threads)
    fix_random_seed(0)
    settings = Settings(encoder, words, rounds, 0, PREDICTED, threads, "numpy", 0, -1)
    pipelines = {STOCK: with_spacy_transformers(encoder)}
    pipelines.update({precision: with_our_encoder(encoder, precision) for precision in OURS})
    blank = spacy.blank("en")
    docs = read_docs(blank, corpus / "dev.spacy", words)
    n_words = sum(map(len, docs))
    predicting = {arm: partial(predict, nlp, docs) for arm, nlp in pipelines.items()}
    models: Dict[str, Model[Any, Any]] = {STOCK: inline_spacy_transformers(encoder)}
    for arm in OURS:
        models[arm] = pipelines[arm].get_pipe("tok2vec").model  # type: ignore[attr-defined]
    training = {arm: partial(update, model, docs) for arm, model in models.items()}
    seconds = {"inference": race(predicting, settings), "training": race(training, settings)}
    facts = corpus_facts(read_report(corpus))
    result: Dict[str, Any] = {
        **read_environment(),
        "transformers": version("transformers"),
        "corpus": facts,
        "encoder": Path(encoder).name,
        "docs": len(docs),
        "words": n_words,
        "padding": share_of_padding(models["float32"], docs),
        **{
            kind: {arm: speed(n_words, s) for arm, s in by.items()}
            for kind, by in seconds.items()
        },
    }
    for kind in seconds:
        for arm, found in result[kind].items():
            print(f"{kind:10} {arm:20} {found['words_per_second']:6,} words/s")
    print(f"padding in prediction: {100 * result['padding']:.1f} %")
    if out is not None:
        options = {
            "corpus": describe_corpus(facts),
            "encoder": encoder,
            "out": f"benchmarks/results/{out.name}",
            "words": words,
            "rounds": rounds,
            "threads": threads,
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
        backprop([random.normal(size=y.shape).astype("f") for y in Y])
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


def share_of_padding(model: Model[Any, Any], docs: List[Doc]) -> float:
    """Padding among the word pieces of prediction."""
    (shim,) = encoder_shims(model)
    pretrained = shim.slot.built
    special = len(pretrained.special)
    pieces = padded = 0
    for batch in minibatch(docs, PREDICTED):
        split = (split_into_pieces(pretrained.tokenizer, doc) for doc in batch)
        lengths = [len(document.ids) + special for document in split]
        pieces += sum(lengths)
        batches = batch_by_length(lengths, 4096)
        padded += sum(len(chosen) * lengths[chosen[-1]] for chosen in batches)
    return 1.0 - pieces / padded


if __name__ == "__main__":
    typer.run(main)
