"""Cross-validation: for a corpus that is too small for a test part, every document is predicted
by a pipeline that was not trained on it.

For each fold, one pipeline is trained on the other folds but one; on that one, training chooses
the best evaluation, as it does with the dev part. The predictions of all folds are evaluated
together.
"""

import io
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, TypedDict

from spacy.tokens import Doc, DocBin
from spacy.training.initialize import init_nlp
from spacy.training.loop import train
from spacy.util import dot_to_object
from thinc.api import Config, get_current_ops

from ..corpus.mention_table import count_labels, gather_mentions
from ..files.corpora import find_corpus
from ..files.docbin import read_docs
from ..files.pipelines import keys_of_config, load_pipeline, the_only_key
from ..progress import progress
from ..user_error import UserError
from .documents import EvaluatedDoc, pair_examples, predict_examples
from .evaluate import evaluate_docs
from .folds import assign_folds
from .results import make_results

# fold to predict, fold to choose the best evaluation on, and at least one fold to train on
FEWEST_FOLDS = 3


class CrossValidation(TypedDict):
    """f: Micro F1 of each fold, 0 to 1; None without a mention in the fold.
    unseen_labels: Mentions of labels that were not in the training folds, by label."""

    folds: int
    seed: int
    f: List[Optional[float]]
    unseen_labels: Dict[str, int]


class _Predicted(NamedTuple):
    docs: List[EvaluatedDoc]
    meta: Dict[str, Any]
    words: int
    seconds: float


def cross_validate(
    config: Config,
    docs: Sequence[Doc],
    *,
    folds: int,
    corpus: str = "The corpus",
    spans_key: Optional[str] = None,
    train_docs: Optional[Sequence[Doc]] = None,
    n_resamples: int = 1000,
    seed: int = 0,
) -> Dict[str, Any]:
    """Train and predict each fold, and evaluate all predictions together.

    config: A complete training config. Its corpora are replaced, its seed is kept.
    docs: Gold docs; doc.user_data["document"] names the source document. The docs of one
        document are in one fold.
    folds: Number of folds and of pipelines to train.
    corpus: Name of the documents in results and messages.
    spans_key: Key of doc.spans; None for the one key in the settings of the pipes.
    train_docs: Docs whose counts group the labels by frequency; None for `docs` themselves.
    n_resamples: Number of resamples of the bootstrap; 0 for no intervals.
    seed: Seed of the folds and of the bootstrap.
    RETURNS: The JSON of `evaluate`; see docs/evaluation.md.
    RAISES (UserError): There are too few folds, documents or mentions; the config has no
        corpora with a path, or its settings do not name one key.
    """
    if folds < FEWEST_FOLDS:
        raise UserError(
            f"{folds} folds are too few for cross-validation: give at least {FEWEST_FOLDS}, "
            "one to predict, one to choose the best evaluation, and the others to train."
        )
    if spans_key is None:
        spans_key = the_only_key(keys_of_config(config), "The config")
    gather_mentions(docs, corpus, spans_key)  # raises if there is no mention
    fold_of_doc = assign_folds(docs, folds, seed=seed, spans_key=spans_key)
    members = [[n for n, fold in enumerate(fold_of_doc) if fold == i] for i in range(folds)]
    unseen_labels = _count_unseen_labels(docs, members, spans_key)
    predicted: List[Optional[EvaluatedDoc]] = [None] * len(docs)
    fold_scores, words, seconds = [], 0, 0.0
    with TemporaryDirectory(prefix="cross-validate-") as folder:
        for fold in progress(range(folds), total=folds, unit="folds"):
            place = Path(folder, str(fold))
            place.mkdir()
            _write_parts(place, docs, members, fold)
            of_fold = _train_and_predict(config, place, spans_key)
            for doc in of_fold.docs:
                n = members[fold][doc.number]
                name = str(docs[n].user_data.get("id", n))
                predicted[n] = replace(doc, id=name, number=n)
            micro = evaluate_docs(of_fold.docs, n_resamples=0)["scores"]["all"]["micro"]
            fold_scores.append(micro["f"]["value"])
            words, seconds = words + of_fold.words, seconds + of_fold.seconds
    cross_validation: CrossValidation = {
        "folds": folds,
        "seed": seed,
        "f": fold_scores,
        "unseen_labels": unseen_labels,
    }
    results = make_results(
        [doc for doc in predicted if doc is not None],
        meta=of_fold.meta,
        corpus=corpus,
        spans_key=spans_key,
        speed=words / seconds,
        train_counts=None
        if train_docs is None
        else count_labels(train_docs, spans_key, name="The training data"),
        n_resamples=n_resamples,
        seed=seed,
        cross_validation=dict(cross_validation),
    )
    settings = _find_other_pipelines(config)
    if settings:
        results["warnings"].append(
            f"The config uses another trained pipeline ({', '.join(settings)}): if that has "
            "learned from these documents, the scores are too high"
        )
    return results


