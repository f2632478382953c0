"""Measure an exported pipeline: its encoder in onnxruntime beside the one in PyTorch, which
computes in float32 and, on a CPU with fast units for it, in bfloat16.

    python -m benchmarks.onnx_speed --corpus corpus/genia-full --pipeline training/model-best \\
        --out benchmarks/results/onnx.jsonl

All arms read the same documents, in one process. A round runs the encoders of all arms in turn;
the fastest round counts. With --pipeline, whole pipelines predict, in large batches and one
document a call, and the line has their scores and the spans that differ; without it, only the
encoder is measured, with its published weights.
"""

from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from time import process_time
from typing import Any, Callable, Dict, List, Optional, cast

import numpy
import spacy
import torch
import typer
from spacy import Language
from spacy.tokens import Doc
from spacy.training import Example
from spacy.util import minibatch
from thinc.api import Model, fix_random_seed

from benchmarks.encoder_speed import PREDICTED, with_our_encoder
from benchmarks.environment import read_environment
from benchmarks.lines import append_line, describe_command, describe_corpus
from benchmarks.speed import read_docs
from spacy_nested_ner.corpus.conversion.report import corpus_facts, read_report
from spacy_nested_ner.encoders.encoder_slot import EncoderShim
from spacy_nested_ner.encoders.onnx_encoder import OnnxShim
from spacy_nested_ner.encoders.onnx_export import OnnxPrecision, nodes_of_encoders, to_onnx
from spacy_nested_ner.encoders.precision import Precision, bfloat16_is_fast

TORCH = "torch float32"
BFLOAT16 = "torch bfloat16"
ARMS: Dict[str, OnnxPrecision] = {"onnx float32": "float32", "onnx int8": "int8"}


def main(
    corpus: Path = typer.Option(..., help="Folder that `convert` wrote."),
    encoder: Optional[str] = typer.Option(None, help="Name on the hub, or a folder."),
    pipeline: Optional[Path] = typer.Option(
        None, help="Trained pipeline, in place of --encoder."
    ),
    out: Optional[Path] = typer.Option(None, help="File to append the result line to."),
    name: str = typer.Option("onnx", help="Name of the result line."),
    words: int = typer.Option(4_000, help="Length of the timed documents, in tokens."),
    scored: int = typer.Option(50_000, help="Length of the scored documents, in tokens."),
    rounds: int = typer.Option(3, min=1, help="Number of rounds; the fastest one counts."),
    threads: int = typer.Option(1, min=1, help="Number of threads."),
) -> None:
    """Measure, print, append one line of JSON to OUT."""
    torch.set_num_threads(threads)
    fix_random_seed(0)
    nlp = load(encoder, pipeline, "float32")
    pipelines: Dict[str, Language] = {TORCH: nlp}
    # elsewhere the products of bfloat16 are emulated, and slow
    if bfloat16_is_fast():
        pipelines[BFLOAT16] = load(encoder, pipeline, "bfloat16")
    for arm, precision in ARMS.items():
        pipelines[arm] = to_onnx(nlp, precision=precision)
    models = {arm: encoder_of(each) for arm, each in pipelines.items()}
    docs = read_docs(nlp, corpus / "dev.spacy", words)
    n_words = sum(map(len, docs))
    seconds = race_on_processor(
        {arm: partial(predict, model, docs) for arm, model in models.items()}, rounds
    )
    vectors = {arm: predict(model, docs) for arm, model in models.items()}
    facts = corpus_facts(read_report(corpus))
    result: Dict[str, Any] = {
        **read_environment(),
        "libraries": {each: version(each) for each in ("transformers", "onnxruntime", "onnx")},
        "corpus": facts,
        "docs": len(docs),
        "words": n_words,
        "encoder": {
            arm: {
                "words_per_second": round(n_words / min(seconds[arm])),
                "processor_seconds": seconds[arm],
                "cosine": cosine(vectors[TORCH], vectors[arm]),
                "largest_difference": float(abs(vectors[TORCH] - vectors[arm]).max()),
            }
            for arm in models
        },
    }
    if pipeline is not None:
        gold = read_docs(nlp, corpus / "dev.spacy", scored)
        result["scored"] = {"docs": len(gold), "words": sum(map(len, gold))}
        result["scores"] = {arm: score(each, gold) for arm, each in pipelines.items()}
        found = {
            arm: spans_and_scores(each, gold, PREDICTED) for arm, each in pipelines.items()
        }
        expected = found[TORCH].keys()
        result["changed_spans"] = {
            "all": len(expected),
            **{arm: len(expected ^ found[arm].keys()) for arm in found if arm != TORCH},
        }
        result["alone"] = {
            arm: compare(found[arm], spans_and_scores(each, gold, 1))
            for arm, each in pipelines.items()
        }
    show(result)
    if out is not None:
        options = {
            "corpus": describe_corpus(facts),
            "encoder": encoder,
            "pipeline": pipeline,
            "out": f"benchmarks/results/{out.name}",
            "name": name,
            "words": words,
            "scored": None if pipeline is None else scored,
            "rounds": rounds,
            "threads": threads,
        }
        command = describe_command("benchmarks.onnx_speed", options)
        append_line(out, {"name": name, "command": command, **result})


