"""Update the tables of docs/results.md, docs/comparison.md, docs/accuracy.md and the README,
and the learning curves of docs/results.md, from the result lines.

    python -m benchmarks.recipe_report

A table without result lines is not changed and gives a warning.
"""

import re
from functools import partial
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, Sequence, Tuple

import numpy
import srsly
import typer
from wasabi import msg

from benchmarks.environment import ROOT
from benchmarks.experiments import read_lines
from benchmarks.pages import COLORS, Table, fill_in, save_plot
from benchmarks.runs import Runs

PLANS = ("recipe", "small", "comparison")
# files with result lines; the peers have their own
FILES = (*PLANS, "peers")
# experiments whose table has the scores with the best threshold on dev
WITH_BEST_THRESHOLD = re.compile(r"thresholds|.*-\d+-percent.*|.*-all")
# arms with a setting that the shipped configs had before: their table leaves them out
FORMER = re.compile(r".*-dropout-0\.4")


def main(
    page: Path = typer.Argument(ROOT / "docs" / "results.md", exists=True, dir_okay=False),
    short_pages: List[Path] = typer.Option(
        [ROOT / "README.md", ROOT / "docs" / "accuracy.md"], exists=True, dir_okay=False
    ),
    comparison: Path = typer.Option(
        ROOT / "docs" / "comparison.md", exists=True, dir_okay=False
    ),
    errors: Path = typer.Option(ROOT / "benchmarks" / "results" / "errors.jsonl"),
) -> None:
    """Update the tables of PAGE and of the comparison, the plots in the folder with the name of
    PAGE, and the tables of expected scores in the short pages."""
    done, analyses = read_done(), read_lines(errors)
    baselines = read_baselines()

    def detailed(name: str) -> Table:
        return make_table(name, done, analyses, baselines)

    def expected(name: str) -> Table:
        return EXPECTED[name](done)

    long_pages = ((file, detailed) for file in (page, comparison))
    for file, make in (*long_pages, *((file, expected) for file in short_pages)):
        text = fill_in(file.read_text(encoding="utf8"), make)
        file.write_text(text, encoding="utf8")
    for experiment in shown_plots(page.read_text(encoding="utf8")):
        draw = partial(draw_curves, runs=find_runs(done, experiment))
        save_plot(page.with_suffix("") / f"{experiment}.svg", draw)
    msg.good(f"{', '.join(map(str, [page, *short_pages]))}: {len(done)} lines")


def read_done() -> List[Dict[str, Any]]:
    """The result lines of all plans."""
    folder = ROOT / "benchmarks" / "results"
    return [line for name in FILES for line in read_lines(folder / f"{name}.jsonl")]


def read_baselines() -> Dict[str, str]:
    """The arm with which the others are compared, by experiment."""
    plans = [srsly.read_yaml(ROOT / "benchmarks" / f"{name}.yml") for name in PLANS]
    return {name: arm for plan in plans for name, arm in plan["baselines"].items()}


def shown_plots(text: str) -> List[str]:
    """Names of the experiments with learning curves on a page."""
    return re.findall(r"\]\(results/(\S+)\.svg\)", text)


def make_table(
    name: str,
    lines: Sequence[Mapping[str, Any]],
    analyses: Sequence[Mapping[str, Any]],
    baselines: Mapping[str, str],
) -> Table:
    """Make the table of an experiment, of the shares of MaintIE, or one of the two tables of
    errors.

    RAISES (KeyError): It has no result lines.
    """
    if name in ("errors", "agreement"):
        return error_table(name, analyses)
    if name == "maintie-shares":
        return shares_table(
            [(find_runs(lines, share), ours, other) for share, ours, other in SHARES]
        )
    runs = find_runs(lines, name)
    if name.startswith("comparison-"):
        return comparison_table(runs, baselines[name])
    table = threshold_table if WITH_BEST_THRESHOLD.fullmatch(name) else result_table
    return table(runs, baselines[name])


