"""Measure how many 95 % intervals contain the true score, by the number of documents.

python -m benchmarks.intervals --out benchmarks/results/intervals.jsonl

Corpora are drawn at random: each document has 1 + Poisson mentions, and a share of right ones
from a beta distribution, so mentions of one document resemble each other. As many predicted
mentions are wrong as gold mentions are missed, so precision, recall and F1 have one true value.
"""

from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import numpy
import srsly
import typer
from numpy import ndarray

from spacy_nested_ner.evaluation.bootstrap import intervals, resample
from spacy_nested_ner.evaluation.score_intervals import score_intervals
from spacy_nested_ner.scoring.matching import score

from .environment import read_environment
from .lines import append_line, describe_command, round_floats

DOCUMENTS = (3, 5, 10, 20, 50)
SHARES = (0.8, 0.9, 0.98)
SCORES = ("precision", "recall", "f1")


def draw_corpus(
    rng: numpy.random.Generator, documents: int, *, share: float, mentions: float, icc: float
) -> ndarray:
    """Gold, found, predicted and right mentions of each document, (documents, 1, 4).

    share: True precision, recall and F1.
    mentions: Mean number of gold mentions of a document.
    icc: Correlation between the mentions of a document.
    """
    spread = (1 - icc) / icc
    gold = 1 + rng.poisson(mentions - 1, documents)
    right = rng.binomial(gold, rng.beta(share * spread, (1 - share) * spread, documents))
    missed = gold * (1 - rng.beta(share * spread, (1 - share) * spread, documents))
    predicted = right + rng.poisson(missed)
    return numpy.stack([gold, right, predicted, right], axis=1)[:, None]


def measure_coverage(
    documents: int,
    share: float,
    *,
    mentions: float,
    icc: float,
    runs: int,
    n_resamples: int,
    seed: int,
) -> Dict[str, Any]:
    """Share of the corpora whose interval contains the true score, and the mean width, by
    method and score."""
    rng = numpy.random.default_rng(seed)
    found: Dict[str, List[Tuple[ndarray, ndarray]]] = {"wilson": [], "percentile": []}
    for run in range(runs):
        counts = draw_corpus(rng, documents, share=share, mentions=mentions, icc=icc)
        drawn = resample(counts, n_resamples=n_resamples, seed=run)
        found["wilson"].append(score_intervals(counts, drawn))
        found["percentile"].append(intervals(numpy.stack(score(drawn), axis=1)))
    row: Dict[str, Any] = {"documents": documents, "share": share}
    for method, bounds in found.items():
        low, high = numpy.array(bounds)[..., 0].transpose(1, 2, 0)  # (3, runs) each
        inside = ((low <= share) & (share <= high)).mean(axis=1)
        row[method] = dict(zip(SCORES, inside.tolist()))
        row[f"{method}_width"] = dict(zip(SCORES, numpy.nanmean(high - low, axis=1).tolist()))
    return row


def main(
    runs: int = typer.Option(1000, min=1, help="Random corpora of each size and share."),
    n_resamples: int = typer.Option(500, min=1, help="Number of resamples of the bootstrap."),
    mentions: float = typer.Option(6.0, min=1.0, help="Mean number of mentions in a document."),
    icc: float = typer.Option(0.1, help="Correlation between the mentions of a document."),
    seed: int = typer.Option(0, help="Seed of the corpora."),
    out: Optional[Path] = typer.Option(
        None, dir_okay=False, help="File to append the line to."
    ),
) -> None:
    """Print a JSON line with a row for each number of documents and share; append it to a
    file."""
    options: Dict[str, Any] = {
        "runs": runs,
        "n_resamples": n_resamples,
        "mentions": mentions,
        "icc": icc,
        "seed": seed,
    }
    result = {
        "command": describe_command("benchmarks.intervals", options),
        **options,
        "rows": [
            measure_coverage(documents, share, **options)
            for documents in DOCUMENTS
            for share in SHARES
        ],
        **read_environment(),
    }
    typer.echo(srsly.json_dumps(round_floats(result)))
    if out is not None:
        append_line(out, result)


if __name__ == "__main__":
    typer.run(main)