def load(encoder: Optional[str], pipeline: Optional[Path], precision: Precision) -> Language:
    if (encoder is None) == (pipeline is None):
        raise typer.BadParameter("give either --encoder or --pipeline")
    if pipeline is None:
        return with_our_encoder(str(encoder), precision)
    nlp = spacy.load(pipeline)
    for node in nodes_of_encoders(encoder_of(nlp)):
        slot = cast(EncoderShim, node.shims[0]).slot
        slot.options = replace(slot.options, precision=precision)
    return nlp


def encoder_of(nlp: Language) -> Model[Any, Any]:
    """The layer from documents to vectors, in PyTorch or in onnxruntime."""
    pipe: Any
    for _, pipe in nlp.components:
        for node in pipe.model.walk():
            if any(isinstance(shim, (EncoderShim, OnnxShim)) for shim in node.shims):
                found: Model[Any, Any] = node
                return found
    raise ValueError(f"no pretrained encoder in {nlp.pipe_names}")


def predict(model: Model[Any, Any], docs: List[Doc]) -> numpy.ndarray:
    """Vectors of all tokens, (T, D)."""
    batches = minibatch(docs, PREDICTED)
    return numpy.concatenate([y for batch in batches for y in model.predict(list(batch))])


def race_on_processor(
    runs: Dict[str, Callable[[], object]], rounds: int
) -> Dict[str, List[float]]:
    """Seconds of the processor, all threads together: other processes hardly change them."""
    seconds: Dict[str, List[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            start = process_time()
            run()
            seconds[name].append(process_time() - start)
    return seconds


def cosine(X: numpy.ndarray, Y: numpy.ndarray) -> float:
    """Mean cosine of the vectors of a token."""
    norms = numpy.linalg.norm(X, axis=1) * numpy.linalg.norm(Y, axis=1)
    return float(((X * Y).sum(1) / norms).mean())


def score(nlp: Language, gold: List[Doc]) -> Dict[str, Any]:
    examples = [Example(nlp.make_doc(doc.text), doc) for doc in gold]
    scores = nlp.evaluate(examples)
    return {key: scores[key] for key in ("spans_sc_f", "spans_sc_per_type")}


def spans_and_scores(nlp: Language, gold: List[Doc], batch_size: int) -> Dict[Any, float]:
    """The probability of each predicted span, by document, start, end and label."""
    found = nlp.pipe((doc.text for doc in gold), batch_size=batch_size)
    return {
        (i, span.start, span.end, span.label_): float(score)
        for i, doc in enumerate(found)
        for span, score in zip(doc.spans["sc"], doc.spans["sc"].attrs["scores"])
    }


def compare(found: Dict[Any, float], alone: Dict[Any, float]) -> Dict[str, Any]:
    """Predictions in large batches and for one document a call: spans that only one of them
    has, and the largest difference between the probabilities of a span."""
    differences = (abs(found[span] - alone[span]) for span in found.keys() & alone.keys())
    return {
        "changed_spans": len(found.keys() ^ alone.keys()),
        "largest_difference": max(differences, default=0.0),
    }


def show(result: Dict[str, Any]) -> None:
    for arm, found in result["encoder"].items():
        print(
            f"{arm:14} {found['words_per_second']:6,} words/s   "
            f"cosine {found['cosine']:.5f}   difference {found['largest_difference']:.1e}"
        )
    for arm, scores in result.get("scores", {}).items():
        labels = (f"{k} {100 * v['f']:.1f}" for k, v in scores["spans_sc_per_type"].items())
        print(f"{arm:14} F1 {100 * scores['spans_sc_f']:.1f}   {'   '.join(labels)}")
    if "changed_spans" in result:
        print(f"changed spans: {result['changed_spans']}")
    for arm, changes in result.get("alone", {}).items():
        print(
            f"{arm:14} alone: {changes['changed_spans']} changed spans, scores differ by at "
            f"most {changes['largest_difference']:.1e}"
        )


if __name__ == "__main__":
    typer.run(main)
