"""`python -m spacy_nested_ner evaluate`: how good a pipeline is, and how sure that is."""

from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Tuple

import typer
from wasabi import msg

from ..evaluation.results import evaluate_pipeline
from ..files.pipelines import load_pipeline
from ..files.writing import check_output, write_json
from .gpu import use_gpu

# rows of a table of errors
N_ROWS = 8
# fewer documents than these scatter too little to tell how far others would
FEW_UNITS = 20
# characters of a label in a table
MAX_COLUMN = 60
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
    "boundary": "boundary, labels ignored",
    "flat": "flat",
    "nested": "nested",
    "inner": "inside another",
    "outer": "around another",
    "same_label": "nested in the same label",
    "crossing": "crossing",
    "same_span": "two labels on a span",
}


def evaluate_command(
    pipeline: str = typer.Argument(..., help="Trained pipeline, by name or folder."),
    corpus: Path = typer.Argument(..., help="A .spacy file with the gold mentions."),
    output: Optional[Path] = typer.Option(
        None, dir_okay=False, help="Write JSON to this file: all scores, all mentions, no text."
    ),
    spans_key: Optional[str] = typer.Option(
        None, help="Key of the span groups in doc.spans; that of the pipeline by default."
    ),
    train: Optional[Path] = typer.Option(
        None, help="The .spacy file of the training: says which labels were frequent there."
    ),
    samples: int = typer.Option(1000, min=0, help="Of the bootstrap; 0 for no intervals."),
    seed: int = typer.Option(0, help="Of the bootstrap."),
    gpu_id: int = typer.Option(-1, help="Index of the GPU, -1 for the CPU."),
) -> None:
    """Score a pipeline on a corpus, by label, nesting, depth and width, with 95 % intervals.

    A mention is right if its start, end and label are.
    """
    check_output(output, [corpus, train, pipeline])
    use_gpu(gpu_id)
    results = evaluate_pipeline(
        load_pipeline(pipeline),
        corpus,
        spans_key=spans_key,
        train=train,
        samples=samples,
        seed=seed,
    )
    if output is not None:
        write_json(output, results)
    _print_results(results)
    if output is not None:
        msg.good(f"Wrote {output}")


def _print_results(results: Mapping[str, Any]) -> None:
    name = "{lang}_{name} {version}".format(**results["pipeline"])
    msg.divider(f"{name} on {results['corpus']}")
    msg.text(
        f"doc.spans['{results['spans_key']}'], {results['docs']:,} docs, "
        f"{results['tokens']:,} tokens, {results['speed']:,.0f} words/s"
    )
    for facet, title in FACETS.items():
        _print_scores(title, results["scores"][facet], results)
    _print_errors(results["errors"])
    warn_of_few_units(results["intervals"])


def _print_scores(
    title: str, slices: Mapping[str, Dict[str, Any]], results: Mapping[str, Any]
) -> None:
    rows = []
    names = list(slices)
    if title == "label":
        names.sort(key=lambda name: -slices[name]["gold"])
    for name in names:
        s = slices[name]
        if s["gold"] or s["predicted"]:
            scores = (percent(s[score]["value"]) for score in ("p", "r", "f"))
            counts = (f"{s['gold']:,}", f"{s['predicted']:,}")
            rows.append((SLICES.get(name, name), *counts, *scores, interval(s["f"])))
    if not title:
        macro = results["macro"]
        label = f"macro, {macro['labels']} labels"
        f = macro["f"]
        rows.insert(1, (label, "", "", "", "", percent(f["value"]), interval(f)))
    header = (title, "gold", "predicted", "P", "R", "F1", f"{results['intervals']['level']} %")
    aligns = ("l", *"r" * (len(header) - 1))
    msg.table(rows, header=header, divider=True, aligns=aligns, max_col=MAX_COLUMN)


def _print_errors(errors: Mapping[str, Any]) -> None:
    kinds = errors["kinds"]
    rows: List[Tuple[str, ...]] = [(kind, f"{count:,}") for kind, count in kinds.items()]
    msg.table(rows, header=("mentions", ""), divider=True, aligns=("l", "r"))
    rows = [
        (signed(o["start"]), signed(o["end"]), f"{o['count']:,}")
        for o in errors["boundary"][:N_ROWS]
    ]
    if rows:
        header = ("start off", "end off", "mentions")
        msg.table(rows, header=header, divider=True, aligns=("r", "r", "r"))
    rows = _list_confused(errors["confusion"])
    if rows:
        header = ("gold", "predicted", "mentions")
        msg.table(rows, header=header, divider=True, aligns=("l", "l", "r"), max_col=MAX_COLUMN)


def _list_confused(confusion: Mapping[str, Any]) -> List[Tuple[str, ...]]:
    labels, counts = confusion["labels"], confusion["counts"]
    pairs = [
        (counts[i][j], gold, predicted)
        for i, gold in enumerate(labels)
        for j, predicted in enumerate(labels)
        if i != j and counts[i][j]
    ]
    pairs.sort(key=lambda pair: (-pair[0], pair[1:]))
    return [(gold, predicted, f"{count:,}") for count, gold, predicted in pairs[:N_ROWS]]


def signed(n: int) -> str:
    return f"{n:+d}" if n else "0"


def percent(value: Optional[float]) -> str:
    return "–" if value is None else f"{100 * value:.1f}"


def interval(estimate: Mapping[str, Optional[float]]) -> str:
    if estimate["low"] is None:
        return "–"
    return f"{percent(estimate['low'])} to {percent(estimate['high'])}"


def warn_of_few_units(intervals: Mapping[str, Any]) -> None:
    unit, n_units, samples = (intervals[key] for key in ("unit", "units", "samples"))
    if n_units < 2:
        msg.warn(f"No intervals: they need more than one {unit}")
    elif samples:
        msg.text(f"Intervals: bootstrap, {samples:,} samples of {n_units:,} {unit}s")
        if n_units < FEW_UNITS:
            msg.warn(f"Intervals from {n_units} {unit}s are rough, and rather too narrow")
