"""The page about two pipelines: differences by label, and the documents that changed."""

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from markupsafe import Markup

from ..evaluation.documents import EvaluatedDoc
from ..evaluation.errors import judge
from ..progress import progress
from ..rendering import draw_legend, label_colors
from ..tables import percent, points, signed
from .blocks import Figure, Table
from .documents import ROWS, draw_judged
from .mistakes import KINDS
from .page import render_page
from .plots.bars import Changed, plot_differences
from .plots.svg import check_matplotlib

SUMMARY = {"p": "precision", "r": "recall", "f": "F1"}


class ChangedDoc(NamedTuple):
    """A document with the drawing of each pipeline, A first."""

    id: str
    number: int
    summary: str
    drawings: Sequence[Markup]


def make_comparison_page(
    comparison: Mapping[str, Any],
    docs: Optional[Tuple[Sequence[EvaluatedDoc], Sequence[EvaluatedDoc]]],
    *,
    names: Tuple[str, str],
    shown: Sequence[Mapping[str, Any]],
) -> str:
    """The page of a comparison. The same arguments give the same bytes.

    comparison: From `evaluation.compare.compare_results`.
    docs: The documents of A and of B with their texts; None if there are no texts to draw.
    names: Names of A and of B.
    shown: The changed documents to draw, a part of comparison["documents"].
    RAISES (UserError): matplotlib is not installed.
    """
    check_matplotlib()
    labels = comparison["scores"].get("label", {})
    plot = plot_differences(
        [Changed(name, *_bounds(scores["f"])) for name, scores in labels.items()],
        name="plot-differences",
    )
    caption = "B − A in F1 points, by label (dot), and its 95 % interval (line)."
    changed, legend = _draw(docs, shown)
    return render_page(
        "comparison.html",
        ("tables.js",),
        title=f"{names[1]} against {names[0]}",
        names=names,
        corpus=comparison["a"]["corpus"],
        sentence=conclude(comparison),
        figure=Figure.of(plot, caption, name="Differences by label") if labels else None,
        tables=[
            _difference_table("Differences of all mentions", "score", _summarize(comparison)),
            _difference_table(
                "Differences of F1 by label",
                "label",
                {name: scores["f"] for name, scores in labels.items()},
            ),
        ],
        documents=changed,
        n_changed=len(comparison["documents"]),
        n_docs=comparison["docs"],
        legend=legend,
    )


def conclude(comparison: Mapping[str, Any]) -> str:
    """The difference in F1 in one sentence."""
    f = comparison["scores"]["all"]["micro"]["f"]
    if f["difference"] is None:
        return "There is no F1 to compare."
    sentence = f"F1 of B is {percent(f['b'])}, of A {percent(f['a'])}"
    if f["low"] is None or f["high"] is None:
        return f"{sentence}: {points(f['difference'])} points, without an interval."
    interval = f"{points(f['difference'])} points ({points(f['low'])} to {points(f['high'])})"
    if f["low"] > 0:
        return f"{sentence}: {interval}. B is better."
    if f["high"] < 0:
        return f"{sentence}: {interval}. A is better."
    return f"{sentence}: {interval}. The difference may be chance."


def _summarize(comparison: Mapping[str, Any]) -> Dict[str, Mapping[str, Any]]:
    micro = comparison["scores"]["all"]["micro"]
    return {
        **{name: micro[key] for key, name in SUMMARY.items()},
        "macro F1": comparison["macro"]["f"],
        "boundary F1": comparison["scores"]["all"]["boundary"]["f"],
    }


def _difference_table(
    caption: str, what: str, differences: Mapping[str, Mapping[str, Any]]
) -> Table:
    rows = [
        (
            name,
            points(one["difference"]),
            "–" if one["low"] is None else f"{points(one['low'])} to {points(one['high'])}",
            percent(one["a"]),
            percent(one["b"]),
        )
        for name, one in differences.items()
        if one["a"] is not None or one["b"] is not None
    ]
    return Table(caption, (what, "B − A", "95 % interval", "A", "B"), rows)


def _bounds(one: Mapping[str, Any]) -> Tuple[Optional[float], Optional[float], Optional[float]]:
    return one["difference"], one["low"], one["high"]


def _draw(
    docs: Optional[Tuple[Sequence[EvaluatedDoc], Sequence[EvaluatedDoc]]],
    shown: Sequence[Mapping[str, Any]],
) -> Tuple[List[ChangedDoc], Markup]:
    if docs is None:
        return [], Markup("")
    by_number = {pair[0].number: pair for pair in zip(*docs)}
    pairs = [by_number[change["number"]] for change in shown]
    labels = {
        mention.label
        for pair in pairs
        for doc in pair
        for mention in (*doc.gold, *doc.predicted)
    }
    colors = label_colors(labels)
    changed = []
    for change, pair in progress(list(zip(shown, pairs)), total=len(shown), unit="drawings"):
        drawings = [
            draw_judged(doc, judge(doc), colors, rows=(ROWS[0], side))
            for side, doc in zip("AB", pair)
        ]
        counts = {
            "found": "newly found",
            "lost": "lost",
            "removed": "errors gone",
            "added": "new errors",
        }
        parts = [f"{len(change[key]):,} {name}" for key, name in counts.items() if change[key]]
        summary = f"{signed(change['change'])}: {', '.join(parts)}"
        changed.append(ChangedDoc(change["id"], change["number"] + 1, summary, drawings))
    return changed, draw_legend(sorted(labels), KINDS, colors=colors)
