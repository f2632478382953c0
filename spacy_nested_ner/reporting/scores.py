"""The sections with the scores: at a glance, by label, nesting, width and frequency."""

from typing import Dict, List, Mapping, Optional, Sequence

from ..evaluation.evaluate import Estimate, Evaluation, SliceScores
from ..tables import interval, percent
from .blocks import Figure, Section, Table, Tile
from .plots.bars import Scored, plot_groups, plot_labels

# rows of a table that is open at first
MAX_OPEN = 40
HEADER = ("F1", "95 % interval of F1", "precision", "recall", "gold", "predicted", "right")
STRUCTURE = {
    "flat": "neither inside nor around another",
    "nested": "inside or around another",
    "inner": "inside another",
    "outer": "around another",
    "same_label": "inside or around one with the same label",
    "crossing": "crossing another",
    "same_span": "on the same span as one with another label",
}
# labels named in a row
MAX_NAMED = 3


def make_score_sections(evaluation: Evaluation) -> List[Section]:
    """The summary first."""
    return [
        _summarize(evaluation),
        _score_labels(evaluation),
        _score_nesting(evaluation),
        _score_widths(evaluation),
    ]


def score_table(
    caption: str,
    scores: Mapping[str, SliceScores],
    *,
    what: str,
    names: Optional[Mapping[str, str]] = None,
    note: str = "",
) -> Table:
    """A table with a row for each slice.

    what: Header of the names of the slices.
    names: Names to show, by slice; None to show the names as they are.
    """
    names = names or {}
    rows = [(names.get(name, name), *_cells(slice)) for name, slice in scores.items()]
    return Table(caption, (what, *HEADER), rows, note, folded=len(rows) > MAX_OPEN)


def _summarize(evaluation: Evaluation) -> Section:
    micro, boundary = (
        evaluation["scores"]["all"]["micro"],
        evaluation["scores"]["all"]["boundary"],
    )
    macro = evaluation["macro"]
    tiles = [
        _tile("F1", micro["f"]),
        _tile("Precision", micro["p"]),
        _tile("Recall", micro["r"]),
        _tile("Boundary F1", boundary["f"]),
        _tile(f"Macro F1 of {macro['labels']:,} labels", macro["f"]),
    ]
    text = (
        "In percent. A predicted mention is right if its start, end and label equal those of a "
        "gold mention; boundary F1 ignores the label. "
    )
    all_gold = evaluation["scores"]["all"]["all_gold"]
    n_out_of_reach = all_gold["gold"] - micro["gold"]
    if n_out_of_reach:
        tiles.insert(3, _tile("Recall of all gold", all_gold["r"]))
        text += (
            f"Recall of all gold counts {n_out_of_reach:,} gold mentions more, which the "
            "tokens cannot carry. "
        )
    text += _explain_intervals(evaluation)
    return Section("summary", "At a glance", text, tiles=tiles, blocks=_plot_labels(evaluation))


def _explain_intervals(evaluation: Evaluation) -> str:
    made = evaluation["intervals"]
    if not made["samples"]:
        return "There are no intervals: the bootstrap was off."
    return (
        f"Below each score is its {made['level']} % confidence interval (Wilson); how much "
        f"documents differ is estimated by a bootstrap with {made['samples']:,} "
        f"resamples of {made['units']:,} documents (seed {made['seed']})."
    )


def _score_labels(evaluation: Evaluation) -> Section:
    scores = _most_frequent_first(evaluation["scores"].get("label", {}))
    table = score_table("Scores by label", scores, what="label")
    return Section("labels", "Labels", blocks=[table, _frequency_table(evaluation)])


def _plot_labels(evaluation: Evaluation) -> List[Figure]:
    scores = _most_frequent_first(evaluation["scores"].get("label", {}))
    if not scores:
        return []
    plot = plot_labels(_scored(scores), name="plot-labels")
    caption = "F1 of each label (dot) and its interval (line), wide for few mentions."
    return [Figure.of(plot, caption, name="F1 by label")]


def _frequency_table(evaluation: Evaluation) -> Table:
    frequency = evaluation["frequency"]
    names = {
        "head": f"frequent ({_list(frequency['head'])})",
        "mid": f"in between ({_list(frequency['mid'])})",
        "tail": f"rare ({_list(frequency['tail'])})",
    }
    counted = {"training": "training data", "evaluated": "evaluated gold mentions"}
    note = (
        f"Labels sorted by their frequency in the {counted[frequency['counted_in']]}; each "
        "group has about a third of these mentions."
    )
    scores = evaluation["scores"]["frequency"]
    return score_table(
        "Scores by frequency of the label", scores, what="labels", names=names, note=note
    )


def _list(labels: Sequence[str]) -> str:
    if len(labels) > MAX_NAMED:
        return f"{len(labels):,} labels"
    return ", ".join(labels) or "none"


def _score_nesting(evaluation: Evaluation) -> Section:
    structure = score_table(
        "Scores by nesting",
        evaluation["scores"]["structure"],
        what="mentions",
        names=STRUCTURE,
        note="Recall counts the gold mentions that have this relation to another gold mention, "
        "precision the predicted mentions that have it to another predicted mention.",
    )
    depths = evaluation["scores"]["depth"]
    plot = plot_groups(_scored(depths), name="plot-depth", x_label="depth")
    caption = (
        "F1 by depth: a mention of depth 1 is inside no other, one of depth 2 is inside "
        "another, and so on. The lower plot shows the number of gold mentions."
    )
    table = score_table("Scores by depth", depths, what="depth")
    return Section(
        "nesting",
        "Nesting",
        blocks=[structure, Figure.of(plot, caption, name="F1 by depth"), table],
    )


def _score_widths(evaluation: Evaluation) -> Section:
    widths = evaluation["scores"]["width"]
    plot = plot_groups(_scored(widths), name="plot-width", x_label="width in tokens")
    caption = "F1 by width. The lower plot shows the number of gold mentions."
    table = score_table("Scores by width", widths, what="tokens")
    return Section(
        "width", "Width", blocks=[Figure.of(plot, caption, name="F1 by width"), table]
    )


def _cells(scores: SliceScores) -> Sequence[str]:
    return (
        percent(scores["f"]["value"]),
        interval(scores["f"]),
        *(percent(score["value"]) for score in (scores["p"], scores["r"])),
        *(f"{n:,}" for n in (scores["gold"], scores["predicted"], scores["right"])),
    )


def _most_frequent_first(scores: Mapping[str, SliceScores]) -> Dict[str, SliceScores]:
    return dict(sorted(scores.items(), key=lambda item: (-item[1]["gold"], item[0])))


def _scored(scores: Mapping[str, SliceScores]) -> List[Scored]:
    return [
        Scored(name, slice["f"]["value"], slice["f"]["low"], slice["f"]["high"], slice["gold"])
        for name, slice in scores.items()
    ]


def _tile(name: str, estimate: Estimate) -> Tile:
    shown = "" if estimate["low"] is None else interval(estimate)
    return Tile(name, percent(estimate["value"]), shown)
