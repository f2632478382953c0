"""Simulate annotation: F1 by number of mentions, in the order of `suggest` and at random.

    python -m benchmarks.suggestion --corpus corpus/maintie-full \\
        --out benchmarks/results/suggestion.jsonl

The training part, or a share of its articles, is a pool of documents whose annotations nobody
has seen. A person annotates a share of its mentions; which documents, depends on the arm:

    random: in a random order.
    suggest: the first share at random, each further one by a pipeline that was trained on what
        is annotated so far.

After each share a new pipeline is trained from nothing and scored on test, with the threshold
that is best on dev. All trainings have the same number of updates. Each arm and seed gives a
line. The two arms of a seed begin with the same documents.
"""

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Dict, List, Optional, Sequence, Tuple

import torch
import typer
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training.initialize import init_nlp
from spacy.vocab import Vocab

from benchmarks.environment import read_environment
from benchmarks.experiments import predict
from benchmarks.lines import append_line, describe_command, describe_corpus
from benchmarks.subsets import keep_documents, read_gold
from benchmarks.thresholds import lowest_threshold, score_at_best_threshold
from benchmarks.train import train
from spacy_nested_ner.annotation.candidates import CandidatePipeline
from spacy_nested_ner.corpus.conversion.report import corpus_facts, read_report
from spacy_nested_ner.selection.choose import choose_documents
from spacy_nested_ner.selection.doubts import Doubts, find_doubts
from spacy_nested_ner.training.configure import configure
from spacy_nested_ner.training.fit_model import find_encoders, make_small

CONFIG = Path(__file__).parent.parent / "configs" / "tok2vec.cfg"
KEY = "sc"
ARMS = ("random", "suggest")

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    corpus: Path = typer.Option(..., help="Folder that `convert` wrote."),
    out: Path = typer.Option(..., dir_okay=False, help="File to append the result lines to."),
    share: List[float] = typer.Option(
        [0.1, 0.2, 0.35, 0.5, 1.0],
        help="Shares of the mentions that are annotated; repeatable.",
    ),
    updates: int = typer.Option(600, min=1, help="Updates of each training."),
    seed: List[int] = typer.Option(list(range(5)), help="A seed; repeatable."),
    arm: List[str] = typer.Option(list(ARMS), help="random or suggest; repeatable."),
    documents: float = typer.Option(
        1.0,
        min=0,
        max=1,
        help="Share of the training articles in the pool; a seed draws its own.",
    ),
    dev_documents: float = typer.Option(
        1.0, min=0, max=1, help="Share of the dev articles that choose the best evaluation."
    ),
) -> None:
    """Run each arm with each seed, and append a line for each."""
    torch.set_num_threads(1)
    facts = corpus_facts(read_report(corpus))
    for one_seed in seed:
        pool = read_docs(corpus / "train.spacy", documents, one_seed)
        dev = read_docs(corpus / "dev.spacy", dev_documents, 0)
        for name in arm:
            # the whole pool is the same for both arms
            shares = [one for one in sorted(share) if one < 1.0 or name == "random"]
            points = simulate(corpus, pool, dev, name, shares, updates=updates, seed=one_seed)
            options = {
                "corpus": describe_corpus(facts),
                "out": f"benchmarks/results/{out.name}",
                "share": shares,
                "updates": updates,
                "seed": one_seed,
                "arm": name,
                "documents": documents,
                "dev_documents": dev_documents,
            }
            line = {
                "arm": name,
                "seed": one_seed,
                "updates": updates,
                "corpus": {key: facts[key] for key in ("dataset", "split", "source")},
                "documents": documents,
                "points": points,
                "command": describe_command("benchmarks.suggestion", options),
                **read_environment(),
            }
            append_line(out, line)
            scores = ", ".join(f"{p['share']:g}: {p['f1']:.1f}" for p in points)
            typer.echo(f"{name}, seed {one_seed}: {scores}")


def read_docs(path: Path, share: float, seed: int) -> List[Doc]:
    """The docs of a share of the articles of a .spacy file."""
    vocab = Vocab()
    return [
        one.make_doc(vocab, KEY) for one in keep_documents(read_gold(path, KEY), share, seed)
    ]


