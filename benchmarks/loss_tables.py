"""Tables of the experiments with losses: all arms, β, rare labels, sizes of the data."""

from typing import Collection, List, Mapping, Optional, Sequence

import numpy

from benchmarks.runs import Runs

# β of the EIoU-EMC arms
BETAS = (0.1, 0.3, 0.5, 0.7, 0.9)


def control_of(arm: str) -> Optional[str]:
    """The control of an EIoU-EMC arm: the class term with the same weight, without boundary
    term. None for other arms."""
    if not arm.startswith("eiou-emc-"):
        return None
    beta = float(arm.split("-")[2])
    return f"emc*{1 - beta:.1f}"


def arm_table(runs: Runs) -> List[List[str]]:
    """One row per arm, the best on dev first."""
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
    """Dev F1 of EIoU-EMC by experiment and β, and the gain on test with the best β on dev."""
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


def minority_table(tables: Mapping[int, Runs], labels: Sequence[str]) -> List[List[str]]:
    """F1 of the labels with few training mentions, and of all labels, by arm and number of
    training mentions.

    tables: Runs by number of training mentions.
    labels: Labels whose training mentions were reduced.
    """
    columns = {**{label: label for label in labels}, "all labels": "total"}
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
    """The arms of at least two experiments; with one experiment, all of its arms."""
    arms = [set(runs.arms) for runs in tables]
    least = min(2, len(arms))
    every = dict.fromkeys(arm for runs in tables for arm in runs.arms)
    return [arm for arm in every if sum(arm in some for some in arms) >= least]


def _show_scores(runs: Runs, arm: str, metric: str) -> str:
    scores = runs.scores(arm, metric) if arm in runs.arms else numpy.zeros(0)
    if len(scores) < 2:
        return ""
    return f"{numpy.nan_to_num(scores).mean():.1f} ± {numpy.nan_to_num(scores).std(ddof=1):.1f}"
