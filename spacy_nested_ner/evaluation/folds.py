"""Divide documents into folds of one size, with the mentions of each label in all of them.

After iterative stratification (Sechidis, Tsoumakas, Vlahavas. On the Stratification of
Multi-Label Data. ECML PKDD 2011): labels are taken from the rarest to the most frequent, and
each document with the label goes to the fold that has the fewest mentions of it.
"""

from collections import Counter
from typing import Counter as Counts
from typing import Dict, List, Sequence, Tuple

from spacy.tokens import Doc

from ..corpus.conversion.stratify import random_key
from ..user_error import UserError, check_range

# whether it is a single text without a source document, and its name or index
DocumentName = Tuple[bool, str]


def assign_folds(docs: Sequence[Doc], folds: int, *, seed: int, spans_key: str) -> List[int]:
    """The fold of each doc. Docs of one source document are in one fold; the numbers of
    documents in two folds differ by 1 at most.

    docs: Gold docs; doc.user_data["document"] names the source document.
    seed: Another seed gives other folds.
    RAISES (UserError): There is no fold, or there are fewer documents than folds.
    """
    check_range("folds", folds, at_least=1)
    names = name_documents(docs)
    labels: Dict[DocumentName, Counts[str]] = {name: Counter() for name in names}
    for name, doc in zip(names, docs):
        labels[name].update(span.label_ for span in doc.spans.get(spans_key, ()))
    if len(labels) < folds:
        raise UserError(
            f"{len(labels)} documents do not make {folds} folds: choose fewer folds or more "
            "documents."
        )
    fold_of = _stratify(labels, folds, seed)
    return [fold_of[name] for name in names]


def name_documents(docs: Sequence[Doc]) -> List[DocumentName]:
    """The source document of each doc; a doc without one is a document by itself."""
    return [
        (False, str(doc.user_data["document"]))
        if doc.user_data.get("document") is not None
        else (True, str(number))
        for number, doc in enumerate(docs)
    ]


def _stratify(
    labels: Dict[DocumentName, Counts[str]], n_folds: int, seed: int
) -> Dict[DocumentName, int]:
    """labels: The mentions of each document, by label."""
    order = sorted(labels, key=lambda name: random_key(str(name), seed))
    room = [len(labels) // n_folds + (i < len(labels) % n_folds) for i in range(n_folds)]
    has: List[Counts[str]] = [Counter() for _ in range(n_folds)]
    fold_of: Dict[DocumentName, int] = {}
    left = Counter(label for counts in labels.values() for label in counts)
    while left:
        label = min(left, key=lambda label: (left[label], label))
        del left[label]
        # documents with many mentions first: the others even the folds out
        with_label = [name for name in order if name not in fold_of and label in labels[name]]
        for name in sorted(with_label, key=lambda name: -labels[name][label]):
            fold = min(
                (i for i in range(n_folds) if room[i]),
                key=lambda i: (has[i][label], -room[i], i),
            )
            fold_of[name] = fold
            room[fold] -= 1
            has[fold].update(labels[name])
            left.subtract(other for other in labels[name] if other in left)
    for name in order:  # documents without a mention
        if name not in fold_of:
            fold_of[name] = max(range(n_folds), key=lambda i: (room[i], -i))
            room[fold_of[name]] -= 1
    return fold_of
