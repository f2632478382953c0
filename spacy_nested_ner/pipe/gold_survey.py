"""Facts of the gold spans of the training data, collected in one pass at initialisation."""

import warnings
from dataclasses import dataclass, field
from typing import Iterable, List, Optional, Sequence, Set

from spacy.tokens import Doc, Span
from spacy.training import Example

from ..gold_alignment import aligned_spans

# documents: enough for a model to infer the widths of its inputs
_SAMPLE_SIZE = 10


@dataclass
class GoldSurvey:
    """Facts of the gold spans under a key of `doc.spans`."""

    spans_key: str
    sample: List[Doc] = field(default_factory=list)  # documents with tokens
    labels: Set[str] = field(default_factory=set)
    widest: Optional[Span] = None  # in predicted tokens
    n_docs: int = 0
    n_not_annotated: int = 0  # documents without the key
    n_spans: int = 0
    lost: List[Span] = field(default_factory=list)  # cannot be predicted
    other_keys: Set[str] = field(default_factory=set)
    # labels of regions that are not annotated, and of rejected spans; "" stands for all labels
    other_labels: Set[str] = field(default_factory=set)

    def check(self, *, given_labels: Optional[Sequence[str]]) -> None:
        """Refuse training data without a usable gold span; warn of spans that are not usable.

        given_labels (Optional[Sequence[str]]): None if the labels come from the data.
        RAISES (ValueError): If no document has a token; if there is no given label and
            no gold span; if a gold label is not among the given ones.
        """
        if self.n_docs and not self.sample:
            raise ValueError(
                f"None of the {self.n_docs} training documents has a token: check the path and "
                "the conversion of the training corpus."
            )
        if not given_labels and not self.labels:
            keys = ", ".join(map(repr, sorted(self.other_keys))) or "none"
            raise ValueError(
                f"No gold span under doc.spans[{self.spans_key!r}] in {self.n_docs} training "
                f"documents; span keys present: {keys}. Set spans_key to one of them, or "
                "give the labels."
            )
        unknown = self.labels.difference(self.labels if given_labels is None else given_labels)
        if unknown:
            raise ValueError(
                f"The training data has the labels {sorted(unknown)}, which are not among the "
                f"given ones {list(given_labels or [])}: add them, or give no labels, so that "
                "all labels are taken from the data."
            )
        if self.lost:
            example = self.lost[0]
            around = example.doc[max(0, example.start - 3) : example.end + 3].text
            warnings.warn(
                f"{len(self.lost)} of {self.n_spans} gold spans begin or end inside a token of "
                "this pipeline's tokenizer or on whitespace, and cannot be learned; for "
                f"example {example.text!r} ({example.label_}) in {around!r}. Use a tokenizer "
                "that splits more.",
                stacklevel=3,
            )


def survey_gold(examples: Iterable[Example], *, spans_key: str) -> GoldSurvey:
    """Collect the facts of all examples, in one pass.

    spans_key (str): Key of doc.spans for the gold spans.
    """
    survey = GoldSurvey(spans_key)
    for eg in examples:
        survey.n_docs += 1
        survey.n_not_annotated += len(eg.predicted) > 0 and spans_key not in eg.reference.spans
        if len(eg.predicted) and len(survey.sample) < _SAMPLE_SIZE:
            survey.sample.append(eg.predicted)
        survey.other_keys.update(key for key in eg.reference.spans if key != spans_key)
        found, lost = aligned_spans(eg, spans_key=spans_key)
        survey.n_spans += len(found) + len(lost)
        survey.lost.extend(lost)
        survey.labels.update(span.label_ for span in (*found, *lost))
        for group in (f"{spans_key}_unannotated", f"{spans_key}_rejected"):
            spans = eg.reference.spans.get(group, ())
            survey.other_labels.update(span.label_ for span in spans)
        survey.widest = max((survey.widest, *found), key=lambda span: len(span or ()))
    return survey
