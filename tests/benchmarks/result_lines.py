"""Lines of made-up runs."""

import numpy

from benchmarks.runs import Runs


def line(arm, seed, per_document, *, experiment="e", per_type=None, plan=None):
    counts = {
        "total": numpy.sum(per_document, axis=0).tolist(),
        "boundary": [10, 10, 9],
        "nested": [4, 3],
        "per_type": per_type or {"X": [10, 8, 6], "Y": [0, 3, 0], "Z": [5, 5, 1]},
        "per_document": [list(row) for row in per_document],
    }
    return {
        "experiment": experiment,
        "arm": arm,
        "seed": seed,
        "plan": plan or {},
        "machine": {"cpu": "AMD EPYC"},
        "dev": counts,
        "test": counts,
    }


def runs_of(scores):
    """Runs of one document each, with so many right of 100, by arm and seed."""
    return Runs(
        [
            line(arm, seed, [[100, 100, right]])
            for arm, rights in scores.items()
            for seed, right in enumerate(rights)
        ],
        "e",
    )
