"""The runs of an experiment: scores, and differences with intervals.

A difference is paired twice: two arms are compared on the same seeds and on the same documents.
Its interval is a percentile interval (95 %) of a bootstrap over both: a resample draws
documents with replacement, the same for all arms and seeds, and then seeds. It estimates the
variation of the mean difference over other seeds and other documents of the same kind.
"""

from typing import Any, Dict, List, Literal, Mapping, NamedTuple, Optional, Sequence, Tuple

import numpy
from numpy import ndarray

from spacy_nested_ner.evaluation.bootstrap import intervals, resample

Line = Mapping[str, Any]
Part = Literal["dev", "test"]

SAMPLES = 2000


class Difference(NamedTuple):
    """Difference in F1 of two arms, mean over seeds, with its interval; percentage points."""

    mean: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval excludes zero."""
        return self.low > 0 or self.high < 0

    def __str__(self) -> str:
        star = " *" if self.is_clear else ""
        return f"{self.mean:+.1f} ({self.low:+.1f} to {self.high:+.1f}){star}"


class Runs:
    """The lines of one experiment by arm and seed.

    RAISES (ValueError): A cell has two lines.
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
        """In the order of their first lines."""
        return list(dict.fromkeys(arm for arm, _ in self.by_cell))

    def seeds(self, *arms: str) -> List[int]:
        """The seeds with which all of the arms have run."""
        seeds = [{seed for other, seed in self.by_cell if other == arm} for arm in arms]
        return sorted(set.intersection(*seeds))

    def scores(self, arm: str, metric: str = "total", part: Part = "test") -> ndarray:
        """F1 of each run of an arm, in per cent, (seeds,).

        metric: "total", "boundary", "macro" or a label. A label without gold and predicted
            mentions has the score nan.
        """
        lines = [self.by_cell[arm, seed][part] for seed in self.seeds(arm)]
        if metric == "macro":
            gold_labels = (
                [counts for counts in line["per_type"].values() if counts[0]] for line in lines
            )
            return numpy.array([f1(numpy.array(counts)).mean() for counts in gold_labels])
        if metric in ("total", "boundary"):
            return numpy.array([f1(numpy.array(line[metric])) for line in lines])
        of_label = (line["per_type"].get(metric, [0, 0, 0]) for line in lines)
        return numpy.array([f1(numpy.array(counts)) for counts in of_label])

    def nested_recall(self, arm: str, part: Part = "test", which: str = "nested") -> ndarray:
        """Recall of gold mentions inside or around another one, in per cent.

        which: "nested", or "same_label" for those inside or around one with their own label.
        """
        nested = [self.by_cell[arm, seed][part][which] for seed in self.seeds(arm)]
        return numpy.array([100 * found / max(1, gold) for gold, found in nested])

    def difference(self, arm: str, other: str, part: Part = "test") -> Optional[Difference]:
        """F1 of `arm` minus F1 of `other` on their common seeds; None if there are none."""
        if other not in self.arms or not (seeds := self.seeds(arm, other)):
            return None
        whole, drawn = self._resample([arm, other], seeds, part)
        return Difference(
            float(numpy.subtract(*whole).mean()), *_interval(numpy.subtract(*drawn))
        )

    def interval(self, arm: str, part: Part = "test") -> Tuple[float, float]:
        """Lower and upper bound of the 95 % interval of the mean F1 of an arm."""
        _, drawn = self._resample([arm], self.seeds(arm), part)
        return _interval(drawn[0])

    def _resample(
        self, arms: Sequence[str], seeds: Sequence[int], part: Part
    ) -> Tuple[ndarray, ndarray]:
        """F1 of the runs on all documents, (arms, seeds), and on resamples of the documents,
        the same for all runs, (arms, resamples, seeds)."""
        counts = numpy.array(
            [[self.by_cell[arm, seed][part]["per_document"] for seed in seeds] for arm in arms]
        )  # (arms, seeds, documents, 3)
        drawn = resample(counts.transpose(2, 0, 1, 3), n_resamples=SAMPLES, seed=0)
        return f1(counts.sum(axis=2)), f1(drawn).transpose(1, 0, 2)


def _interval(scores: ndarray) -> Tuple[float, float]:
    """The 95 % interval of the mean over seeds, which each resample draws again.

    scores: (resamples, seeds).
    """
    random = numpy.random.default_rng(0)
    which = random.integers(scores.shape[1], size=scores.shape)
    low, high = intervals(numpy.take_along_axis(scores, which, axis=1).mean(axis=1))
    return float(low), float(high)


def f1(counts: ndarray) -> ndarray:
    """F1 in per cent from counts of gold, predicted and right mentions, (…, 3); nan if there
    are no gold and no predicted mentions."""
    gold, predicted, right = numpy.moveaxis(counts.astype(float), -1, 0)
    with numpy.errstate(invalid="ignore"):
        return numpy.asarray(200 * right / (gold + predicted))
