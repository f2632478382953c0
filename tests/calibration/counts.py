"""Counts of logits from a list of spans, for tests that need no pipeline."""

from typing import Dict, List, Sequence, Tuple

import numpy

from spacy_nested_ner.calibration.logit_counts import EDGES, N_BINS, LogitCounts

# label, logit, is it gold
Cell = Tuple[str, float, bool]


def make_counts(
    folds: Sequence[List[Cell]],
    labels: Sequence[str],
    *,
    logit_scale: float = 2.0,
    unreachable: Dict[str, List[int]] = {},  # noqa: B006
) -> LogitCounts:
    """unreachable: gold spans that cannot be predicted, in each fold."""
    gold, other = (numpy.zeros((len(folds), len(labels), N_BINS), dtype=int) for _ in range(2))
    for fold, cells in enumerate(folds):
        for label, logit, is_gold in cells:
            bin = sum(logit > edge for edge in EDGES.tolist())
            (gold if is_gold else other)[fold, labels.index(label), bin] += 1
    above = numpy.arange(N_BINS) > EDGES.tolist().index(0.0)
    return LogitCounts(
        labels=tuple(labels),
        logit_scale=logit_scale,
        temperatures=numpy.ones(len(labels)),
        thresholds=numpy.full(len(labels), 0.5),
        gold=gold,
        other=other,
        unreachable={label: numpy.array(n) for label, n in unreachable.items()},
        right=gold[..., above].sum(-1),
        predicted=(gold + other)[..., above].sum(-1),
        n_docs=numpy.full(len(folds), 10),
    )


def random_cells(rng, n: int, labels: Sequence[str], *, hardness: float = 1.0) -> List[Cell]:
    """Spans of which those with a high logit are gold more often."""
    cells = []
    for _ in range(n):
        label = rng.choice(labels)
        logit = rng.gauss(-1, 2)
        shift = labels.index(label) / 2
        cells.append((label, logit, rng.gauss(0, hardness) < logit - shift))
    return cells
