"""Score a pipeline on a corpus, with confidence intervals."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple, Union

from ..evaluation.results import evaluate_pipeline
from ..files.writing import check_output, write_json
from ..tables import N_LABELS, Block, Heading, Result, Table, Warned, interval, percent, signed
from .inputs import (
    CorpusLike,
    PipelineLike,
    get_docs,
    get_optional_docs,
    get_pipeline,
    name_corpus,
    optional_path,
    places,
)

# number of rows in a table of errors
N_ROWS = 8
# with fewer documents, intervals are too narrow on average
FEW_UNITS = 20
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
        for facet in FACETS:
            yield _score_table(facet, results)
        yield from _error_tables(results["errors"])
        yield from interval_notes(results["intervals"])


def evaluate(
    pipeline: PipelineLike,
    corpus: CorpusLike,
    *,
    spans_key: Optional[str] = None,
    train: Optional[CorpusLike] = None,
    n_resamples: int = 1000,
    seed: int = 0,
    output: Union[str, Path, None] = None,
) -> EvaluationResult:
    """Score a pipeline on a corpus, by label, nesting, depth and width, with 95 % intervals.

        result = evaluate("training/model-best", "corpus/mine/test.spacy")
        print(result)
        result.f1, result.to_df()

    A mention is right if its start, end and label are right.

    pipeline: A pipeline, or its name or folder.
    corpus: A .spacy file, gold docs, or examples whose references are gold.
    spans_key: Key of doc.spans; None for the key in the settings of the pipeline.
    train: The training data, to group the labels by their frequency there.
    n_resamples, seed: Number of resamples of the bootstrap, 0 for no intervals, and its seed.
    output: JSON file for the scores and all mentions, without texts.
    RAISES (UserError): An input cannot be read, or has no mention under the key; no pipe
        writes to the key; the output is an input or cannot be written.
    """
    output = optional_path(output)
    if output is not None:
        check_output(output, places(pipeline, corpus, train))
    nlp = get_pipeline(pipeline)
    results = evaluate_pipeline(
        nlp,
        get_docs(corpus, nlp.vocab),
        corpus=name_corpus(corpus),
        spans_key=spans_key,
        train=get_optional_docs(train, nlp.vocab),
        n_resamples=n_resamples,
        seed=seed,
    )
    if output is not None:
        write_json(output, results)
    return EvaluationResult(results)


def interval_notes(intervals: Mapping[str, Any]) -> Iterator[Block]:
    """How the intervals were computed, with a warning if they are not reliable."""
    unit, n_units, n_resamples = (intervals[key] for key in ("unit", "units", "samples"))
    if n_units < 2:
        yield Warned(f"No intervals: the bootstrap needs more than one {unit}")
    elif n_resamples:
        yield f"Intervals: bootstrap, {n_resamples:,} resamples of {n_units:,} {unit}s"
        if n_units < FEW_UNITS:
            yield Warned(f"Intervals from {n_units} {unit}s are inexact and often too narrow")


def _score_table(facet: str, results: Mapping[str, Any]) -> Table:
    slices = results["scores"][facet]
    names = list(slices)
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
