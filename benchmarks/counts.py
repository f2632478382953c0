"""Counts of mentions for each run; all scores are computed from them."""

from itertools import pairwise
from typing import Any, Dict, Sequence

import numpy
from numpy import ndarray

from spacy_nested_ner.evaluation.bootstrap import find_units
from spacy_nested_ner.evaluation.documents import EvaluatedDoc
from spacy_nested_ner.evaluation.slices import count_slices, find_labels
from spacy_nested_ner.scoring.matching import FOUND, GOLD, PREDICTED, RIGHT

# maximum number of groups that the bootstrap draws; a corpus of sentences has thousands
MAX_ROWS = 200


def count_spans(docs: Sequence[EvaluatedDoc]) -> Dict[str, Any]:
    """Count gold, predicted and right mentions: three numbers each.

    RETURNS: total; boundary, which ignores labels; nested, the number of gold mentions inside
        or around another gold mention, and how many of them were found; same_label, likewise
        for those inside or around one with their own label; per_type, by label;
        per_document, a row for each source document, or for neighbouring ones together if there
        are more than 200.
    """
    labels = find_labels(docs)
    counted = count_slices(
        docs, find_units(docs).rows, labels=labels, frequency=dict.fromkeys(labels, "head")
    )
    columns = [GOLD, PREDICTED, RIGHT]
    slices = dict(zip(counted.names, counted.counts.sum(axis=0)))
    micro = counted.names.index(("all", "micro"))
    return {
        "total": slices["all", "micro"][columns].tolist(),
        "boundary": slices["all", "boundary"][columns].tolist(),
        "nested": slices["structure", "nested"][[GOLD, FOUND]].tolist(),
        "same_label": slices["structure", "same_label"][[GOLD, FOUND]].tolist(),
        "per_type": {label: slices["label", label][columns].tolist() for label in labels},
        "per_document": in_groups(counted.counts[:, micro, columns]).tolist(),
    }


def in_groups(rows: ndarray, n: int = MAX_ROWS) -> ndarray:
    """Sum neighbouring rows to at most n rows; groups have almost equal sizes."""
    n = min(n, len(rows))
    bounds = pairwise(len(rows) * i // n for i in range(n + 1)) if n else ()
    return numpy.array([rows[i:j].sum(axis=0) for i, j in bounds])
