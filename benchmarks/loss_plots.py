"""Plots of the experiments: SVG files for docs/losses.md."""

from typing import Any, Dict, List, Mapping, Sequence, Tuple

import numpy
from numpy import ndarray

from benchmarks.loss_tables import BETAS, arms_of, control_of
from benchmarks.pages import COLORS
from benchmarks.runs import Runs
from spacy_nested_ner.reporting.plots.svg import ACCENT, QUIET, SECOND

# number of plots in a row
COLUMNS = 4


def draw_beta_curves(figure: Any, tables: Mapping[str, Runs]) -> None:
    """Plot F1 against β for EIoU-EMC and for the class term alone with the same weight, one
    plot per experiment. Bars are standard deviations over seeds, the dashed line is plain
    EMC."""
    axes = _axes(figure, len(tables))
    for ax, (name, runs) in zip(axes, tables.items()):
        curves = {
            "EIoU-EMC": ({b: f"eiou-emc-{b}" for b in BETAS}, ACCENT),
            "EMC × (1 − β)": ({b: f"emc*{1 - b:.1f}" for b in BETAS}, SECOND),
        }
        for label, (arms, color) in curves.items():
            done = {beta: runs.scores(arm) for beta, arm in arms.items() if arm in runs.arms}
            means, spread = _mean_and_sd(done.values())
            ax.errorbar(
                list(done), means, yerr=spread, color=color, label=label, marker="o", ms=3
            )
        ax.axhline(runs.scores("emc").mean(), color=QUIET, lw=0.8, ls="--", label="EMC")
        ax.set_title(name)
        ax.set_xlabel("β")
        ax.set_xticks(BETAS)
    for ax in axes[::COLUMNS]:
        ax.set_ylabel("test F1")
    axes[0].legend(frameon=False, loc="lower left")


def draw_sizes(figure: Any, tables: Mapping[float, Runs]) -> None:
    """Plot F1 against the share of the training documents, one line per arm."""
    ax = figure.add_subplot()
    for arm, color in zip(arms_of(tables.values()), COLORS):
        done = {
            100 * size: runs.scores(arm) for size, runs in tables.items() if arm in runs.arms
        }
        means, spread = _mean_and_sd(done.values())
        ax.errorbar(list(done), means, yerr=spread, color=color, label=arm, marker="o", ms=3)
    ax.set_xscale("log")
    ticks = [100 * size for size in tables]
    ax.set_xticks(ticks, [f"{tick:g} %" for tick in ticks])
    ax.minorticks_off()
    ax.set_xlabel("share of the training documents")
    ax.set_ylabel("test F1")
    ax.legend(frameon=False)


def draw_gain_by_frequency(figure: Any, runs: Runs, arm: str, other: str) -> None:
    """Plot the gain in F1 of an arm over another for each label, against the number of its gold
    mentions in dev and test; in a stratified split, those in training are proportional."""
    ax = figure.add_subplot()
    found = label_gains(runs, arm, other)
    some = runs.by_cell[arm, runs.seeds(arm)[0]]
    frequency = [
        sum(some[part]["per_type"].get(label, [0])[0] for part in ("dev", "test"))
        for label in found
    ]
    ax.axhline(0, color=QUIET, lw=0.8)
    ax.scatter(frequency, list(found.values()), color=ACCENT, s=14, alpha=0.7, linewidths=0)
    ax.set_xscale("log")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter("")
    ax.set_xlabel("gold mentions of the label in dev and test")
    ax.set_ylabel(f"test F1, {arm} − {other}")


def label_gains(runs: Runs, arm: str, other: str) -> Dict[str, float]:
    """Mean difference of F1 for each label with gold mentions, in percentage points."""
    labels = {
        label
        for name in (arm, other)
        for seed in runs.seeds(name)
        for label, counts in runs.by_cell[name, seed]["test"]["per_type"].items()
        if counts[0]
    }
    return {
        label: float(
            numpy.nan_to_num(runs.scores(arm, label)).mean()
            - numpy.nan_to_num(runs.scores(other, label)).mean()
        )
        for label in sorted(labels)
    }


def draw_boundary(figure: Any, tables: Mapping[str, Runs]) -> None:
    """Plot boundary F1, which ignores labels, against F1: means over seeds, one dot for each
    arm at most 5 points below the best."""
    axes = _axes(figure, len(tables))
    for ax, (name, runs) in zip(axes, tables.items()):
        means = {arm: float(runs.scores(arm).mean()) for arm in runs.arms}
        for arm, x in means.items():
            if x < max(means.values()) - 5:
                continue
            y = runs.scores(arm, "boundary").mean()
            color = ACCENT if control_of(arm) else SECOND if arm.startswith("emc") else QUIET
            ax.scatter([x], [y], color=color, s=16, linewidths=0)
        ax.set_title(name)
        ax.set_xlabel("test F1")
    for ax in axes[::COLUMNS]:
        ax.set_ylabel("test boundary F1")


def _axes(figure: Any, n: int) -> List[Any]:
    """Make n plots in rows of `COLUMNS`; the height of the figure grows with the rows."""
    columns = min(n, COLUMNS)
    rows = -(-n // columns)
    figure.set_figheight(rows * figure.get_figheight())
    axes = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for ax in axes[n:]:
        ax.set_axis_off()
    return axes[:n]


def _mean_and_sd(scores: Any) -> Tuple[List[float], List[float]]:
    runs: Sequence[ndarray] = list(scores)
    return (
        [float(x.mean()) for x in runs],
        [float(x.std(ddof=1)) if len(x) > 1 else 0.0 for x in runs],
    )
