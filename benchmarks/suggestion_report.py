"""Fill in the tables and the plot of docs/annotate.md from the result lines of `suggestion`.

python -m benchmarks.suggestion_report
"""

from pathlib import Path
from typing import Any, Dict, List, Mapping, Sequence

import numpy
import srsly
import typer

from benchmarks.environment import ROOT
from benchmarks.pages import ACCENT, SECOND, Table, fill_in, save_plot
from benchmarks.suggestion import ARMS

PAGE = ROOT / "docs" / "annotate.md"
LINES = ROOT / "benchmarks" / "results" / "suggestion.jsonl"
NAME = "suggestion"
Line = Mapping[str, Any]
# by share of the mentions, the points of the curve, one of each seed
Curve = Dict[float, List[Mapping[str, Any]]]


def main(page: Path = typer.Option(PAGE), lines: Path = typer.Option(LINES)) -> None:
    """Fill in a table for each corpus, and draw the plot in the folder with the name of the
    page."""
    curves = read_corpora(list(srsly.read_jsonl(lines)))
    tables = {f"{NAME}-{corpus}": make_table(its) for corpus, its in curves.items()}
    text = fill_in(page.read_text(encoding="utf8"), tables.__getitem__)
    page.write_text(text, encoding="utf8")
    save_plot(page.with_suffix("") / f"{NAME}.svg", lambda figure: draw(figure, curves))


def read_corpora(lines: Sequence[Line]) -> Dict[str, Dict[str, Curve]]:
    """The curves of each dataset that has a seed of both arms, by its name."""
    by_name: Dict[str, List[Line]] = {}
    for line in lines:
        by_name.setdefault(line["corpus"]["dataset"], []).append(line)
    curves = {name: read_curves(its) for name, its in by_name.items()}
    return {name: its for name, its in curves.items() if its["random"]}


def read_curves(lines: Sequence[Line]) -> Dict[str, Curve]:
    """The curve of each arm, over the seeds that all arms have. With all mentions the arms are
    the same; only `random` has this point."""
    by_arm = {arm: {line["seed"]: line for line in lines if line["arm"] == arm} for arm in ARMS}
    seeds = sorted(set.intersection(*map(set, by_arm.values())))
    curves: Dict[str, Curve] = {}
    for arm, by_seed in by_arm.items():
        curve = curves[arm] = {}
        for point in (point for seed in seeds for point in by_seed[seed]["points"]):
            curve.setdefault(point["share"], []).append(point)
    random, suggest = (curves[arm] for arm in ARMS)
    if random:
        suggest[1.0] = random[1.0]
    return curves


def make_table(curves: Mapping[str, Curve]) -> Table:
    """One row for each share of the mentions: means over the seeds. In brackets behind the
    difference of the arms in F1: that of the worst and of the best seed."""
    header = [
        "annotated mentions",
        *(
            f"{name}, {arm}"
            for name in ("documents", "F1", "macro F1")
            for arm in ("random", "`suggest`")
        ),
        "F1 `suggest` − random",
    ]
    rows = []
    for share, random in sorted(curves["random"].items()):
        suggest = curves["suggest"][share]
        differences = [ours["f1"] - theirs["f1"] for ours, theirs in zip(suggest, random)]
        rows.append(
            [
                f"{share:.0%}",
                *(f"{mean(points, 'documents'):,.0f}" for points in (random, suggest)),
                *(f"{mean(points, 'f1'):.1f}" for points in (random, suggest)),
                *(f"{mean(points, 'macro_f1'):.1f}" for points in (random, suggest)),
                f"{numpy.mean(differences):+.1f} "
                f"({min(differences):+.1f} to {max(differences):+.1f})",
            ]
        )
    return [header, *rows]


def mean(points: Sequence[Mapping[str, Any]], name: str) -> float:
    return float(numpy.mean([point[name] for point in points]))


def draw(figure: Any, curves: Mapping[str, Mapping[str, Curve]]) -> None:
    """Plot F1 on test against annotated mentions, means over the seeds: a plot for each corpus,
    side by side."""
    for ax, (corpus, its) in zip(
        figure.subplots(1, len(curves), squeeze=False)[0], curves.items()
    ):
        for (arm, curve), color in zip(its.items(), (SECOND, ACCENT)):
            points = [curve[share] for share in sorted(curve)]
            mentions, f1 = ([mean(p, name) for p in points] for name in ("mentions", "f1"))
            ax.plot(mentions, f1, color=color, label=arm, marker="o", ms=3)
        ax.set_title(corpus)
        ax.set_xlabel("annotated mentions")
        ax.set_ylabel("F1 on test")
        ax.legend(frameon=False, loc="lower right")


if __name__ == "__main__":
    typer.run(main)
