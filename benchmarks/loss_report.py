"""Update the tables and plots of docs/losses.md from the result lines.

    python -m benchmarks.loss_report

A table without result lines is not changed and gives a warning.
"""

from functools import partial
from pathlib import Path
from typing import Any, Callable, Dict, Mapping, Sequence

import srsly
import typer
from wasabi import msg

from benchmarks import loss_plots as plots
from benchmarks.environment import ROOT
from benchmarks.experiments import read_lines
from benchmarks.loss_tables import arm_table, beta_table, minority_table, size_table
from benchmarks.pages import Table, fill_in, save_plot
from benchmarks.runs import Runs

# arms of the plot of gains by label frequency; this β is the best on dev of the experiment
GAINING, GAINED_ON = "eiou-emc-0.3", "emc"


def main(
    page: Path = typer.Argument(ROOT / "docs" / "losses.md", exists=True, dir_okay=False),
    lines: Path = typer.Option(ROOT / "benchmarks" / "results" / "losses.jsonl", exists=True),
    plan: Path = typer.Option(ROOT / "benchmarks" / "losses.yml", exists=True),
) -> None:
    """Update the tables of PAGE and the plots in the folder of the same name."""
    experiments = Experiments(read_lines(lines), srsly.read_yaml(plan))
    text = fill_in(page.read_text(encoding="utf8"), experiments.table)
    for name, draw in experiments.plots().items():
        save_plot(page.with_suffix("") / f"{name}.svg", draw)
    page.write_text(text, encoding="utf8")
    msg.good(f"{page}: {len(experiments.runs)} experiments")


class Experiments:
    """The runs of all experiments, with their plan.

    plan (Mapping[str, Any]): The content of a plan file: `experiments` and `tables`.
    """

    def __init__(self, lines: Sequence[Mapping[str, Any]], plan: Mapping[str, Any]) -> None:
        done = {line["experiment"] for line in lines}
        self.plan: Mapping[str, Any] = plan["experiments"]
        self.runs = {name: Runs(lines, name) for name in self.plan if name in done}
        self.over_several: Mapping[str, Sequence[str]] = plan.get("tables", {})

    def table(self, name: str) -> Table:
        """Make the table of an experiment, or a table over several experiments.

        RAISES (KeyError): It has no result lines.
        """
        if name in self.runs:
            return arm_table(self.runs[name])
        some = self._several(name)
        if not some:
            raise KeyError(name)
        if name == "beta":
            return beta_table(some)
        if all("at_most" in self.plan[key] for key in some):
            cut = {max(self.plan[key]["at_most"].values()): runs for key, runs in some.items()}
            return minority_table(cut, list(self.plan[next(iter(some))]["at_most"]))
        return size_table({f"{self._share(key):.0%}": runs for key, runs in some.items()})

    def plots(self) -> Dict[str, Callable[[Any], None]]:
        """The functions that draw plots, by name of the plot; only plots with result lines."""
        drawn: Dict[str, Callable[[Any], None]] = {}
        if swept := self._several("beta"):
            drawn["beta"] = partial(plots.draw_beta_curves, tables=swept)
            drawn["boundary"] = partial(plots.draw_boundary, tables=swept)
        maintie = self.runs.get("maintie")
        if maintie and {GAINING, GAINED_ON} <= set(maintie.arms):
            drawn["labels"] = partial(
                plots.draw_gain_by_frequency, runs=maintie, arm=GAINING, other=GAINED_ON
            )
        some = self._several("genia-size")
        if len(some) > 1:  # one size makes no curve
            sizes = {self._share(name): runs for name, runs in some.items()}
            drawn["size"] = partial(plots.draw_sizes, tables=sizes)
        return drawn

    def _several(self, table: str) -> Dict[str, Runs]:
        """The runs of a table over several experiments, without experiments without lines."""
        names = self.over_several.get(table, ())
        return {name: self.runs[name] for name in names if name in self.runs}

    def _share(self, experiment: str) -> float:
        return float(self.plan[experiment].get("documents", 1.0))


if __name__ == "__main__":
    typer.run(main)
