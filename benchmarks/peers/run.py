"""Train a peer, another library for nested entities, and score it like our own arms.

    python -m benchmarks.peers.run --peer gliner --experiment comparison-genia-10-percent \\
        --encoders assets/encoders --seed 0 --out benchmarks/results/peers.jsonl

It runs in an environment of its own with the peer, spaCy and this repository on its path. The
peer reads the same words, mentions and articles as an arm of benchmarks/comparison.yml with
this seed, begins with the same encoder, and makes the number of updates in the plan with its
own trainer: the same as our arms, or its `peer_updates`. Dev chooses only the threshold. The
prediction of test is timed with the threshold that the peer has by default.

GLiNER and GLiNER2 also begin with a checkpoint of theirs, which has learned entities before:

    python -m benchmarks.peers.run --peer gliner --checkpoint urchade/gliner_base \\
        --experiment comparison-genia-10-percent --encoders assets/encoders \\
        --out benchmarks/results/peers.jsonl
"""

from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from time import perf_counter
from typing import Any, Dict, List, Optional, Sequence

import numpy
import srsly
import torch
import typer
from spacy.tokens import Doc, Span, SpanGroup
from spacy.training import Example
from spacy.vocab import Vocab

from benchmarks.counts import count_spans
from benchmarks.environment import ROOT, read_environment
from benchmarks.lines import append_line, describe_command
from benchmarks.memory import peak_mb
from benchmarks.peers.tasks import Peer, Prediction, Task
from benchmarks.subsets import Gold, keep_documents, read_gold
from benchmarks.thresholds import THRESHOLDS, above, score_at_best_threshold
from spacy_nested_ner.corpus.conversion.report import corpus_facts, read_report
from spacy_nested_ner.evaluation.documents import EvaluatedDoc, pair_examples

PLAN = ROOT / "benchmarks" / "comparison.yml"
KEY = "sc"
# documents of an update, as in our configs
BATCH = 32
# name of the module here, and of the package that it needs
PEERS = {"eds_nlp": "edsnlp", "gliner": "gliner", "gliner2": "gliner2"}
WITH_CHECKPOINTS = ("gliner", "gliner2")


def main(
    peer: str = typer.Option(..., help=f"One of {', '.join(PEERS)}."),
    experiment: str = typer.Option(..., help="Name in the plan."),
    plan: Path = typer.Option(PLAN, exists=True, dir_okay=False, help="Experiments."),
    out: Path = typer.Option(..., dir_okay=False, help="File to append the result line to."),
    corpora: Path = typer.Option(Path("corpus"), help="Folder of the converted corpora."),
    encoders: Path = typer.Option(..., help="Folder of the pretrained encoders."),
    checkpoint: Optional[str] = typer.Option(
        None, help="Pretrained GLiNER or GLiNER2, a hub name or a folder, for the encoder."
    ),
    rate: float = typer.Option(1.0, help="Factor for the learn rates of the peer."),
    seed: int = typer.Option(0, help="Draws the articles and the initial weights."),
) -> None:
    """Train, predict dev and test, append one line of JSON to OUT."""
    if peer not in PEERS:
        raise typer.BadParameter(f"{peer} is not a peer: choose one of {', '.join(PEERS)}.")
    if checkpoint and peer not in WITH_CHECKPOINTS:
        raise typer.BadParameter(f"{peer} has no checkpoints: leave out --checkpoint.")
    torch.set_num_threads(1)
    planned = srsly.read_yaml(plan)["experiments"][experiment]
    corpus = corpora / planned["corpus"]
    gold = {part: read_gold(corpus / f"{part}.spacy", KEY) for part in ("train", "dev", "test")}
    gold["train"] = keep_documents(gold["train"], planned.get("documents", 1.0), seed)
    task = Task(
        train=gold["train"],
        labels=sorted({label for doc in gold["train"] for *_, label in doc.spans}),
        encoder=encoders / planned["encoder"].rpartition("/")[2],
        updates=planned.get("peer_updates", {}).get(peer, planned["updates"]),
        batch=BATCH,
        rate=rate,
        seed=seed,
        checkpoint=checkpoint,
    )
    model: Peer = import_module(f"benchmarks.peers.{peer}").train(task)
    texts = {part: [doc._replace(spans=[]) for doc in gold[part]] for part in ("dev", "test")}
    start = perf_counter()
    model.predict(texts["test"], model.threshold)
    seconds = perf_counter() - start
    docs = {part: pair(gold[part], model.predict(texts[part], THRESHOLDS[0])) for part in texts}
    facts = corpus_facts(read_report(corpus))
    result: Dict[str, Any] = {
        "experiment": experiment,
        "arm": name_arm(peer, checkpoint, rate),
        "seed": seed,
        "plan": {
            name: value
            for name, value in planned.items()
            if name not in ("arms", "peer_updates")
        },
        "settings": model.settings,
        "corpus": {name: facts[name] for name in ("dataset", "split", "source")},
        "peer": {PEERS[peer]: version(PEERS[peer])},
        **read_environment(),
        "left_out": model.left_out,
        "updates": task.updates,
        "seconds": model.seconds,
        "predicted_words_per_second": round(
            sum(len(doc.words) for doc in gold["test"]) / seconds
        ),
        "peak_mb": round(peak_mb(-1)),
        **{part: count_spans(above(docs[part], model.threshold)) for part in docs},
        "at_best_threshold": score_at_best_threshold(docs),
    }
    options = {
        "peer": peer,
        "checkpoint": checkpoint,
        "plan": f"benchmarks/{plan.name}",
        "experiment": experiment,
        "out": f"benchmarks/results/{out.name}",
        "rate": rate,
        "seed": seed,
    }
    append_line(out, {**result, "command": describe_command("benchmarks.peers.run", options)})
    show(result)


def name_arm(peer: str, checkpoint: Optional[str], rate: float) -> str:
    """The name of the arm: `gliner`, `gliner*6`, `gliner_base`."""
    name = Path(checkpoint).name if checkpoint else peer
    return name if rate == 1.0 else f"{name}*{rate:g}"


def pair(gold: Sequence[Gold], predicted: Sequence[Sequence[Prediction]]) -> List[EvaluatedDoc]:
    """Documents with their gold and predicted mentions."""
    vocab = Vocab()
    examples = []
    for one, spans in zip(gold, predicted, strict=True):
        doc = Doc(vocab, one.words, one.spaces)
        # a mention that a peer finds twice counts once, with its higher score
        best = {span[:3]: span.score for span in sorted(spans, key=lambda span: span.score)}
        scores = numpy.array(list(best.values()), dtype="f")
        doc.spans[KEY] = SpanGroup(
            doc,
            name=KEY,
            spans=[Span(doc, start, end, label) for start, end, label in best],
            attrs={"scores": scores},
        )
        examples.append(Example(doc, one.make_doc(vocab, KEY)))
    return pair_examples(examples, KEY)


def show(result: Dict[str, Any]) -> None:
    for name in ("dev", "test"):
        for title, counts in (
            ("", result[name]),
            (
                f" at {result['at_best_threshold']['threshold']}",
                result["at_best_threshold"][name],
            ),
        ):
            gold, found, right = counts["total"]
            nested, nested_found = counts["nested"]
            print(
                f"{name}{title}: F1 {200 * right / max(1, gold + found):.1f}, nested recall "
                f"{100 * nested_found / max(1, nested):.1f}"
            )
    print(f"{result['seconds']:.0f} s, {result['predicted_words_per_second']} words/s")


if __name__ == "__main__":
    typer.run(main)
