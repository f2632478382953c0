"""The runs of an experiment as tables: means, scatter, differences with their intervals.

A difference is paired twice: two arms are compared on the same seeds and on the same documents.
Its interval is a bootstrap over both: documents are drawn with replacement, once for all arms
and seeds, and then seeds (a percentile interval, 95 %). It says how far the mean difference
would scatter with other seeds and other texts of the kind.
"""

from typing import (
    Any,
    Collection,
    Dict,
    List,
    Literal,
    Mapping,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
)

import numpy
from numpy import ndarray

from spacy_nested_ner.evaluation.bootstrap import intervals, resample

Line = Mapping[str, Any]
Part = Literal["dev", "test"]

SAMPLES = 2000

# that EIoU-EMC is run at
BETAS = (0.1, 0.3, 0.5, 0.7, 0.9)


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
        counts = numpy.array(
            [
                [self.by_cell[name, seed][part]["per_document"] for seed in seeds]
                for name in (arm, other)
            ]
        )  # (2, seeds, documents, 3)
        mean = float(numpy.subtract(*f1(counts.sum(axis=2)).mean(axis=1)))
        drawn = resample(counts.transpose(2, 0, 1, 3), samples=SAMPLES, seed=0)
        differences = numpy.subtract(*f1(drawn).transpose(1, 0, 2))  # (samples, seeds)
        random = numpy.random.default_rng(0)
        which = random.integers(len(seeds), size=differences.shape)
        low, high = intervals(numpy.take_along_axis(differences, which, axis=1).mean(axis=1))
        return Difference(mean, float(low), float(high))


def f1(counts: ndarray) -> ndarray:
    """F1 in per cent from gold, predicted and right mentions, (…, 3); nan where there is
    neither a gold nor a predicted one."""
    gold, predicted, right = numpy.moveaxis(counts.astype(float), -1, 0)
    with numpy.errstate(invalid="ignore"):
        return numpy.asarray(200 * right / (gold + predicted))


def control_of(arm: str) -> Optional[str]:
    """The arm that has the class term of a β without the boundary term."""
    if not arm.startswith("eiou-emc-"):
        return None
    beta = float(arm.split("-")[2])
    return f"emc*{1 - beta:.1f}"


def arm_table(runs: Runs) -> List[List[str]]:
    """A row for each arm, best on dev first."""
    header = [
        "arm",
        "seeds",
        "dev F1",
        "test F1",
        "± sd",
        "macro F1",
        "boundary F1",
        "nested R",
        "test F1 − EMC",
        "test F1 − EMC × (1 − β)",
    ]
    rows = []
    for arm in sorted(runs.arms, key=lambda arm: -runs.scores(arm, part="dev").mean()):
        test = runs.scores(arm)
        against = [runs.difference(arm, "emc") if arm != "emc" else None]
        control = control_of(arm)
        against.append(runs.difference(arm, control) if control else None)
        rows.append(
            [
                f"`{arm}`",
                str(len(test)),
                f"{runs.scores(arm, part='dev').mean():.1f}",
                f"{test.mean():.1f}",
                f"{test.std(ddof=1):.1f}" if len(test) > 1 else "",
                f"{numpy.nanmean(runs.scores(arm, 'macro')):.1f}",
                f"{runs.scores(arm, 'boundary').mean():.1f}",
                f"{runs.nested_recall(arm).mean():.1f}",
                *(str(difference) if difference else "" for difference in against),
            ]
        )
    return [header, *rows]


def beta_table(tables: Mapping[str, Runs]) -> List[List[str]]:
    """Dev F1 of EIoU-EMC by experiment and β, and what the β that dev chooses gains on test."""
    header = [
        "experiment",
        "β = 0",
        *(f"{beta}" for beta in BETAS),
        "best on dev",
        "test F1 − EMC",
    ]
    rows = []
    for name, runs in tables.items():
        arms = ["emc", *(f"eiou-emc-{beta}" for beta in BETAS)]
        dev = [
            float(runs.scores(arm, part="dev").mean()) if arm in runs.arms else numpy.nan
            for arm in arms
        ]
        best = int(numpy.nanargmax(dev))
        gain = runs.difference(arms[best], "emc")
        rows.append(
            [
                f"`{name}`",
                *("" if numpy.isnan(x) else f"{x:.1f}" for x in dev),
                f"{(0, *BETAS)[best]:g}",
                str(gain) if best and gain else "",
            ]
        )
    return [header, *rows]


def minority_table(tables: Mapping[int, Runs], types: Sequence[str]) -> List[List[str]]:
    """F1 of the types whose training mentions were cut, and of all, by arm and number of
    mentions.

    tables: Runs by number of training mentions.
    """
    columns = {**{label: label for label in types}, "all types": "total"}
    header = ["arm", *(f"{name}, {n}" for name in columns for n in tables)]
    rows = []
    for arm in arms_of(tables.values()):
        cells = [
            _show_scores(runs, arm, metric)
            for metric in columns.values()
            for runs in tables.values()
        ]
        rows.append([f"`{arm}`", *cells])
    return [header, *rows]


def size_table(tables: Mapping[str, Runs]) -> List[List[str]]:
    """Test F1 by arm and size of the training data.

    tables: Runs by size.
    """
    header = ["arm", *tables]
    rows = [
        [f"`{arm}`", *(_show_scores(runs, arm, "total") for runs in tables.values())]
        for arm in arms_of(tables.values())
    ]
    return [header, *rows]


def arms_of(tables: Collection[Runs]) -> List[str]:
    """The arms that more than one experiment has, or the only one."""
    arms = [set(runs.arms) for runs in tables]
    least = min(2, len(arms))
    every = dict.fromkeys(arm for runs in tables for arm in runs.arms)
    return [arm for arm in every if sum(arm in some for some in arms) >= least]


def _show_scores(runs: Runs, arm: str, metric: str) -> str:
    scores = runs.scores(arm, metric) if arm in runs.arms else numpy.zeros(0)
    if len(scores) < 2:
        return ""
    return f"{numpy.nan_to_num(scores).mean():.1f} ± {numpy.nan_to_num(scores).std(ddof=1):.1f}"
