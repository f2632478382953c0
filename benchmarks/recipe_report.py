"""Fill in the tables of docs/results.md and draw its learning curves, from the result lines.

    python -m benchmarks.recipe_report

A table whose experiment has no lines yet is left as it is, with a warning.
"""

from functools import partial
from pathlib import Path
from typing import Any

import numpy
import srsly
import typer
from wasabi import msg

from benchmarks.environment import ROOT
from benchmarks.experiments import read_lines
from benchmarks.pages import COLORS, Table, fill_in, save_plot
from benchmarks.runs import Runs


def main(
    page: Path = typer.Argument(ROOT / "docs" / "results.md", exists=True, dir_okay=False),
    lines: Path = typer.Option(ROOT / "benchmarks" / "results" / "recipe.jsonl", exists=True),
    plan: Path = typer.Option(ROOT / "benchmarks" / "recipe.yml", exists=True),
) -> None:
    """Rewrite the tables of PAGE, and the plots in a folder of its name."""
    done = read_lines(lines)
    baselines = srsly.read_yaml(plan)["baselines"]

    def make_table(experiment: str) -> Table:
        runs = Runs(done, experiment)
        if not runs.by_cell:
            raise KeyError(experiment)
        draw = partial(draw_curves, runs=runs)
        save_plot(page.with_suffix("") / f"{experiment}.svg", draw)
        return result_table(runs, baselines[experiment])

    page.write_text(fill_in(page.read_text(encoding="utf8"), make_table), encoding="utf8")
    msg.good(f"{page}: {len(done)} lines")


def result_table(runs: Runs, baseline: str) -> Table:
    """A row for each arm, best on dev first.

    baseline: Arm that the others are compared with.
    """
    header = [
        "arm",
        "seeds",
        "updates",
        "minutes",
        "dev F1",
        "test F1",
        "± sd",
        "95 % interval",
        "macro F1",
        "boundary F1",
        "nested R",
        f"test F1 − `{baseline}`",
    ]
    rows = []
    for arm in sorted(runs.arms, key=lambda arm: -runs.scores(arm, part="dev").mean()):
        lines = [runs.by_cell[arm, seed] for seed in runs.seeds(arm)]
        test = runs.scores(arm)
        difference = runs.difference(arm, baseline) if arm != baseline else None
        rows.append(
            [
                f"`{arm}`",
                str(len(test)),
                str(lines[0]["updates"]),
                f"{numpy.mean([line['seconds'] for line in lines]) / 60:.1f}",
                f"{runs.scores(arm, part='dev').mean():.1f}",
                f"{test.mean():.1f}",
                f"{test.std(ddof=1):.1f}" if len(test) > 1 else "",
                "{:.1f} to {:.1f}".format(*runs.interval(arm)),
                f"{numpy.nanmean(runs.scores(arm, 'macro')):.1f}",
                f"{runs.scores(arm, 'boundary').mean():.1f}",
                f"{runs.nested_recall(arm).mean():.1f}",
                str(difference) if difference else "",
            ]
        )
    return [header, *rows]


def draw_curves(figure: Any, runs: Runs) -> None:
    """F1 on dev by number of updates, mean over seeds, a line for each arm."""
    ax = figure.add_subplot()
    for arm, color in zip(runs.arms, COLORS):
        curves = [runs.by_cell[arm, seed]["curve"] for seed in runs.seeds(arm)]
        updates = [update for update, _ in curves[0]]
        means = numpy.mean([[100 * f for _, f in curve] for curve in curves], axis=0)
        ax.plot(updates[1:], means[1:], color=color, label=arm, marker="o", ms=3)
    ax.set_xlabel("updates")
    ax.set_ylabel("dev F1")
    ax.legend(frameon=False, loc="lower right")


if __name__ == "__main__":
    typer.run(main)