def find_runs(lines: Iterable[Mapping[str, Any]], experiment: str) -> Runs:
    """The runs of an experiment.

    RAISES (KeyError): There are none.
    """
    runs = Runs(list(lines), experiment)
    if not runs.by_cell:
        raise KeyError(experiment)
    return runs


def result_table(runs: Runs, baseline: str) -> Table:
    """One row per arm, the best on dev first.

    baseline: Arm with which the others are compared.
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
    for arm in best_first(runs):
        test = runs.scores(arm)
        difference = runs.difference(arm, baseline) if arm != baseline else None
        rows.append(
            [
                f"`{arm}`",
                *size_of(runs, arm),
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


def threshold_table(runs: Runs, baseline: str) -> Table:
    """Scores of each arm with its best threshold on dev, the best arm on dev first; without the
    arms of FORMER.

    baseline: Arm with which the others are compared, also with its best threshold.
    """
    best = at_best_threshold(runs)
    header = [
        "arm",
        "seeds",
        "updates",
        "minutes",
        "threshold",
        "dev F1",
        "test F1",
        "over threshold 0.5",
        "macro F1",
        "nested R",
        f"test F1 − `{baseline}`",
    ]
    rows = []
    for arm in best_first(best):
        if FORMER.fullmatch(arm):
            continue
        thresholds = sorted({best.by_cell[arm, seed]["threshold"] for seed in best.seeds(arm)})
        test = best.scores(arm)
        difference = best.difference(arm, baseline) if arm != baseline else None
        rows.append(
            [
                f"`{arm}`",
                *size_of(runs, arm),
                ", ".join(f"{threshold:.2f}" for threshold in thresholds),
                f"{best.scores(arm, part='dev').mean():.1f}",
                f"{test.mean():.1f}",
                f"{test.mean() - runs.scores(arm).mean():+.1f}",
                f"{numpy.nanmean(best.scores(arm, 'macro')):.1f}",
                f"{best.nested_recall(arm).mean():.1f}",
                str(difference) if difference else "",
            ]
        )
    return [header, *rows]


# experiment, and its arms as `configure` fits the configs to so many mentions and labels: ours,
# and `spancat` trained on cross-entropy
SHARES = (
    ("maintie-10-percent", "emc-residual-head-8", "spancat-cross-entropy-residual"),
    ("maintie-25-percent", "emc-residual-head-8", "spancat-cross-entropy-residual"),
    ("maintie-50-percent", "emc-whole-residual-head-8", "spancat-cross-entropy-whole-residual"),
    ("maintie-shipped", "shipped", "shipped-spancat-cross-entropy"),
)


def shares_table(experiments: Sequence[Tuple[Runs, str, str]]) -> Table:
    """One row per share of a corpus: F1 and macro F1 on test of this pipe and of the other one,
    each with its best threshold on dev, and the differences.

    experiments: Runs of a share, and the arms of the two pipes.
    """
    header = [
        "annotated documents",
        "seeds",
        "test F1",
        "`spancat`",
        "difference",
        "difference on dev",
        "macro F1",
        "`spancat`",
    ]
    rows = []
    for all_runs, ours, other in experiments:
        runs = at_best_threshold(all_runs)
        share = runs.by_cell[ours, runs.seeds(ours)[0]]["plan"].get("documents", 1.0)
        rows.append(
            [
                f"{share:.0%}",
                str(len(runs.seeds(ours, other))),
                *(f"{runs.scores(arm).mean():.1f}" for arm in (ours, other)),
                *(str(runs.difference(ours, other, part)) for part in ("test", "dev")),
                *(f"{runs.scores(arm, 'macro').mean():.1f}" for arm in (ours, other)),
            ]
        )
    return [header, *rows]


def comparison_table(runs: Runs, baseline: str) -> Table:
    """Scores of libraries with their best threshold on dev, and the costs of a run. The library
    with the best score on dev is first.

    baseline: Arm with which the others are compared, also with its best threshold.
    """
    best = at_best_threshold(runs)
    header = [
        "library",
        "seeds",
        "updates",
        "minutes",
        "dev F1",
        "test F1",
        "at its own threshold",
        "macro F1",
        "nested R",
        "same label R",
        "words/s",
        "MB",
        f"test F1 − `{baseline}`",
    ]
    rows = []
    for arm in best_first(best):
        lines = [runs.by_cell[arm, seed] for seed in runs.seeds(arm)]
        speed, memory = (
            numpy.mean([line[name] for line in lines])
            for name in ("predicted_words_per_second", "peak_mb")
        )
        difference = best.difference(arm, baseline) if arm != baseline else None
        rows.append(
            [
                f"`{arm}`",
                *size_of(runs, arm),
                f"{best.scores(arm, part='dev').mean():.1f}",
                f"{best.scores(arm).mean():.1f}",
                f"{runs.scores(arm).mean():.1f}",
                f"{best.scores(arm, 'macro').mean():.1f}",
                f"{best.nested_recall(arm).mean():.1f}",
                f"{best.nested_recall(arm, which='same_label').mean():.1f}",
                f"{speed:,.0f}",
                f"{memory:,.0f}",
                str(difference) if difference else "",
            ]
        )
    return [header, *rows]


def at_best_threshold(runs: Runs) -> Runs:
    """The same runs, each with the threshold that is best on dev."""
    lines = runs.by_cell.values()
    return Runs([{**line, **line["at_best_threshold"]} for line in lines], runs.experiment)


# experiment and arm, experiment and arm of `spancat`, data, encoder
ROWS = (
    (
        ("genia-shipped", "shipped"),
        ("genia-shipped", "shipped-spancat"),
        "GENIA: biomedical abstracts, 5 labels",
        "BiLSTM",
    ),
    (
        ("minilm-hugging-face", "hugging-face"),
        ("minilm", "transformer-spancat"),
        "the same",
        "all-MiniLM-L6-v2 (pretrained)",
    ),
    (
        ("bionlp13cg-shipped", "shipped"),
        ("bionlp13cg-shipped", "shipped-spancat"),
        "BioNLP 2013 CG: abstracts, 16 labels",
        "BiLSTM",
    ),
    (
        ("maintie-top-shipped", "shipped"),
        ("maintie-top-shipped", "shipped-spancat"),
        "MaintIE: work orders, 5 top labels",
        "BiLSTM",
    ),
    (
        ("maintie-shipped", "shipped"),
        ("maintie-shipped", "shipped-spancat"),
        "MaintIE, all 155 labels",
        "BiLSTM",
    ),
    (
        ("germeval-shipped", "shipped"),
        ("germeval-shipped", "shipped-spancat"),
        "GermEval 2014: German news, 12 labels",
        "BiLSTM",
    ),
)


def accuracy_table(lines: Sequence[Mapping[str, Any]]) -> Table:
    """Expected scores: test F1 by data and encoder, next to spaCy's `spancat`.

    RAISES (KeyError): An experiment has no result lines.
    """
    header = ["data", "encoder", "test F1", "95 % interval", "`spancat`", "seeds", "minutes"]
    rows = []
    for (experiment, arm), (other, spancat), data, encoder in ROWS:
        runs = find_runs(lines, experiment)
        test, stock = runs.scores(arm).mean(), find_runs(lines, other).scores(spancat).mean()
        interval = "{:.1f} to {:.1f}".format(*runs.interval(arm))
        seeds, _, minutes = size_of(runs, arm)
        rows.append([data, encoder, f"{test:.1f}", interval, f"{stock:.1f}", seeds, minutes])
    return [header, *rows]


# experiments with a share of the training articles of GENIA, and the arm with the model that
# `configure` chooses for it
GENIA_SHARES = (
    ("genia-1-percent", "emc"),
    ("genia-2-percent", "emc"),
    ("genia-5-percent", "emc-whole"),
    ("genia-10-percent", "emc-whole"),
    ("genia-25-percent", "emc-whole"),
    ("genia-shipped", "shipped"),
)
GENIA_ARTICLES = 1601


def growth_table(lines: Sequence[Mapping[str, Any]]) -> Table:
    """Expected scores by number of annotated articles of GENIA.

    RAISES (KeyError): An experiment has no result lines.
    """
    header = [
        "training articles",
        "updates",
        "test F1",
        "95 % interval",
        "macro F1",
        "nested R",
        "seeds",
        "minutes",
    ]
    rows = []
    for experiment, arm in GENIA_SHARES:
        runs = find_runs(lines, experiment)
        share = next(iter(runs.by_cell.values()))["plan"].get("documents", 1.0)
        seeds, updates, minutes = size_of(runs, arm)
        rows.append(
            [
                f"{share * GENIA_ARTICLES:,.0f}",
                updates,
                f"{runs.scores(arm).mean():.1f}",
                "{:.1f} to {:.1f}".format(*runs.interval(arm)),
                f"{runs.scores(arm, 'macro').mean():.1f}",
                f"{runs.nested_recall(arm).mean():.1f}",
                seeds,
                minutes,
            ]
        )
    return [header, *rows]


EXPECTED = {"accuracy": accuracy_table, "genia-articles": growth_table}


def error_table(name: str, analyses: Sequence[Mapping[str, Any]]) -> Table:
    """Make a table of the last error analysis.

    RAISES (KeyError): There is no analysis.
    """
    if not analyses:
        raise KeyError(name)
    make_table = repair_table if name == "errors" else agreement_table
    return make_table(analyses[-1])


def repair_table(analysis: Mapping[str, Any]) -> Table:
    """One row per kind of error, with F1 without it; see `error_analysis.repair`."""
    kinds = analysis["kinds"]
    now = kinds["correct"]["f1"]
    rows = [
        [kind, f"{n['mentions']:,}", f"{n['f1']:.1f}", f"{n['f1'] - now:+.1f}"]
        for kind, n in kinds.items()
        if kind != "correct"
    ]
    return [["error", "mentions", "F1 without it", "gain"], *rows]


def agreement_table(analysis: Mapping[str, Any]) -> Table:
    """Recall and precision by agreement with training; see `error_analysis.count_agreement`."""
    levels = analysis["agreement"]
    gold, found, predicted, right = (sum(column) for column in zip(*levels.values()))
    wrong = gold - found + predicted - right
    rows = []
    for level, (gold, found, predicted, right) in levels.items():
        errors = gold - found + predicted - right
        rows.append(
            [
                level,
                f"{gold:,}",
                f"{100 * found / max(1, gold):.1f}",
                f"{predicted:,}",
                f"{100 * right / max(1, predicted):.1f}",
                f"{100 * errors / max(1, wrong):.0f} %",
            ]
        )
    return [["in training", "gold", "R", "predicted", "P", "of all errors"], *rows]


def best_first(runs: Runs) -> List[str]:
    """The arms, sorted by mean F1 on dev, the highest first."""
    return sorted(runs.arms, key=lambda arm: -runs.scores(arm, part="dev").mean())


def size_of(runs: Runs, arm: str) -> List[str]:
    """Number of seeds, updates of a run, and mean minutes of a run on each kind of CPU."""
    lines = [runs.by_cell[arm, seed] for seed in runs.seeds(arm)]
    by_cpu: Dict[str, List[float]] = {}
    for line in lines:
        by_cpu.setdefault(name_cpu(line["machine"]), []).append(line["seconds"] / 60)
    minutes = (f"{numpy.mean(minutes):.1f} ({cpu})" for cpu, minutes in by_cpu.items())
    return [str(len(lines)), f"{lines[0]['updates']:,}", ", ".join(minutes)]


def name_cpu(machine: Mapping[str, Any]) -> str:
    """Xeon for Intel(R) Xeon(R) Processor. The EPYC of lines without a list of units had no
    AVX-512."""
    words = re.sub(r"\(R\)|\bIntel\b|\bAMD\b|\bProcessor\b", "", machine["cpu"]).split()
    if "EPYC" in words and "avx512f" in machine.get("units", []):
        words.append("with AVX-512")
    return " ".join(words)


def draw_curves(figure: Any, runs: Runs) -> None:
    """Plot F1 on dev against the number of updates: means over seeds, one line per arm."""
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
