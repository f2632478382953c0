"""Leave updates with a loss or a gradient that is not finite out of the training."""

import logging
import math
from typing import Any, Callable, Dict, Sequence, Tuple

from spacy.training import Example
from thinc.api import Model
from torch import Tensor

from ..model.finite import (
    NonFiniteDocuments,
    NonFiniteGradient,
    discard_gradients,
    gradients_are_finite,
    has_finite_norm,
)
from ..model.span_logits import SpanLogits
from ..user_error import UserError

_Parts = Dict[str, float]

logger = logging.getLogger("spacy")

# Updates in a row. One may be due to its documents; so many are due to the weights.
_MOST_SKIPPED = 10
# documents named in a message, and characters of their text
_MOST_NAMED, _MOST_LETTERS = 3, 40


class UpdateGuard:
    """Skips an update whose loss or gradient is not finite, and names its documents. Weights
    and optimizer stay as they were. After ten such updates in a row the training ends.

    An update is one or more calls of `learn` and then one of `allows_step`.
    """

    def __init__(self) -> None:
        self._n_skipped = 0  # in a row
        self._skipped = self._learned = False  # since the last step

    def learn(
        self,
        name: str,
        examples: Sequence[Example],
        models: Sequence[Model[Any, Any]],
        loss_of: Callable[[Sequence[Example], SpanLogits], Tuple[float, _Parts, Tensor]],
    ) -> Tuple[float, _Parts]:
        """Compute the loss of a batch and propagate its gradient back, if all is finite.

        name: Of the pipe, for messages.
        models: The model of the pipe, and those of the encoders that it listens to.
        loss_of: Returns a loss, its parts, and the gradient on the dense logits.
        RETURNS: The loss and its parts, 0 and none for a batch that is left out.
        RAISES (UserError): It is the tenth in a row that is left out.
        """
        try:
            scores, backprop = models[0].begin_update([eg.predicted for eg in examples])
        except NonFiniteDocuments as error:
            return self._leave_out(name, "vectors", [examples[i] for i in error.docs], models)
        loss, parts, d_scores = loss_of(examples, scores)
        if not math.isfinite(loss) or not has_finite_norm(d_scores):
            broken = "gradient" if math.isfinite(loss) else "loss"
            return self._leave_out(name, broken, _guilty(examples, scores, d_scores), models)
        try:
            backprop(d_scores)
            finite = all(map(gradients_are_finite, models))
        except NonFiniteGradient:
            finite = False
        if not finite:
            # with the gradients of earlier batches, to which they were added
            self._learned = False
            return self._leave_out(name, "gradient", examples, models)
        self._learned = True
        return loss, parts

    def allows_step(self) -> bool:
        """Whether the optimizer may change the weights of the pipe now: not if all batches
        since the last step were left out."""
        learned, skipped = self._learned, self._skipped
        self._learned = self._skipped = False
        if learned:
            self._n_skipped = 0
        return learned or not skipped

    def _leave_out(
        self,
        name: str,
        broken: str,
        examples: Sequence[Example],
        models: Sequence[Model[Any, Any]],
    ) -> Tuple[float, _Parts]:
        if not self._learned:
            # also gradients of zero, with which an optimizer would move a shared encoder
            discard_gradients(models)
        self._skipped = True
        self._n_skipped += 1
        documents = _name_documents(examples)
        logger.warning(
            "%s skips an update, because its %s is not finite; documents: %s",
            name,
            broken,
            documents,
        )
        if self._n_skipped >= _MOST_SKIPPED:
            raise UserError(
                f"{name}: the {broken} was not finite in {self._n_skipped} updates in a row, "
                f"the last one with {documents}: go on from the last saved pipeline with a "
                "lower learn rate, and check these documents and the encoder."
            )
        return 0.0, {}


def _guilty(
    examples: Sequence[Example], scores: SpanLogits, d_scores: Tensor
) -> Sequence[Example]:
    """The examples with a logit that is not finite, or else with such a gradient; all if there
    is none."""
    for numbers in (scores.dense(), d_scores):
        broken = ~numbers.isfinite().all(-1) & scores.grid.valid  # (T, w)
        found = scores.grid.doc_of_row[broken.any(1)].unique().tolist()
        if found:
            return [examples[i] for i in found]
    return examples


def _name_documents(examples: Sequence[Example]) -> str:
    """Their ids, or their first words."""
    names = []
    for eg in examples[:_MOST_NAMED]:
        id = eg.reference.user_data.get("id")
        names.append(repr(eg.reference.text[:_MOST_LETTERS].strip() if id is None else str(id)))
    more = len(examples) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")
