"""`python -m spacy_nested_ner compare`: is one pipeline better than another, or is it noise."""

from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

import typer
from wasabi import msg

from ..evaluation.compare import compare_results
from ..evaluation.results import evaluate_pipeline, read_results
from ..files.pipelines import load_pipeline
from ..files.writing import check_output, write_json
from ..user_error import UserError
from .evaluate import FACETS, MAX_COLUMN, SLICES, percent, signed, warn_of_few_units
from .gpu import use_gpu


def compare_command(
    a: str = typer.Argument(..., help="JSON that `evaluate` wrote; with --corpus, a pipeline."),
    b: str = typer.Argument(..., help="The same, of the pipeline that may be better."),
    corpus: Optional[Path] = typer.Option(
        None, help="A .spacy file, to evaluate two pipelines on it now."
    ),
    output: Optional[Path] = typer.Option(
        None, dir_okay=False, help="Write JSON to this file: all differences, all changed docs."
    ),
    documents: int = typer.Option(
        20, min=0, help="How many of the changed docs to show, worst and best."
    ),
    spans_key: Optional[str] = typer.Option(
        None, help="Key of the span groups in doc.spans, with --corpus."
    ),
    samples: int = typer.Option(1000, min=0, help="Of the bootstrap; 0 for no intervals."),
    seed: int = typer.Option(0, help="Of the bootstrap."),
    gpu_id: int = typer.Option(-1, help="Index of the GPU, -1 for the CPU; with --corpus."),
) -> None:
    """Compare two pipelines on the same documents: differences B − A with 95 % intervals, and
    the documents that changed."""
    check_output(output, [a, b, corpus])
    if corpus is None:
        _check_files(a, b)
        results = [read_results(Path(name)) for name in (a, b)]
    else:
        use_gpu(gpu_id)
        results = [
            evaluate_pipeline(load_pipeline(name), corpus, spans_key=spans_key, samples=0)
            for name in (a, b)
        ]
    comparison = compare_results(*results, samples=samples, seed=seed)
    if output is not None:
        write_json(output, comparison)
    _print_comparison(comparison, (a, b), documents)
    if output is not None:
        msg.good(f"Wrote {output}")


def _check_files(*names: str) -> None:
    for name in names:
        if Path(name).is_dir():
            raise UserError(
                f"{name} is a folder: give two JSON files that `evaluate` wrote, or two "
                "pipelines and --corpus."
            )


def _print_comparison(
    comparison: Mapping[str, Any], given: Tuple[str, str], n_documents: int
) -> None:
    msg.divider("B − A")
    for side, name in zip("ab", given):
        pipeline = "{lang}_{name} {version}".format(**comparison[side]["pipeline"])
        msg.text(f"{side.upper()}: {name}, {pipeline}")
    msg.text(f"{comparison['docs']:,} docs of {comparison['a']['corpus']}")
    scores = comparison["scores"]
    micro, boundary = scores["all"]["micro"], scores["all"]["boundary"]
    _print_differences(
        "",
        {
            "micro precision": micro["p"],
            "micro recall": micro["r"],
            "micro F1": micro["f"],
            "macro F1": comparison["macro"]["f"],
            "boundary F1": boundary["f"],
        },
        comparison,
    )
    for facet, title in FACETS.items():
        if title:
            differences = {name: s["f"] for name, s in scores[facet].items()}
            _print_differences(f"F1 by {title}", differences, comparison)
    _print_documents(comparison["documents"], n_documents)
    warn_of_few_units(comparison["intervals"])


def _print_differences(
    title: str, differences: Mapping[str, Dict[str, Any]], comparison: Mapping[str, Any]
) -> None:
    rows = [
        (
            SLICES.get(name, name),
            percent(d["a"]),
            percent(d["b"]),
            _points(d["difference"]),
            "–" if d["low"] is None else f"{_points(d['low'])} to {_points(d['high'])}",
            percent(d["not_better"]),
        )
        for name, d in differences.items()
        if d["a"] is not None or d["b"] is not None
    ]
    level = f"{comparison['intervals']['level']} %"
    header = (title, "A", "B", "B − A", level, "B ≤ A, %")
    aligns = ("l", *"r" * (len(header) - 1))
    msg.table(rows, header=header, divider=True, aligns=aligns, max_col=MAX_COLUMN)


def _points(value: Optional[float]) -> str:
    return "–" if value is None else f"{100 * value:+.1f}"


def _print_documents(changed: Sequence[Mapping[str, Any]], n_documents: int) -> None:
    parts = ("found", "lost", "removed", "added")
    rows: List[Tuple[str, ...]] = [
        (
            f"{doc['number']}",
            doc["id"],
            *(f"{len(doc[part]):,}" for part in parts),
            signed(doc["change"]),
        )
        for doc in _worst_and_best(changed, n_documents)
    ]
    totals = (f"{sum(len(doc[part]) for doc in changed):,}" for part in parts)
    total = signed(sum(doc["change"] for doc in changed))
    rows.append(("", f"all {len(changed):,} that changed", *totals, total))
    header = ("doc", "id", "found", "lost", "wrong gone", "wrong new", "change")
    aligns = ("r", "l", *"r" * 5)
    msg.table(rows, header=header, divider=True, aligns=aligns, max_col=MAX_COLUMN)


def _worst_and_best(
    changed: Sequence[Mapping[str, Any]], n_documents: int
) -> List[Mapping[str, Any]]:
    """Half of them from each end, in order; all, if there are no more."""
    if len(changed) <= n_documents:
        return list(changed)
    n_best = n_documents // 2
    return [*changed[: n_documents - n_best], *changed[len(changed) - n_best :]]
