"""Measure what a trained pipeline keeps and gains when its training goes on.

    python -m benchmarks.continued_training --corpus corpus/genia-sample \\
        --out benchmarks/results/continued.jsonl

Three experiments; each arm of one gives a line with F1 on the test part.

    rate: train on label A in half of the articles, go on with A in the other half, at several
        learn rates.
    label: the same start; go on with label B in the other half, with A marked as not annotated,
        with A as the pipeline itself predicts it, and for comparison not marked.
    dropped: train with half of the annotations dropped at random, and their tokens marked as
        not annotated for all labels, for the label that was dropped, or not marked; and with
        all annotations of half of the articles.
"""

from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import (
    Any,
    Callable,
    Dict,
    FrozenSet,
    Iterator,
    List,
    Literal,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

import spacy
import typer
from spacy.language import Language
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example
from spacy.training.initialize import init_nlp
from spacy.util import registry
from spacy.vocab import Vocab
from thinc.api import Config, fix_random_seed
from wasabi import msg

from benchmarks.environment import read_environment
from benchmarks.lines import append_line, describe_command, describe_corpus
from spacy_nested_ner import fill_unannotated
from spacy_nested_ner.corpus.conversion.report import corpus_facts, read_report
from spacy_nested_ner.pipe.component import NestedSpanCategorizer
from spacy_nested_ner.pipe.grow import grow_pipe
from spacy_nested_ner.training.configure import configure

CONFIG = Path(__file__).parent.parent / "configs" / "tok2vec.cfg"
# Half the width and two layers instead of three: a fifth of the time
SMALL = {
    "encode.width": 96,
    "encode.depth": 2,
    "embed.width": 96,
    "embed.embed.width": 96,
}
KEY = "sc"
A, B = "protein", "DNA"
BATCH_SIZE = 32
# factors of the learn rate of the config
RATES = {"1": 1.0, "0.3": 0.3, "0.1": 0.1}
EARLY = 10  # updates before the first measurement of `rate`

# Changes the gold of a document
Edit = Callable[[Doc], None]
# How the tokens of a dropped span are marked as not annotated
Mark = Literal["for all labels", "for its label", "not"]

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class Corpus(NamedTuple):
    """Gold documents of the parts, without a shared vocab: each use reads them anew."""

    train: bytes
    test: bytes
    half: FrozenSet[str]  # names of half of the training articles

    def read_train(self, vocab: Vocab, *, first: Optional[bool] = None) -> List[Doc]:
        """The training documents; of the first or the second half of the articles."""
        docs = DocBin().from_bytes(self.train).get_docs(vocab)
        return [
            doc
            for doc in docs
            if first is None or (doc.user_data["document"] in self.half) == first
        ]


@app.command()
def main(
    corpus: Path = typer.Option(..., help="Folder that `convert` wrote."),
    out: Path = typer.Option(..., dir_okay=False, help="File to append result lines to."),
    experiment: List[str] = typer.Option(["rate", "label", "dropped"], help="Repeatable."),
    seed: int = typer.Option(0, help="Of the split, the weights and the batches."),
    articles: Optional[int] = typer.Option(None, help="Number of training articles."),
    updates: int = typer.Option(300, help="Updates of a first training."),
    further: int = typer.Option(100, help="Updates of a continued training."),
) -> None:
    """Run the experiments with one seed, append one line of JSON for each arm to OUT."""
    facts = corpus_facts(read_report(corpus))
    command = describe_command(
        "benchmarks.continued_training",
        {
            "corpus": describe_corpus(facts),
            "out": f"benchmarks/results/{out.name}",
            "experiment": experiment,
            "seed": seed,
            "articles": articles,
            "updates": updates,
            "further": further,
        },
    )
    encoder = "components.nested_spancat.model.tok2vec"
    overrides = {f"{encoder}.{name}": value for name, value in SMALL.items()}
    config = configure(CONFIG, corpus, seed=seed, overrides=overrides)
    runs = Runs(config, read_corpus(corpus, articles, seed), seed, updates, further)
    environment = read_environment()
    for name, arm, scores in runs.run(experiment):
        line = {"experiment": name, "arm": arm, "seed": seed, "articles": articles}
        line.update(corpus=facts, updates=updates, further=further, **scores)
        append_line(out, {**line, "command": command, **environment})
        shown = ", ".join(f"{key} {value:.3f}" for key, value in scores.items())
        msg.good(f"{name}, {arm}: {shown}")


def read_corpus(folder: Path, articles: Optional[int], seed: int) -> Corpus:
    """Read the train and test parts; `articles` limits the training articles."""
    vocab = Vocab()
    train = list(DocBin().from_disk(folder / "train.spacy").get_docs(vocab))
    names = sorted({doc.user_data["document"] for doc in train})
    Random(seed).shuffle(names)
    names = names[:articles]
    some = [doc for doc in train if doc.user_data["document"] in names and len(doc)]
    return Corpus(
        train=DocBin(docs=some, store_user_data=True).to_bytes(),
        test=(folder / "test.spacy").read_bytes(),
        half=frozenset(names[: len(names) // 2]),
    )


class Runs:
    """The trainings of one seed.

    updates, further: Number of updates of a first and of a continued training.
    """

    def __init__(
        self, config: Config, corpus: Corpus, seed: int, updates: int, further: int
    ) -> None:
        self.config = config
        self.corpus = corpus
        self.seed = seed
        self.updates = updates
        self.further = further

    def run(self, experiments: Sequence[str]) -> Iterator[Tuple[str, str, Dict[str, float]]]:
        """Name of the experiment, name of the arm, F1 by name."""
        with TemporaryDirectory() as folder:
            start = Path(folder)
            if {"rate", "label"}.intersection(experiments):
                nlp, _ = self.train_first(lambda nlp: self.read(nlp, True, keep_only(A)))
                nlp.to_disk(start)
            if "rate" in experiments:
                for arm, scores in self.compare_rates(start):
                    yield "rate", arm, scores
            if "label" in experiments:
                for arm, scores in self.compare_labels(start):
                    yield "label", arm, scores
        if "dropped" in experiments:
            for arm, scores in self.compare_dropped():
                yield "dropped", arm, scores

    def read(self, nlp: Language, first: Optional[bool], *edits: Edit) -> List[Doc]:
        docs = self.corpus.read_train(nlp.vocab, first=first)
        for doc in docs:
            for edit in edits:
                edit(doc)
        return docs

    def train_first(
        self, read: Callable[[Language], List[Doc]]
    ) -> Tuple[Language, Dict[str, float]]:
        """Train a new pipeline.

        RETURNS: The pipeline, and its F1 on the test part by label, and of all labels as "f".
        """
        config = self.config.copy()
        nlp = init_nlp_on(config, read)
        optimizer = make_optimizer(1.0, self.updates)
        learn(nlp, read(nlp), optimizer, self.updates, self.seed)
        return nlp, self.score(nlp)

    def score(self, nlp: Language) -> Dict[str, float]:
        labels = find_pipe(nlp).labels
        references = list(DocBin().from_bytes(self.corpus.test).get_docs(nlp.vocab))
        for doc in references:
            keep_only(*labels)(doc)
        scores = nlp.evaluate(pair(nlp, references))
        per_label = scores[f"spans_{KEY}_per_type"]
        return {
            "f": scores[f"spans_{KEY}_f"],
            **{label: per_label[label]["f"] for label in labels if label in per_label},
        }

    def compare_rates(self, start: Path) -> Iterator[Tuple[str, Dict[str, float]]]:
        """More documents with the same label."""
        before = self.score(spacy.load(start))[A]
        for arm, factor in RATES.items():
            nlp = spacy.load(start)
            docs = self.read(nlp, False, keep_only(A))
            grow_pipe(find_pipe(nlp), pair(nlp, docs))  # wider spans
            optimizer = make_optimizer(factor, self.further)
            learn(nlp, docs, optimizer, EARLY, self.seed)
            early = self.score(nlp)[A]
            learn(nlp, docs, optimizer, self.further - EARLY, self.seed + 1)
            yield arm, {"before": before, "early": early, "after": self.score(nlp)[A]}

    def compare_labels(self, start: Path) -> Iterator[Tuple[str, Dict[str, float]]]:
        """More documents, which have a new label only."""
        before = self.score(spacy.load(start))[A]
        for rest in ("marked", "predicted", "not marked"):
            for arm, factor in RATES.items():
                if rest == "not marked" and arm != "1":
                    continue
                nlp = spacy.load(start)
                docs = self.read(nlp, False, keep_only(B))
                if rest != "not marked":
                    for doc in docs:
                        mark_document(A)(doc)
                if rest == "predicted":
                    docs = list(fill_unannotated(nlp, docs))
                grow_pipe(find_pipe(nlp), pair(nlp, docs))
                optimizer = make_optimizer(factor, self.further)
                learn(nlp, docs, optimizer, self.further, self.seed)
                scores = self.score(nlp)
                found = {"before": before, "after": scores[A], "new": scores[B]}
                yield f"{arm}, {rest}", found

    def compare_dropped(self) -> Iterator[Tuple[str, Dict[str, float]]]:
        """Half of the annotations, marked or not, or half of the articles."""

        def drop(mark: Mark) -> Edit:
            random = Random(self.seed)
            return lambda doc: drop_half(doc, random, mark=mark)

        arms: Dict[str, Callable[[Language], List[Doc]]] = {
            "all annotations": lambda nlp: self.read(nlp, None),
            "half, marked": lambda nlp: self.read(nlp, None, drop("for all labels")),
            "half, marked by label": lambda nlp: self.read(nlp, None, drop("for its label")),
            "half, not marked": lambda nlp: self.read(nlp, None, drop("not")),
            "half of the articles": lambda nlp: self.read(nlp, True),
        }
        for arm, read in arms.items():
            yield arm, {"f": self.train_first(read)[1]["f"]}


def find_pipe(nlp: Language) -> NestedSpanCategorizer:
    pipe = nlp.get_pipe(nlp.pipe_names[-1])
    assert isinstance(pipe, NestedSpanCategorizer)
    return pipe


def pair(nlp: Language, references: Sequence[Doc]) -> List[Example]:
    return [Example(nlp.make_doc(doc.text), doc) for doc in references]


def keep_only(*labels: str) -> Edit:
    """Drop the gold spans of other labels."""

    def edit(doc: Doc) -> None:
        doc.spans[KEY] = [span for span in doc.spans[KEY] if span.label_ in labels]

    return edit


def mark_document(label: str) -> Edit:
    """Mark the whole document as not annotated for a label."""

    def edit(doc: Doc) -> None:
        doc.spans[f"{KEY}_unannotated"] = [Span(doc, 0, len(doc), label)]

    return edit


def drop_half(doc: Doc, random: Random, *, mark: Mark) -> None:
    """Drop each gold span with a probability of one half, and mark its tokens as not
    annotated."""
    spans = list(doc.spans[KEY])
    kept = [random.random() < 0.5 for _ in spans]
    doc.spans[KEY] = [span for span, keep in zip(spans, kept) if keep]
    if mark != "not":
        doc.spans[f"{KEY}_unannotated"] = [
            Span(doc, span.start, span.end, span.label if mark == "for its label" else 0)
            for span, keep in zip(spans, kept)
            if not keep
        ]


def init_nlp_on(config: Config, read: Callable[[Language], List[Doc]]) -> Language:
    """Initialise the pipeline of a config on documents that `read` makes."""

    def reader(nlp: Language) -> List[Example]:
        return pair(nlp, read(nlp))

    registry.readers("benchmarks.Documents.v1", func=lambda: reader)
    config["corpora"]["train"] = {"@readers": "benchmarks.Documents.v1"}
    fix_random_seed(config["system"]["seed"])
    return init_nlp(config)


def make_optimizer(factor: float, updates: int) -> Any:
    """The optimizer of the config; its learn rate falls from a multiple of that of the config
    to zero."""
    settings = load_settings()["training"]["optimizer"]
    settings["learn_rate"].update(
        initial_rate=factor * settings["learn_rate"]["initial_rate"],
        warmup_steps=0,
        total_steps=updates,
    )
    return registry.resolve({"optimizer": settings})["optimizer"]


def load_settings() -> Config:
    return Config().from_disk(CONFIG)


def learn(nlp: Language, docs: Sequence[Doc], optimizer: Any, updates: int, seed: int) -> None:
    """Update the pipeline, with documents in random order."""
    dropout = load_settings()["training"]["dropout"]
    fix_random_seed(seed)
    random = Random(seed)
    waiting: List[Doc] = []
    for _ in range(updates):
        while len(waiting) < BATCH_SIZE:
            waiting += random.sample(docs, len(docs))
        batch, waiting = waiting[:BATCH_SIZE], waiting[BATCH_SIZE:]
        nlp.update(pair(nlp, batch), drop=dropout, sgd=optimizer)
        optimizer.step_schedules()


if __name__ == "__main__":
    app()
