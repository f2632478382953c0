"""Compare two pipelines on one corpus: differences with intervals, and changed documents."""

from dataclasses import replace
from typing import Any, Dict, List, Mapping, Optional, Sequence, Set, TypedDict

import numpy
from numpy import ndarray

from ..files.damage import refuse_damage
from ..scoring.matching import Span, macro_f, score, value_or_none
from ..user_error import UserError
from .bootstrap import Intervals, describe_intervals, draw, find_units, intervals
from .documents import EvaluatedDoc
from .results import read_documents
from .slices import count_slices, find_labels, groups_of, sort_by_frequency

SCORES = ("p", "r", "f")


class Difference(TypedDict):
    """A score of both pipelines, 0 to 1, and B − A with the bounds of its 95 % interval.

    not_better: Share of the resamples with B ≤ A, among those in which both scores have a
        value. Below .025, the interval does not contain 0.
    """

    a: Optional[float]
    b: Optional[float]
    difference: Optional[float]
    low: Optional[float]
    high: Optional[float]
    not_better: Optional[float]


class ChangedDoc(TypedDict):
    """The differences of B from A in a document; mentions are (start, end, label), in
    characters.

    number: Index of the document in the corpus, from 0.
    found, lost: Gold mentions that only B found, and that only A found.
    added, removed: Wrong mentions that only B predicted, and that only A predicted.
    change: found − lost + removed − added; above 0, B is better.
    """

    number: int
    id: str
    change: int
    found: List[Span]
    lost: List[Span]
    added: List[Span]
    removed: List[Span]


class Comparison(TypedDict):
    """All differences.

    scores: By facet, slice and score (p, r, f), as in `evaluate.Evaluation`.
    documents: Changed documents, sorted by `change`, the lowest first.
    """

    docs: int
    scores: Dict[str, Dict[str, Dict[str, Difference]]]
    macro: Dict[str, Difference]
    documents: List[ChangedDoc]
    intervals: Intervals


def compare_results(
    a: Mapping[str, Any], b: Mapping[str, Any], *, n_resamples: int = 1000, seed: int = 0
) -> Dict[str, Any]:
    """Compare two evaluations.

    a, b: From `results.evaluate_pipeline`.
    RETURNS: The JSON of `compare`; see docs/evaluation.md.
    RAISES (UserError): They are not of the same corpus, or one of them is incomplete.
    """
    with refuse_damage("One of the evaluations is incomplete", "run `evaluate` again"):
        hashes = [[doc["sha256"] for doc in results["documents"]] for results in (a, b)]
        docs_a, docs_b = read_documents(a), read_documents(b)
        counts = [dict(results["frequency"]["counts"]) for results in (a, b)]
        counted_in = [results["frequency"]["counted_in"] for results in (a, b)]
        heads = [
            {key: results[key] for key in ("pipeline", "corpus", "spans_key")}
            for results in (a, b)
        ]
    _check_same_corpus(docs_a, docs_b, *hashes)
    # two files of one corpus may have different tokens: take the widths from one of them
    docs_b = [replace(one, predicted=other.predicted) for one, other in zip(docs_a, docs_b)]
    is_training = counted_in == ["training"] * 2 and counts[0] == counts[1]
    comparison = compare_docs(
        docs_a,
        docs_b,
        n_resamples=n_resamples,
        seed=seed,
        train_counts=counts[0] if is_training else None,
    )
    return {"a": heads[0], "b": heads[1], **comparison}


