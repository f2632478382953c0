"""Fill in the tables of docs/losses.md and draw its plots, from the result lines.

    python -m benchmarks.loss_report

A table whose experiments have no lines yet is left as it is, with a warning.
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

# the arms whose difference is drawn by the frequency of types: the β that is best on their dev
GAINING, GAINED_ON = "eiou-emc-0.3", "emc"


def main(
    page: Path = typer.Argument(ROOT / "docs" / "losses.md", exists=True, dir_okay=False),
    lines: Path = typer.Option(ROOT / "benchmarks" / "results" / "losses.jsonl", exists=True),
    plan: Path = typer.Option(ROOT / "benchmarks" / "losses.yml", exists=True),
) -> None:
    """Rewrite the tables of PAGE, and the plots in a folder of its name."""
    experiments = Experiments(read_lines(lines), srsly.read_yaml(plan))
    text = fill_in(page.read_text(encoding="utf8"), experiments.table)
    for name, draw in experiments.plots().items():
        save_plot(page.with_suffix("") / f"{name}.svg", draw)
    page.write_text(text, encoding="utf8")
    msg.good(f"{page}: {len(experiments.runs)} experiments")


class Experiments:
    """The runs of all experiments, and what the plan says of each and of tables over several.

    plan (Mapping[str, Any]): The content of a plan file: `experiments` and `tables`.
    """

    def __init__(self, lines: Sequence[Mapping[str, Any]], plan: Mapping[str, Any]) -> None:
        done = {line["experiment"] for line in lines}
        self.plan: Mapping[str, Any] = plan["experiments"]
        self.runs = {name: Runs(lines, name) for name in self.plan if name in done}
        self.over_several: Mapping[str, Sequence[str]] = plan.get("tables", {})

    def table(self, name: str) -> Table:
        """The table of that name: of an experiment, or of several.

        RAISES (KeyError): There are no lines for it.
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
        """Name of each plot that has its lines, and what draws it."""
        drawn: Dict[str, Callable[[Any], None]] = {}
        if swept := self._several("beta"):
            drawn["beta"] = partial(plots.draw_beta_curves, tables=swept)
            drawn["boundary"] = partial(plots.draw_boundary, tables=swept)
        types = self.runs.get("maintie")
        if types and {GAINING, GAINED_ON} <= set(types.arms):
            drawn["types"] = partial(
                plots.draw_gain_by_frequency, runs=types, arm=GAINING, other=GAINED_ON
            )
        some = self._several("genia-size")
        if len(some) > 1:  # or there is no curve
            sizes = {self._share(name): runs for name, runs in some.items()}
            drawn["size"] = partial(plots.draw_sizes, tables=sizes)
        return drawn

    def _several(self, table: str) -> Dict[str, Runs]:
        """The runs behind a table over several experiments, as far as they are done."""
        names = self.over_several.get(table, ())
        return {name: self.runs[name] for name in names if name in self.runs}

    def _share(self, experiment: str) -> float:
        return float(self.plan[experiment].get("documents", 1.0))


if __name__ == "__main__":
    typer.run(main)
