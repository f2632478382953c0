"""The section with the errors: their kinds, how far boundaries are off, confused types."""

from typing import Dict, List, Sequence, Tuple

from ..evaluation.error_counts import Confusion, ErrorCounts, Offset
from ..evaluation.errors import Kind
from ..rendering.draw import KINDS as SIGNS
from .blocks import Block, Figure, Section, Table, percent
from .plots.bars import plot_confusion

# the judgements, in the order in which the page shows them, and what they are called
ORDER: Sequence[Kind] = ("missed", "spurious", "boundary", "type", "both", "correct")
KINDS: Dict[Kind, str] = {kind: SIGNS[kind][1] for kind in ORDER}
# types in the matrix, confused pairs and boundary offsets in their tables
MAX_TYPES = 20
MAX_PAIRS = 20
MAX_OFFSETS = 15
OTHERS = "other types"


def make_error_section(errors: ErrorCounts) -> Section:
    text = (
        "Gold and predicted mentions are paired one to one, equal ones first, then those on "
        "the same span, then overlapping ones of the same type, then overlapping ones. What "
        "finds no partner is missed (gold) or spurious (predicted)."
    )
    gold, predicted, counts = _reduce(errors["confusion"])
    caption = (
        "Type in gold (rows) and in prediction (columns) of paired mentions, those whose "
        "boundary is off among them; the darker, the larger the share of the row."
    )
    n_labels = len(errors["confusion"]["labels"])
    if n_labels > MAX_TYPES:
        caption += f" The {MAX_TYPES} most frequent of {n_labels:,} types."
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
        Figure.of(plot, caption),
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
    return Table("Kinds of errors", ("", "how many", "percent"), rows)


def _kind_by_label_table(errors: ErrorCounts) -> Table:
    by_label = errors["by_label"]
    rows = [
        (label, *(f"{counts[kind]:,}" for kind in KINDS))
        for label, counts in sorted(
            by_label.items(), key=lambda item: (-sum(item[1].values()), item[0])
        )
    ]
    note = "By the gold type; spurious mentions by the predicted one."
    return Table("Kinds of errors by type", ("type", *KINDS.values()), rows, note, folded=True)


def _offset_table(offsets: Sequence[Offset]) -> Table:
    rows = [(_say_offset(offset), f"{offset['count']:,}") for offset in offsets[:MAX_OFFSETS]]
    note = _say_cut(len(rows), len(offsets), "ways to be off")
    return Table("How far wrong boundaries are off", ("", "how many"), rows, note)


def _say_offset(offset: Offset) -> str:
    said = [
        say_shift(verb, off)
        for verb, off in (("begins", offset["start"]), ("ends", offset["end"]))
        if off
    ]
    return ", ".join(said) or "begins or ends inside a token"


def say_shift(verb: str, off: int) -> str:
    """off: predicted − gold, in tokens, not 0."""
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
    note = _say_cut(len(rows), len(pairs), "pairs")
    return Table(
        "Types taken for others", ("gold", "predicted", "how many"), rows, note, n_names=2
    )


def _reduce(confusion: Confusion) -> Tuple[List[str], List[str], List[List[int]]]:
    """Names of the rows and of the columns and the counts, of the most frequent types; the
    others as one."""
    labels, counts = confusion["labels"], confusion["counts"]
    n_labels = len(labels)
    order = sorted(range(n_labels), key=lambda i: (-sum(counts[i]), labels[i]))
    groups = [[i] for i in order[:MAX_TYPES]]
    names = [labels[i] for i in order[:MAX_TYPES]]
    if n_labels > MAX_TYPES:
        groups.append(order[MAX_TYPES:])
        names.append(OTHERS)
    groups.append([n_labels])
    reduced = [
        [sum(counts[i][j] for i in row for j in column) for column in groups] for row in groups
    ]
    return [*names, "spurious"], [*names, "missed"], reduced


def _say_cut(n_shown: int, n_all: int, what: str) -> str:
    return "" if n_shown == n_all else f"The {n_shown} most frequent of {n_all:,} {what}."