def compare_docs(
    a: Sequence[EvaluatedDoc],
    b: Sequence[EvaluatedDoc],
    *,
    n_resamples: int = 1000,
    seed: int = 0,
    train_counts: Optional[Mapping[str, int]] = None,
) -> Comparison:
    """Compare the predicted mentions of two pipelines on the same documents.

    Both are scored on the same resamples, so that difficult documents lower both scores and
    not the difference.

    n_resamples, seed: Number of resamples of the bootstrap, and its seed.
    train_counts: See `evaluate.evaluate_docs`.
    """
    labels = find_labels([*a, *b])
    groups = groups_of(sort_by_frequency(a, labels, train_counts))
    units = find_units(a)
    counted = [count_slices(x, units.rows, labels=labels, frequency=groups) for x in (a, b)]
    names = counted[0].names
    # (units, 2, slices, 4): one array, so that the same units are drawn for both
    counts = numpy.stack([x.counts for x in counted], axis=1)
    total = counts.sum(axis=0)
    drawn = draw(counts, units, n_resamples=n_resamples, seed=seed)
    # (2, 3, slices) and (n_resamples, 2, 3, slices)
    values = numpy.stack(score(total), axis=1)
    drawn_values = numpy.stack(score(drawn), axis=2)
    differ = _Differences(values, drawn_values)
    scores: Dict[str, Dict[str, Dict[str, Difference]]] = {}
    for i, (facet, name) in enumerate(names):
        scores.setdefault(facet, {})[name] = {
            SCORES[k]: differ.at(k, i) for k in range(len(SCORES))
        }
    of_labels = counted[0].of_facet("label")
    macro = _Differences(macro_f(total[:, of_labels]), macro_f(drawn[:, :, of_labels]))
    return {
        "docs": len(a),
        "scores": scores,
        "macro": {"f": macro.at()},
        "documents": find_changes(a, b),
        "intervals": describe_intervals(
            units, method="percentile", n_resamples=len(drawn), seed=seed
        ),
    }


def find_changes(a: Sequence[EvaluatedDoc], b: Sequence[EvaluatedDoc]) -> List[ChangedDoc]:
    """The documents in which A and B differ, sorted by `change`, the lowest first."""
    changes = []
    for of_a, of_b in zip(a, b):
        gold, one, other = (_spans(x) for x in (of_a.gold, of_a.predicted, of_b.predicted))
        if one != other:
            found, lost = (other - one) & gold, (one - other) & gold
            added, removed = (other - one) - gold, (one - other) - gold
            change: ChangedDoc = {
                "number": of_a.number,
                "id": of_a.id,
                "change": len(found) - len(lost) + len(removed) - len(added),
                "found": sorted(found),
                "lost": sorted(lost),
                "added": sorted(added),
                "removed": sorted(removed),
            }
            changes.append(change)
    return sorted(changes, key=lambda change: (change["change"], change["number"]))


class _Differences:
    """Differences of scores (2, …) and of their resamples (n_resamples, 2, …)."""

    def __init__(self, values: ndarray, drawn: ndarray) -> None:
        self.values = values
        difference = drawn[:, 1] - drawn[:, 0]
        self.low, self.high = intervals(difference)
        n = (~numpy.isnan(difference)).sum(axis=0)
        with numpy.errstate(invalid="ignore"):
            self.not_better = (difference <= 0).sum(axis=0) / n

    def at(self, *index: int) -> Difference:
        a, b = (float(values[index]) for values in self.values)
        return {
            "a": value_or_none(a),
            "b": value_or_none(b),
            "difference": value_or_none(b - a),
            "low": value_or_none(self.low[index]),
            "high": value_or_none(self.high[index]),
            "not_better": value_or_none(self.not_better[index]),
        }


def _check_same_corpus(
    a: Sequence[EvaluatedDoc],
    b: Sequence[EvaluatedDoc],
    hashes_a: Sequence[str],
    hashes_b: Sequence[str],
) -> None:
    advice = "evaluate both pipelines on the same file."
    for number, (one, other) in enumerate(zip(a, b)):
        same = {
            "text": hashes_a[number] == hashes_b[number],
            "gold mentions": _spans(one.gold) == _spans(other.gold),
        }
        for what, is_same in same.items():
            if not is_same:
                raise UserError(
                    f"The evaluations are of different corpora: document {one.number} "
                    f"(from 0), '{one.id}' in A and '{other.id}' in B, differs in its {what}; "
                    f"{advice}"
                )
    if len(a) != len(b):
        raise UserError(
            f"The evaluations are of different corpora: A has {len(a):,} documents, B has "
            f"{len(b):,}; {advice}"
        )


def _spans(mentions: Sequence[Any]) -> Set[Span]:
    return {(mention.start, mention.end, mention.label) for mention in mentions}
