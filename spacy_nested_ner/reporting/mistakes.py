"""The section with the errors: their kinds, how far boundaries are off, confused labels."""

from typing import Dict, List, Sequence, Tuple

from ..evaluation.error_counts import Confusion, ErrorCounts, Offset
from ..evaluation.errors import Kind
from ..rendering.tags import KINDS as SIGNS
from ..tables import percent
from .blocks import Block, Figure, Section, Table
from .plots.bars import plot_confusion

# the judgements in the order of the page, and their names
ORDER: Sequence[Kind] = ("missed", "spurious", "boundary", "type", "both", "correct")
KINDS: Dict[Kind, str] = {kind: SIGNS[kind][1] for kind in ORDER}
# labels in the matrix, confused pairs and boundary offsets in their tables
MAX_LABELS = 20
MAX_PAIRS = 20
MAX_OFFSETS = 15
OTHERS = "other labels"


def make_error_section(errors: ErrorCounts) -> Section:
    text = (
        "Each gold mention is paired with at most one predicted mention: first equal mentions, "
        "then mentions on the same span, then overlapping mentions with the same label, then "
        "other overlapping mentions. A gold mention without a partner is missed, a predicted "
        "one is spurious."
    )
    gold, predicted, counts = _reduce(errors["confusion"])
    caption = (
        "Gold label (rows) and predicted label (columns) of paired mentions, also of those "
        "with a wrong boundary. A darker cell has a larger share of its row."
    )
    n_labels = len(errors["confusion"]["labels"])
    if n_labels > MAX_LABELS:
        caption += f" The {MAX_LABELS} most frequent of {n_labels:,} labels."
    plot = plot_confusion(gold, predicted, counts, name="plot-confusion")
    matrix = Table(
        "The matrix in numbers",
        ("gold", *predicted),
        [(name, *(f"{n:,}" for n in row)) for name, row in zip(gold, counts)],
        folded=True,
    )
    blocks: List[Block] = [
        _kind_table(errors),
        _kind_by_label_table(errors),
        _offset_table(errors["boundary"]),
        Figure.of(plot, caption, name="Confusion of labels"),
        matrix,
        _pair_table(errors["confusion"]),
    ]
    shown = [block for block in blocks if not isinstance(block, Table) or block.rows]
    return Section("errors", "Errors", text, blocks=shown)


def _kind_table(errors: ErrorCounts) -> Table:
    total = sum(errors["kinds"].values())
    rows = [
        (name, f"{errors['kinds'][kind]:,}", percent(errors["kinds"][kind] / max(total, 1)))
        for kind, name in KINDS.items()
    ]
    return Table("Kinds of errors", ("kind", "number", "percent"), rows)


def _kind_by_label_table(errors: ErrorCounts) -> Table:
    by_label = errors["by_label"]
    rows = [
        (label, *(f"{counts[kind]:,}" for kind in KINDS))
        for label, counts in sorted(
            by_label.items(), key=lambda item: (-sum(item[1].values()), item[0])
        )
    ]
    note = "By the gold label; spurious mentions by the predicted label."
    return Table(
        "Kinds of errors by label", ("label", *KINDS.values()), rows, note, folded=True
    )


def _offset_table(offsets: Sequence[Offset]) -> Table:
    rows = [
        (_format_offset(offset), f"{offset['count']:,}") for offset in offsets[:MAX_OFFSETS]
    ]
    note = _note_on_rest(len(rows), len(offsets), "offsets")
    return Table("Offsets of wrong boundaries", ("offset", "number"), rows, note)


def _format_offset(offset: Offset) -> str:
    shifts = [
        format_shift(verb, off)
        for verb, off in (("begins", offset["start"]), ("ends", offset["end"]))
        if off
    ]
    return ", ".join(shifts) or "begins or ends inside a token"


def format_shift(verb: str, off: int) -> str:
    """For instance "begins 2 tokens too late"; off: predicted − gold, in tokens, not 0."""
    tokens = "token" if abs(off) == 1 else "tokens"
    return f"{verb} {abs(off)} {tokens} too {'late' if off > 0 else 'early'}"


def _pair_table(confusion: Confusion) -> Table:
    labels, counts = confusion["labels"], confusion["counts"]
    pairs = [
        (counts[i][j], gold, predicted)
        for i, gold in enumerate(labels)
        for j, predicted in enumerate(labels)
        if i != j and counts[i][j]
    ]
    pairs.sort(key=lambda pair: (-pair[0], pair[1], pair[2]))
    rows = [(gold, other, f"{n:,}") for n, gold, other in pairs[:MAX_PAIRS]]
    note = _note_on_rest(len(rows), len(pairs), "pairs")
    return Table("Confused labels", ("gold", "predicted", "number"), rows, note, n_names=2)


def _reduce(confusion: Confusion) -> Tuple[List[str], List[str], List[List[int]]]:
    """Names of the rows, names of the columns and counts of the most frequent labels; the other
    labels are merged."""
    labels, counts = confusion["labels"], confusion["counts"]
    n_labels = len(labels)
    order = sorted(range(n_labels), key=lambda i: (-sum(counts[i]), labels[i]))
    groups = [[i] for i in order[:MAX_LABELS]]
    names = [labels[i] for i in order[:MAX_LABELS]]
    if n_labels > MAX_LABELS:
        groups.append(order[MAX_LABELS:])
        names.append(OTHERS)
    groups.append([n_labels])
    reduced = [
        [sum(counts[i][j] for i in row for j in column) for column in groups] for row in groups
    ]
    return [*names, "spurious"], [*names, "missed"], reduced


def _note_on_rest(n_shown: int, n_all: int, what: str) -> str:
    return "" if n_shown == n_all else f"The {n_shown} most frequent of {n_all:,} {what}."
