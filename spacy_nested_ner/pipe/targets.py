"""Gold spans of examples, aligned to the predicted tokens, as cells of the grid."""

from typing import Dict, List, Optional, Sequence

import torch
from spacy.tokens import Span
from spacy.training import Example
from torch import Tensor

from ..gold_alignment import aligned_spans, predicted_tokens
from ..model.grid import SpanGrid


def gold_cells(
    examples: Sequence[Example], grid: SpanGrid, label_ids: Dict[str, int], *, spans_key: str
) -> Tensor:
    """The gold spans of a batch as cells of its grid.

    label_ids (Dict[str, int]): Index of each label in the last axis of the logits.
    spans_key (str): Key of doc.spans for the gold spans.
    RETURNS (Tensor): Distinct cells (row, column, label), (G, 3), int64.
    RAISES (ValueError): For an unknown label, or a span wider than the grid.
    """
    gold = sorted(
        {
            (i, span.start, span.end, _label_id(span, label_ids))
            for i, eg in enumerate(examples)
            for span in aligned_spans(eg, spans_key=spans_key)[0]
        }
    )
    for i, first, behind, _ in gold:
        if behind - first > grid.width:
            raise ValueError(
                f"The gold span {examples[i].predicted[first:behind].text!r} is "
                f"{behind - first} tokens wide, but max_span_width is {grid.width}: raise it, "
                'or set it to "auto" and initialise with all training data.'
            )
    spans = torch.tensor(gold, dtype=torch.long).reshape(-1, 4).to(grid.device)
    doc, start, end, label = spans.unbind(1)
    return torch.stack((*grid.cells(doc, start, end), label), dim=1)


def ignored_cells(
    examples: Sequence[Example],
    grid: SpanGrid,
    label_ids: Dict[str, int],
    gold: Tensor,
    *,
    spans_key: str,
) -> Optional[Tensor]:
    """The cells that the gold does not judge; see `gold_alignment`.

    gold (Tensor): The gold cells, (G, 3), from `gold_cells`.
    RETURNS (Optional[Tensor]): True for each cell that does not count, (T, w, L); None if all
        cells count.
    """
    unannotated, rejected = f"{spans_key}_unannotated", f"{spans_key}_rejected"
    some = [
        i
        for i, eg in enumerate(examples)
        if spans_key not in eg.reference.spans or eg.reference.spans.get(unannotated)
    ]
    if not some:
        return None
    shape = grid.n_tokens, grid.width, len(label_ids)
    ignored = torch.zeros(shape, dtype=torch.bool, device=grid.device)
    begins = grid.offsets.tolist()
    column = torch.arange(grid.width, device=grid.device)
    for i in some:
        eg = examples[i]
        rows = ignored[begins[i] : begins[i] + len(eg.predicted)]  # (n, w, L), a view
        if spans_key not in eg.reference.spans:
            rows[:] = True
        for region in eg.reference.spans.get(unannotated, ()):
            first, behind = predicted_tokens(eg, region)
            start = torch.arange(behind, device=grid.device)
            touches = start[:, None] + column >= first  # (behind, w): the last token
            for label in _columns(region, label_ids):
                rows[:behind, :, label] |= touches
        for span in aligned_spans(eg, spans_key=rejected)[0]:
            if len(span) <= grid.width:
                for label in _columns(span, label_ids):
                    rows[span.start, len(span) - 1, label] = False
    ignored[gold.unbind(1)] = False
    return ignored


def _columns(span: Span, label_ids: Dict[str, int]) -> List[int]:
    """The labels of a region or of a rejected span; none for a label that the pipe lacks."""
    if not span.label_:
        return list(label_ids.values())
    return [label_ids[span.label_]] if span.label_ in label_ids else []


def _label_id(span: Span, label_ids: Dict[str, int]) -> int:
    try:
        return label_ids[span.label_]
    except KeyError:
        raise ValueError(
            f"The gold span {span.text!r} has the label {span.label_!r}, which is not among "
            f"{list(label_ids)}: initialise with all training data, call add_label, or "
            "use the callback spacy_nested_ner.grow_pipes.v1."
        ) from None
