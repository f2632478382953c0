"""The warnings of a pipe, each given once in its life."""

import warnings
from typing import List, Sequence

from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example

from ..model.span_logits import SpanLogits
from .lost_tokens import warn_of_lost_tokens
from .no_prediction_warning import FEW_UPDATES, SpanPipe, warn_of_no_prediction
from .shared_key import find_pipes_of_key, warn_of_shared_key


class OneTimeWarnings:
    """Remembers what a pipe has warned of.

    of_shared_key_given (bool): Public, so that of two pipes with one key only one warns.
    """

    def __init__(self) -> None:
        # updates until the pipe should predict something; a loaded pipe should at once
        self._updates_to_wait = 0
        self._of_no_prediction_checked = False
        self._of_no_annotation_given = False
        self._of_lost_tokens_given = False
        self.of_shared_key_given = False

    def begin_training(self) -> None:
        """A new pipe does not predict a span during the first updates."""
        self._updates_to_wait = FEW_UPDATES

    def count_update(self) -> None:
        self._updates_to_wait -= 1

    def of_no_prediction(self, pipe: SpanPipe, examples: Sequence[Example]) -> None:
        """At the first evaluation of a pipe that has learned for some updates, explain why if
        no span is predicted."""
        if self._updates_to_wait <= 0 and not self._of_no_prediction_checked:
            self._of_no_prediction_checked = True
            warn_of_no_prediction(pipe, examples)

    def of_no_annotation(self, pipe: SpanPipe, n: int, n_docs: int) -> None:
        """Warn of n training documents that do not have the key."""
        if n and not self._of_no_annotation_given:
            self._of_no_annotation_given = True
            warnings.warn(
                f"{pipe.name}: {n} of {n_docs} training documents have no "
                f"doc.spans[{pipe.spans_key!r}], so nothing is learned from them. If a "
                "document has no mention, give it an empty group.",
                stacklevel=3,
            )

    def of_lost_tokens(self, pipe: SpanPipe, docs: Sequence[Doc], scores: SpanLogits) -> None:
        """Warn of tokens without a vector; see `lost_tokens`."""
        if not self._of_lost_tokens_given:
            self._of_lost_tokens_given = warn_of_lost_tokens(
                pipe.name, pipe.model, docs, scores
            )

    def of_shared_key(self, pipe: SpanPipe, nlp: Language) -> None:
        """Warn of another pipe with this key, unless one of them has warned already."""
        pipes = [nlp.get_pipe(name) for name in find_pipes_of_key(nlp, pipe.spans_key)]
        given = [getattr(other, "one_time_warnings", None) for other in pipes]
        if not any(isinstance(w, OneTimeWarnings) and w.of_shared_key_given for w in given):
            self.of_shared_key_given = warn_of_shared_key(nlp, pipe.name, pipe.spans_key)

    def of_replaced_spans(self, pipe: SpanPipe, docs: List[Doc]) -> None:
        """Warn of spans under the key that this pipe cannot have written."""
        if self.of_shared_key_given:
            return
        groups = (doc.spans[pipe.spans_key] for doc in docs if pipe.spans_key in doc.spans)
        labels = {span.label_ for group in groups for span in group}
        other = labels.difference(pipe.labels)
        if other:
            self.of_shared_key_given = True
            warnings.warn(
                f"{pipe.name} replaces spans with the labels {sorted(other)} in "
                f"doc.spans[{pipe.spans_key!r}], which it does not predict: if another pipe "
                "wrote them, give each pipe a spans_key of its own.",
                stacklevel=3,
            )
