"""The runs of an experiment: their scores, and differences with their intervals.

A difference is paired twice: two arms are compared on the same seeds and on the same documents.
Its interval is a bootstrap over both: documents are drawn with replacement, once for all arms
and seeds, and then seeds (a percentile interval, 95 %). It says how far the mean difference
would scatter with other seeds and other texts of the kind.
"""

from typing import Any, Dict, List, Literal, Mapping, NamedTuple, Optional, Sequence, Tuple

import numpy
from numpy import ndarray

from spacy_nested_ner.evaluation.bootstrap import intervals, resample

Line = Mapping[str, Any]
Part = Literal["dev", "test"]

SAMPLES = 2000


class Difference(NamedTuple):
    """F1 of one arm minus that of another, mean over seeds, in points, with its interval."""

    mean: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0

    def __str__(self) -> str:
        star = " *" if self.is_clear else ""
        return f"{self.mean:+.1f} ({self.low:+.1f} to {self.high:+.1f}){star}"


class Runs:
    """The lines of one experiment by arm and seed.

    RAISES (ValueError): Two lines of one cell.
    """

    def __init__(self, lines: Sequence[Line], experiment: str) -> None:
        self.experiment = experiment
        self.by_cell: Dict[Tuple[str, int], Line] = {}
        for line in lines:
            if line["experiment"] == experiment:
                cell = line["arm"], line["seed"]
                if cell in self.by_cell:
                    raise ValueError(
                        f"{experiment} has two lines of arm '{cell[0]}', seed {cell[1]}: "
                        "remove one."
                    )
                self.by_cell[cell] = line

    @property
    def arms(self) -> List[str]:
        """In the order in which they were first done."""
        return list(dict.fromkeys(arm for arm, _ in self.by_cell))

    def seeds(self, *arms: str) -> List[int]:
        """The seeds that all of the arms have run with."""
        seeds = [{seed for other, seed in self.by_cell if other == arm} for arm in arms]
        return sorted(set.intersection(*seeds))

    def scores(self, arm: str, metric: str = "total", part: Part = "test") -> ndarray:
        """F1 of each run of an arm, in per cent, (seeds,).

        metric: "total", "boundary", "macro" or the name of a type. A type that is neither in
            gold nor predicted has no score and counts as nan.
        """
        lines = [self.by_cell[arm, seed][part] for seed in self.seeds(arm)]
        if metric == "macro":
            gold_types = (
                [counts for counts in line["per_type"].values() if counts[0]] for line in lines
            )
            return numpy.array([f1(numpy.array(counts)).mean() for counts in gold_types])
        if metric in ("total", "boundary"):
            return numpy.array([f1(numpy.array(line[metric])) for line in lines])
        of_type = (line["per_type"].get(metric, [0, 0, 0]) for line in lines)
        return numpy.array([f1(numpy.array(counts)) for counts in of_type])

    def nested_recall(self, arm: str, part: Part = "test") -> ndarray:
        """Share of the gold mentions inside or around another that are found, in per cent."""
        nested = [self.by_cell[arm, seed][part]["nested"] for seed in self.seeds(arm)]
        return numpy.array([100 * found / max(1, gold) for gold, found in nested])

    def difference(self, arm: str, other: str, part: Part = "test") -> Optional[Difference]:
        """F1 of `arm` minus that of `other` on the seeds that both have; None if none."""
        if other not in self.arms or not (seeds := self.seeds(arm, other)):
            return None
        whole, drawn = self._resample([arm, other], seeds, part)
        return Difference(
            float(numpy.subtract(*whole).mean()), *_interval(numpy.subtract(*drawn))
        )

    def interval(self, arm: str, part: Part = "test") -> Tuple[float, float]:
        """Lower and upper end of the 95 % interval of the mean F1 of an arm."""
        _, drawn = self._resample([arm], self.seeds(arm), part)
        return _interval(drawn[0])

    def _resample(
        self, arms: Sequence[str], seeds: Sequence[int], part: Part
    ) -> Tuple[ndarray, ndarray]:
        """F1 of the runs on all documents, (arms, seeds), and on documents that are drawn
        anew, the same for all, (arms, samples, seeds)."""
        counts = numpy.array(
            [[self.by_cell[arm, seed][part]["per_document"] for seed in seeds] for arm in arms]
        )  # (arms, seeds, documents, 3)
        drawn = resample(counts.transpose(2, 0, 1, 3), n_resamples=SAMPLES, seed=0)
        return f1(counts.sum(axis=2)), f1(drawn).transpose(1, 0, 2)


def _interval(samples: ndarray) -> Tuple[float, float]:
    """The 95 % interval of a mean over seeds that are drawn anew in each sample, (samples,
    seeds)."""
    random = numpy.random.default_rng(0)
    which = random.integers(samples.shape[1], size=samples.shape)
    low, high = intervals(numpy.take_along_axis(samples, which, axis=1).mean(axis=1))
    return float(low), float(high)


def f1(counts: ndarray) -> ndarray:
    """F1 in per cent from gold, predicted and right mentions, (…, 3); nan where there is
    neither a gold nor a predicted one."""
    gold, predicted, right = numpy.moveaxis(counts.astype(float), -1, 0)
    with numpy.errstate(invalid="ignore"):
        return numpy.asarray(200 * right / (gold + predicted))
