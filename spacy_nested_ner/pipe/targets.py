"""Gold spans of examples, aligned to the predicted tokens, as cells of the grid."""

from typing import Dict, Sequence

import torch
from spacy.tokens import Span
from spacy.training import Example
from torch import Tensor

from ..gold_alignment import aligned_spans
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


def _label_id(span: Span, label_ids: Dict[str, int]) -> int:
    try:
        return label_ids[span.label_]
    except KeyError:
        raise ValueError(
            f"The gold span {span.text!r} has the label {span.label_!r}, which is not among "
            f"{list(label_ids)}: initialise with all training data, or give the label to "
            "add_label before initialisation."
        ) from None
