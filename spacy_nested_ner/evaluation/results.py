"""Evaluate a pipeline on a corpus; the result has all metrics and mentions, but no text."""

import hashlib
import json
from pathlib import Path
from time import perf_counter
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Sequence

import numpy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..corpus.mention_table import count_labels
from ..files.manifest import id_of
from ..files.pipelines import find_spans_key
from ..scoring.scorer import name_strict_scores
from ..user_error import UserError
from .documents import EvaluatedDoc, Mention, pair_examples, predict_examples
from .evaluate import evaluate_docs

# identifies the file format; its number grows with each incompatible change
FORMAT = "spacy-nested-ner evaluation 1"


def evaluate_pipeline(
    nlp: Language,
    references: Sequence[Doc],
    *,
    corpus: str = "The corpus",
    spans_key: Optional[str] = None,
    train: Optional[Sequence[Doc]] = None,
    n_resamples: int = 1000,
    seed: int = 0,
) -> Dict[str, Any]:
    """Evaluate a pipeline on documents.

    references: Gold docs, with the vocab of the pipeline.
    corpus: Name of the documents in results and messages.
    spans_key: See `documents.predict_corpus`.
    train: Docs of the training data, to group labels by their frequency there.
    n_resamples, seed: Number of resamples of the bootstrap, and its seed.
    RETURNS: The JSON of `evaluate`; see docs/evaluation.md.
    RAISES (UserError): See `documents.predict_corpus`; also if `train` has no mention.
    """
    spans_key = find_spans_key(nlp) if spans_key is None else spans_key
    train_counts = (
        None if train is None else count_labels(train, spans_key, name="The training data")
    )
    count = _Words()
    start = perf_counter()
    examples = count.of_examples(predict_examples(nlp, references, spans_key, name=corpus))
    docs = pair_examples(examples, spans_key)
    seconds = perf_counter() - start
    return make_results(
        docs,
        meta=nlp.meta,
        corpus=corpus,
        spans_key=spans_key,
        speed=count.words / seconds,
        train_counts=train_counts,
        n_resamples=n_resamples,
        seed=seed,
    )


def make_results(
    docs: Sequence[EvaluatedDoc],
    *,
    meta: Mapping[str, Any],
    corpus: str,
    spans_key: str,
    speed: float,
    train_counts: Optional[Mapping[str, int]] = None,
    n_resamples: int = 1000,
    seed: int = 0,
    cross_validation: Optional[Mapping[str, Any]] = None,
) -> Dict[str, Any]:
    """Evaluate predictions.

    docs: With gold and predicted mentions.
    meta: nlp.meta of the pipeline.
    speed: Tokens per second.
    train_counts, n_resamples, seed: See `evaluate.evaluate_docs`.
    cross_validation: See `cross_validation.CrossValidation`; None if one pipeline predicted
        all documents.
    RETURNS: The JSON of `evaluate`; see docs/evaluation.md.
    """
    evaluation = evaluate_docs(
        docs, n_resamples=n_resamples, seed=seed, train_counts=train_counts
    )
    return {
        "format": FORMAT,
        "pipeline": {
            **{key: meta.get(key) for key in ("lang", "name", "version")},
            # of no single training if each fold has its own
            "id": None if cross_validation else id_of(meta),
        },
        "corpus": corpus,
        "cross_validation": cross_validation,
        "spans_key": spans_key,
        "speed": speed,
        **_named_as_by_spacy(spans_key, evaluation["scores"]),
        **evaluation,
        "documents": [_write_doc(doc) for doc in docs],
    }