def _find_other_pipelines(config: Config) -> List[str]:
    """Names of the settings that use another trained pipeline."""
    pipes = config["components"].items()
    settings = [f"components.{name}.source" for name, pipe in pipes if "source" in pipe]
    corpus = config["training"]["train_corpus"]
    if "predicted" in dot_to_object(config, corpus):
        settings.append(f"{corpus}.predicted")
    return settings


def _count_unseen_labels(
    docs: Sequence[Doc], members: Sequence[Sequence[int]], spans_key: str
) -> Dict[str, int]:
    """Mentions whose label is in no training document of their fold, by label.

    RAISES (UserError): A fold has no training document with a mention.
    """
    labels = [[span.label_ for span in doc.spans.get(spans_key, ())] for doc in docs]
    unseen: Dict[str, int] = {}
    for fold, numbers in enumerate(members):
        known = {
            label
            for other in _training_folds(fold, len(members))
            for n in members[other]
            for label in labels[n]
        }
        if not known:
            raise UserError(
                f"The training documents of fold {fold + 1} have no mention: choose fewer "
                "folds or more documents with mentions."
            )
        for label in (label for n in numbers for label in labels[n] if label not in known):
            unseen[label] = unseen.get(label, 0) + 1
    return dict(sorted(unseen.items()))


def _training_folds(fold: int, n_folds: int) -> List[int]:
    """All folds but the one to predict and the next one, which is the dev part."""
    return [i for i in range(n_folds) if i not in (fold, (fold + 1) % n_folds)]


def _write_parts(
    place: Path, docs: Sequence[Doc], members: Sequence[Sequence[int]], fold: int
) -> None:
    """Write train.spacy, dev.spacy and test.spacy of a fold."""
    n_folds = len(members)
    parts = {
        "train": sorted(n for i in _training_folds(fold, n_folds) for n in members[i]),
        "dev": members[(fold + 1) % n_folds],
        "test": members[fold],
    }
    for part, numbers in parts.items():
        doc_bin = DocBin(docs=[docs[n] for n in numbers], store_user_data=True)
        doc_bin.to_disk(place / f"{part}.spacy")


def _train_and_predict(config: Config, place: Path, spans_key: str) -> _Predicted:
    """Train on train.spacy; predict test.spacy with the pipeline that is best on dev.spacy."""
    ops = get_current_ops()
    use_gpu = ops.device_id if ops.name == "cupy" else -1
    nlp = init_nlp(_set_corpora(config, place), use_gpu=use_gpu)
    trained = place / "trained"
    trained.mkdir()
    silent = {"stdout": io.StringIO(), "stderr": io.StringIO()}
    train(nlp, trained, use_gpu=use_gpu, **silent)
    best = load_pipeline(trained / "model-best")
    references = read_docs(place / "test.spacy", best.vocab, user_data=True)
    start = perf_counter()
    # a fold may have no mention
    examples = list(predict_examples(best, references, spans_key, allow_no_mention=True))
    seconds = perf_counter() - start
    words = sum(len(eg.predicted) for eg in examples)
    return _Predicted(pair_examples(examples, spans_key), best.meta, words, seconds)


def _set_corpora(config: Config, place: Path) -> Config:
    """A copy of the config that reads the parts of a fold and has no progress bar.

    RAISES (UserError): A corpus of the config has no path.
    """
    config = Config(config).interpolate().copy()
    for part in ("train", "dev"):
        corpus = find_corpus(config, part)
        if "path" not in corpus:
            name = config["training"][f"{part}_corpus"]
            raise UserError(
                f"The config reads its {part} corpus, [{name}], without a path: use a reader "
                "with a path, for example spacy.Corpus.v1."
            )
        corpus["path"] = str(place / f"{part}.spacy")
    config["training"]["logger"] = {"@loggers": "spacy.ConsoleLogger.v1"}
    return config