def simulate(
    corpus: Path,
    pool: Sequence[Doc],
    dev: Sequence[Doc],
    arm: str,
    shares: Sequence[float],
    *,
    updates: int,
    seed: int,
) -> List[Dict[str, Any]]:
    """Annotate the pool share by share, and train and score after each.

    dev: Docs that choose the best evaluation; the whole dev part chooses the threshold.
    RETURNS: For each share: documents and mentions that are annotated, F1 and macro F1 on test
        in per cent, and the counts behind them.
    """
    sizes = [len(doc.spans.get(KEY, ())) for doc in pool]
    order = list(range(len(pool)))
    Random(seed).shuffle(order)
    annotated: List[int] = []
    nlp: Optional[Language] = None
    points = []
    for share in shares:
        left = [i for i in order if i not in set(annotated)]
        if arm == "suggest" and nlp is not None:
            left = rank(nlp, pool, left)
        annotated += take(left, sizes, share * sum(sizes) - sum(sizes[i] for i in annotated))
        nlp = train_on([pool[i] for i in annotated], dev, corpus, updates=updates, seed=seed)
        with lowest_threshold(nlp):
            found = {
                part: predict(nlp, corpus / f"{part}.spacy").docs for part in ("dev", "test")
            }
        scores = score_at_best_threshold(found)
        del scores["dev"]["per_document"], scores["test"]["per_document"]
        f1, macro = score(scores["test"])
        points.append(
            {
                "share": share,
                "documents": len(annotated),
                "mentions": sum(sizes[i] for i in annotated),
                "f1": f1,
                "macro_f1": macro,
                **scores,
            }
        )
    return points


def take(order: Sequence[int], sizes: Sequence[int], wanted: float) -> List[int]:
    """The first documents of an order, until they have a number of mentions."""
    taken: List[int] = []
    n = 0
    for i in order:
        if n >= wanted:
            break
        taken.append(i)
        n += sizes[i]
    return taken


def rank(nlp: Language, pool: Sequence[Doc], left: Sequence[int]) -> List[int]:
    """The documents that are left, the one first that `suggest` would choose first."""
    # a copy without annotations
    docs = (
        Doc(nlp.vocab, [token.text for token in doc], [bool(t.whitespace_) for t in doc])
        for doc in (pool[i] for i in left)
    )
    doubts = list(find_doubts(CandidatePipeline(nlp), docs))
    assert all(isinstance(one, Doubts) for one in doubts)
    return [left[i] for i in choose_documents(doubts, len(left))]  # type: ignore[arg-type]


def train_on(
    docs: Sequence[Doc], dev: Sequence[Doc], corpus: Path, *, updates: int, seed: int
) -> Language:
    """Train an encoder of half the width and two layers from nothing; the best evaluation on
    dev stays."""
    with TemporaryDirectory() as folder:
        files = {part: Path(folder, f"{part}.spacy") for part in ("train", "dev")}
        for part, its_docs in (("train", docs), ("dev", dev)):
            DocBin(docs=its_docs, store_user_data=True).to_disk(files[part])
        overrides = {
            **{f"paths.{part}": str(file) for part, file in files.items()},
            "training.max_steps": updates,
            "training.eval_frequency": -(-updates // 8),
        }
        config = configure(CONFIG, corpus, seed=seed, overrides=overrides)
        for _, tok2vec in find_encoders(config):
            make_small(tok2vec)
        nlp = init_nlp(config)
        train(nlp)
    return nlp


def score(counts: Dict[str, Any]) -> Tuple[float, float]:
    """F1 and macro F1 in per cent."""

    def f1(gold: int, predicted: int, right: int) -> float:
        return 200 * right / max(1, gold + predicted)

    by_label = [f1(*numbers) for numbers in counts["per_type"].values() if numbers[0]]
    return f1(*counts["total"]), sum(by_label) / max(1, len(by_label))


if __name__ == "__main__":
    app()