def read_documents(results: Mapping[str, Any]) -> List[EvaluatedDoc]:
    """Read the documents of an evaluation; their texts are empty.

    RAISES (LookupError, TypeError, ValueError): The evaluation has no valid documents.
    """
    return [
        EvaluatedDoc(
            id=doc["id"],
            text="",
            token_starts=[int(start) for start in doc["token_starts"]],
            token_ends=[int(end) for end in doc["token_ends"]],
            gold=tuple(_read_mention(*mention) for mention in doc["gold"]),
            predicted=tuple(_read_mention(*mention) for mention in doc["predicted"]),
            document=doc["document"],
            not_aligned=tuple(
                _read_mention(*mention) for mention in doc.get("not_aligned", ())
            ),
            n_discontinuous=int(doc.get("discontinuous", 0)),
            number=int(doc.get("number", index)),
        )
        for index, doc in enumerate(results["documents"])
    ]


def _read_mention(start: int, end: int, label: str, score: Optional[float] = None) -> Mention:
    return Mention(int(start), int(end), str(label), None if score is None else float(score))


def hash_text(text: str) -> str:
    """The SHA-256 by which the results name the text of a document."""
    return hashlib.sha256(text.encode("utf8", "surrogatepass")).hexdigest()


class _Words:
    """Counts the tokens of a stream of examples without keeping them: a doc with transformer
    vectors is large."""

    def __init__(self) -> None:
        self.words = 0

    def of_examples(self, examples: Iterable[Example]) -> Iterator[Example]:
        for eg in examples:
            self.words += len(eg.predicted)
            yield eg


def _named_as_by_spacy(spans_key: str, scores: Mapping[str, Any]) -> Dict[str, Any]:
    """Scores under the names of `spacy evaluate`: spans_{key}_p, _r, _f and _per_type."""

    def counts(slices: Sequence[Any]) -> numpy.ndarray:
        names = ("gold", "found", "predicted", "right")
        return numpy.array([[s[name] for name in names] for s in slices], dtype=int)

    of_labels = scores["label"]
    (micro,) = counts([scores["all"]["micro"]])
    return name_strict_scores(spans_key, micro, of_labels, counts(list(of_labels.values())))


def _write_doc(doc: EvaluatedDoc) -> Dict[str, Any]:
    return {
        "id": doc.id,
        "number": doc.number,
        "document": doc.document,
        "sha256": hash_text(doc.text),
        "token_starts": list(doc.token_starts),
        "token_ends": list(doc.token_ends),
        "gold": [mention[:3] for mention in doc.gold],
        "predicted": list(doc.predicted),
        **_write_out_of_reach(doc),
    }


def _write_out_of_reach(doc: EvaluatedDoc) -> Dict[str, Any]:
    """Only what there is: most documents have no such mention."""
    written: Dict[str, Any] = {}
    if doc.not_aligned:
        written["not_aligned"] = [mention[:3] for mention in doc.not_aligned]
    if doc.n_discontinuous:
        written["discontinuous"] = doc.n_discontinuous
    return written


def read_results(path: Path) -> Dict[str, Any]:
    """Read the JSON file of an evaluation.

    RAISES (UserError): The file cannot be read, has another format, or lacks the name of its
        pipeline or corpus.
    """
    try:
        data = json.loads(path.read_text(encoding="utf8"))
    except OSError as error:
        raise UserError(
            f"Cannot read {path} ({error.strerror}): give a JSON file that `evaluate` wrote."
        ) from None
    except (ValueError, RecursionError):
        data = None
    found = data.get("format") if isinstance(data, dict) else None
    if found != FORMAT:
        what = f"its format is {found!r}" if found else "it has no format"
        raise UserError(
            f"{path} is no evaluation of this version ({what}, not {FORMAT!r}): give a JSON "
            "file that `evaluate` wrote."
        )
    results: Dict[str, Any] = data
    pipeline = results.get("pipeline")
    is_named = isinstance(pipeline, dict) and {"lang", "name", "version"} <= pipeline.keys()
    if not is_named or not isinstance(results.get("corpus"), str):
        raise UserError(
            f"{path} is an evaluation without the name of its pipeline or corpus: run "
            "`evaluate` again."
        )
    return results
