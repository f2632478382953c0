"""The result of `evaluate`, and the tables that print it."""

from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

from ..scoring.small_sample import FEW_DOCUMENTS
from ..tables import N_LABELS, Block, Heading, Result, Table, Warned, interval, percent, signed

# number of rows in a table of errors
N_ROWS = 8
FACETS = {
    "all": "",
    "label": "label",
    "structure": "nesting",
    "depth": "depth",
    "width": "tokens",
    "frequency": "labels",
}
SLICES = {
    "micro": "micro",
    "all_gold": "micro, with gold out of reach",
    "boundary": "boundary (ignores labels)",
    "flat": "flat",
    "nested": "nested",
    "inner": "inside another",
    "outer": "around another",
    "same_label": "nested, same label",
    "crossing": "crossing",
    "same_span": "two labels on a span",
}


@dataclass(frozen=True)
class EvaluationResult(Result):
    """The scores of a pipeline on a corpus.

    results: The JSON of `evaluate`; see docs/evaluation.md.
    """

    results: Dict[str, Any]

    @property
    def f1(self) -> Optional[float]:
        """Micro F1, 0 to 1; None if there are no gold and no predicted mentions."""
        value: Optional[float] = self.results["scores"]["all"]["micro"]["f"]["value"]
        return value

    def to_dict(self) -> Dict[str, Any]:
        return self.results

    def records(self) -> List[Dict[str, Any]]:
        """A row for each slice of the mentions; scores from 0 to 1."""
        return [
            {
                "facet": facet,
                "slice": name,
                "gold": s["gold"],
                "predicted": s["predicted"],
                "precision": s["p"]["value"],
                "recall": s["r"]["value"],
                "f1": s["f"]["value"],
                "f1_low": s["f"]["low"],
                "f1_high": s["f"]["high"],
            }
            for facet, slices in self.results["scores"].items()
            for name, s in slices.items()
        ]

    def blocks(self) -> Iterator[Block]:
        results = self.results
        name = "{lang}_{name} {version}".format(**results["pipeline"])
        yield Heading(f"{name} on {results['corpus']}")
        yield (
            f"doc.spans['{results['spans_key']}'], {results['docs']:,} documents, "
            f"{results['tokens']:,} tokens, {results['speed']:,.0f} words/s"
        )
        yield from _cross_validation_notes(results.get("cross_validation"))
        for facet in FACETS:
            yield _score_table(facet, results)
            if facet == "all":
                yield from _out_of_reach_notes(results)
        yield from _error_tables(results["errors"])
        yield from interval_notes(results["intervals"])
        for warning in results["warnings"]:
            yield Warned(warning)


def _cross_validation_notes(made: Optional[Mapping[str, Any]]) -> Iterator[Block]:
    if made is None:
        return
    f = ", ".join(percent(value) for value in made["f"])
    yield (
        f"Cross-validated: {made['folds']} pipelines, each trained without the documents that "
        f"it predicted (seed {made['seed']}); F1 of the folds: {f}"
    )
    if made["unseen_labels"]:
        labels = ", ".join(f"{label} {n:,}" for label, n in made["unseen_labels"].items())
        yield Warned(
            "Mentions that no pipeline could find, because their label was not in its "
            f"training documents: {labels}"
        )


def interval_notes(intervals: Mapping[str, Any]) -> Iterator[Block]:
    """How the intervals were computed, with a warning if they are not reliable."""
    n_units, n_resamples = (intervals[key] for key in ("units", "samples"))
    if n_units < 2:
        yield Warned("No intervals: the bootstrap needs more than one document")
    elif n_resamples:
        is_percentile = intervals.get("method") == "percentile"
        method = "bootstrap" if is_percentile else "Wilson, variance from a bootstrap"
        yield f"Intervals: {method}, {n_resamples:,} resamples of {n_units:,} documents"
        if is_percentile and n_units < FEW_DOCUMENTS:
            yield Warned(f"Intervals from {n_units} documents are inexact and often too narrow")


def _out_of_reach_notes(results: Mapping[str, Any]) -> Iterator[Block]:
    not_aligned, discontinuous = (
        results["out_of_reach"][key] for key in ("not_aligned", "discontinuous")
    )
    if not_aligned:
        labels = ", ".join(f"{label} {n:,}" for label, n in not_aligned.items())
        yield (
            f"Gold mentions that begin or end inside a token: {sum(not_aligned.values()):,} "
            f"({labels})"
        )
    if discontinuous:
        yield f"Gold mentions of several parts, which no span can hold: {discontinuous:,}"


def _score_table(facet: str, results: Mapping[str, Any]) -> Table:
    slices = results["scores"][facet]
    names = list(slices)
    if facet == "all" and slices["all_gold"]["gold"] == slices["micro"]["gold"]:
        names.remove("all_gold")
    if facet == "label":
        names.sort(key=lambda name: -slices[name]["gold"])
    rows: List[Tuple[str, ...]] = []
    for name in names:
        s = slices[name]
        if s["gold"] or s["predicted"]:
            scores = (percent(s[score]["value"]) for score in ("p", "r", "f"))
            counts = (f"{s['gold']:,}", f"{s['predicted']:,}")
            rows.append((SLICES.get(name, name), *counts, *scores, interval(s["f"])))
    if facet == "all":
        macro = results["macro"]
        label = f"macro, {macro['labels']} labels"
        f = macro["f"]
        rows.insert(1, (label, "", "", "", "", percent(f["value"]), interval(f)))
    level = f"{results['intervals']['level']} %"
    header = (FACETS[facet], "gold", "predicted", "P", "R", "F1", level)
    return Table(header, rows, n_shown=N_LABELS)


def _error_tables(errors: Mapping[str, Any]) -> Iterator[Table]:
    kinds = errors["kinds"]
    yield Table(("mentions", ""), [(kind, f"{n:,}") for kind, n in kinds.items()])
    offsets = [
        (signed(o["start"]), signed(o["end"]), f"{o['count']:,}")
        for o in errors["boundary"][:N_ROWS]
    ]
    if offsets:
        yield Table(("start off", "end off", "mentions"), offsets, n_names=0)
    confused = _list_confused(errors["confusion"])
    if confused:
        yield Table(("gold", "predicted", "mentions"), confused, n_names=2)


def _list_confused(confusion: Mapping[str, Any]) -> List[Tuple[str, ...]]:
    labels, counts = confusion["labels"], confusion["counts"]
    pairs = [
        (counts[i][j], gold, predicted)
        for i, gold in enumerate(labels)
        for j, predicted in enumerate(labels)
        if i != j and counts[i][j]
    ]
    pairs.sort(key=lambda pair: (-pair[0], pair[1:]))
    return [(gold, predicted, f"{n:,}") for n, gold, predicted in pairs[:N_ROWS]]
