"""The documents of the page: gold above, predicted below, the worst ones first."""

from collections import Counter
from typing import Dict, Iterable, Mapping, NamedTuple, Sequence, Tuple

from markupsafe import Markup

from ..evaluation.documents import EvaluatedDoc, Mention
from ..evaluation.errors import Judged, judge
from ..progress import progress
from ..rendering import Bar, draw
from .mistakes import KINDS, format_shift

# names of the bars above and below the text
ROWS = ("gold", "predicted")


class ShownDoc(NamedTuple):
    """A document of the page.

    number: its place in the corpus, from 1.
    summary: the numbers of its mentions by judgement.
    found: for the filters, "judgement:number of the label" of its mentions.
    """

    number: int
    id: str
    summary: str
    n_errors: int
    found: str
    drawing: Markup


class Documents(NamedTuple):
    """text: introduction. labels, kinds: the values of the filters, each with its number of
    documents."""

    text: str
    labels: Sequence[Tuple[str, int]]
    kinds: Sequence[Tuple[str, str, int]]
    shown: Sequence[ShownDoc]


def show_documents(
    docs: Sequence[EvaluatedDoc], *, limit: int, colors: Mapping[str, str]
) -> Documents:
    """Draw the documents with the most errors; of equal ones, the shorter first, then in order.

    limit: The largest number of documents.
    colors: CSS colours by label.
    """
    judged = [judge(doc) for doc in docs]
    n_errors = [sum(one.kind != "correct" for one in found) for found in judged]
    order = sorted(range(len(docs)), key=lambda i: (-n_errors[i], len(docs[i].text), i))
    chosen = order[:limit]
    labels = sorted({label for i in chosen for one in judged[i] for label in _labels(one)})
    numbers = {label: i for i, label in enumerate(labels)}
    shown = [
        _show(docs[i], judged[i], n_errors[i], numbers, colors)
        for i in progress(chosen, total=len(chosen), unit="drawings")
    ]
    with_label = Counter(
        label for i in chosen for label in {x for one in judged[i] for x in _labels(one)}
    )
    with_kind = Counter(kind for i in chosen for kind in {one.kind for one in judged[i]})
    return Documents(
        text=_introduce(len(chosen), len(docs), sum(n > 0 for n in n_errors)),
        labels=[(label, with_label[label]) for label in labels],
        kinds=[(kind, name, with_kind[kind]) for kind, name in KINDS.items()],
        shown=shown,
    )


def _show(
    doc: EvaluatedDoc,
    judged: Sequence[Judged],
    n_errors: int,
    numbers: Dict[str, int],
    colors: Mapping[str, str],
) -> ShownDoc:
    counts = Counter(one.kind for one in judged)
    parts = [f"{counts[kind]:,} {name}" for kind, name in KINDS.items() if counts[kind]]
    found = sorted({f"{one.kind}:{numbers[label]}" for one in judged for label in _labels(one)})
    return ShownDoc(
        number=doc.number + 1,
        id=doc.id,
        summary=", ".join(parts) or "no gold and no predicted mention",
        n_errors=n_errors,
        found=" ".join(found),
        drawing=draw_judged(doc, judged, colors),
    )


def draw_judged(
    doc: EvaluatedDoc,
    judged: Sequence[Judged],
    colors: Mapping[str, str],
    *,
    rows: Tuple[str, str] = ROWS,
) -> Markup:
    """Gold mentions above the text, predicted ones below.

    rows: Names of gold and of predicted mentions.
    """
    above = [_bar(one.gold, one) for one in judged if one.gold]
    below = [_bar(one.predicted, one) for one in judged if one.predicted]
    return draw(doc.text, above, below, rows=rows, colors=colors)


def _bar(mention: Mention, judged: Judged) -> Bar:
    return Bar(*mention, kind=judged.kind, note=_note(judged))


def _note(judged: Judged) -> str:
    """The error of a pair of mentions, shown under the mouse pointer."""
    gold, predicted = judged.gold, judged.predicted
    if gold is None or predicted is None:
        return ""
    ends = (("begins", judged.start_off), ("ends", judged.end_off))
    errors = [format_shift(verb, off) for verb, off in ends if off]
    if gold.label != predicted.label:
        errors.insert(0, f"{predicted.label} instead of {gold.label}")
    return ", ".join(errors)


def _labels(judged: Judged) -> Iterable[str]:
    """The labels of the gold and of the predicted mention."""
    return {mention.label for mention in (judged.gold, judged.predicted) if mention}


def _introduce(n_shown: int, n_docs: int, n_wrong: int) -> str:
    errors = f"{n_wrong:,} of the {n_docs:,} documents have errors."
    if n_shown == n_docs:
        return f"{errors} All documents are shown, those with the most errors first."
    return f"{errors} The page shows the {n_shown:,} of {n_docs:,} with the most errors."
