"""The pipe `nested_spancat`: spans of any nesting into `doc.spans`."""

import logging
import warnings
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple

import torch
from spacy.attrs import IS_SPACE
from spacy.errors import Errors
from spacy.language import Language
from spacy.pipeline.trainable_pipe import TrainablePipe
from spacy.tokens import Doc, Span, SpanGroup
from spacy.training import Example, validate_examples
from spacy.vocab import Vocab
from thinc.api import Model, Optimizer, set_dropout_rate
from torch import Tensor

from .batching import some_tokens_at_a_time
from .config_errors import told_as_config_error
from .decode import DecodedSpans, decode_spans
from .losses import SpanLoss
from .model.span_logits import SpanLogits
from .scorer import SpanScorer
from .survey import GoldSurvey, survey_gold
from .targets import gold_cells

logger = logging.getLogger("spacy")

DEFAULT_SPANS_KEY = "sc"


class NestedSpanCategorizer(TrainablePipe):
    """Finds spans that may nest, cross, and carry several labels.

    Writes `doc.spans[spans_key]` in document order (start, longer first, label) with a
    probability per span in `.attrs["scores"]`, float32, shape (n,).

    model (Model[List[Doc], SpanLogits]): Scores the spans of documents; its reference
        "head" is what `learn_rate_scale` is for.
    loss (SpanLoss): From Thinc's registry of losses; also says how logits read as
        probabilities.
    spans_key (str): Where gold spans are read and predicted spans written; part of the
        names of the scores, spans_{spans_key}_f and so on.
    threshold (float): Probability above which a span is predicted.
    learn_rate_scale (float): Learn rate of the head in multiples of the schedule's.
    scorer (Optional[Callable]): Scores examples.
    """

    def __init__(
        self,
        vocab: Vocab,
        model: Model[List[Doc], SpanLogits],
        name: str = "nested_spancat",
        *,
        loss: SpanLoss,
        spans_key: str = DEFAULT_SPANS_KEY,
        threshold: float = 0.5,
        learn_rate_scale: float = 1.0,
        scorer: Optional[SpanScorer] = None,
    ) -> None:
        if not 0.0 <= threshold <= 1.0:
            raise ValueError(
                f"threshold={threshold} is not a probability: choose a value from 0 to 1."
            )
        if learn_rate_scale <= 0.0:
            raise ValueError(
                f"learn_rate_scale={learn_rate_scale} would not train the span scorer: "
                "choose a positive factor of the learn rate."
            )
        self.vocab = vocab
        self.model = model
        self.name = name
        self.loss = loss
        self.spans_key = spans_key
        self.threshold = threshold
        self.learn_rate_scale = learn_rate_scale
        self.scorer = scorer
        # what is saved here wins over config.cfg when a pipeline is loaded, so it holds
        # nothing but what training found: a threshold edited in the config must count
        self.cfg: Dict[str, Any] = {"labels": []}
        self._explained_silence = False

    @property
    def labels(self) -> Tuple[str, ...]:
        """The labels, in the order of the last axis of the logits."""
        return tuple(self.cfg["labels"])

    @property
    def label_data(self) -> List[str]:
        """The labels, as `spacy init labels` saves and `initialize` takes them."""
        return list(self.labels)

    def add_label(self, label: str) -> int:
        """Add a label before the model is initialised.

        RETURNS (int): 1 if the label is new, else 0.
        """
        if not isinstance(label, str):
            raise ValueError(Errors.E187)
        if label in self.labels:
            return 0
        self._allow_extra_label()
        self.cfg["labels"].append(label)
        self.vocab.strings.add(label)
        return 1

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Optional[Language] = None,
        labels: Optional[Sequence[str]] = None,
    ) -> None:
        """Find the labels and the widest span in the training data and size the model.

        labels (Optional[Sequence[str]]): The labels, if they are not to be looked for.
        RAISES (ValueError): If there is no gold span under the key, a label that is not
            among the given ones, or a gold span wider than the model allows.
        """
        with told_as_config_error():
            gold = survey_gold(get_examples(), spans_key=self.spans_key)
            gold.check(given_labels=labels)
            for label in sorted(gold.labels) if labels is None else labels:
                self.add_label(label)
            self._fit_width(gold)
        if nlp is not None:
            self._weigh_own_scores(nlp)
        Y: Any = self.model.ops.alloc2f(1, len(self.labels))  # its last axis counts
        self.model.initialize(X=gold.sample or None, Y=Y)

    def _fit_width(self, gold: GoldSurvey) -> None:
        """Tell the model how wide gold spans are, if it has a say in the width."""
        if gold.widest and "fit_width" in self.model.attrs:
            width = self.model.attrs["fit_width"](self.model, len(gold.widest))
            limit = "no limit" if width is None else f"up to {width} tokens"
            logger.info(
                "%s: spans of %s; the widest gold span has %d tokens (%r)",
                self.name,
                limit,
                len(gold.widest),
                gold.widest.text,
            )

    def _weigh_own_scores(self, nlp: Language) -> None:
        """See to it that training is judged by our scores, whatever the spans key.

        spaCy's defaults for score weights are one per factory, so they name the default
        key: with another one training would show a score of 0.00 for ever.
        """
        weights = nlp.config["training"]["score_weights"]
        if any(weights.get(f"spans_{self.spans_key}_{score}") for score in "prf"):
            return
        keys = {nlp.get_pipe_config(pipe).get("spans_key") for pipe in nlp.component_names}
        if DEFAULT_SPANS_KEY not in keys:
            weights.update({f"spans_{DEFAULT_SPANS_KEY}_{score}": None for score in "prf"})
        weights[f"spans_{self.spans_key}_f"] = 1.0
        logger.info("%s: training is judged by spans_%s_f", self.name, self.spans_key)

    def predict(self, docs: Iterable[Doc]) -> DecodedSpans:
        """The spans of a batch of documents, which stay as they are."""
        return DecodedSpans.join(
            [self._predict_some(some) for some in some_tokens_at_a_time(docs)]
        )

    def _predict_some(self, docs: List[Doc]) -> Tuple[int, DecodedSpans]:
        """Number of documents and their spans."""
        if not any(len(doc) for doc in docs):
            return len(docs), DecodedSpans.empty()
        scores = self.model.predict(docs)
        return len(docs), decode_spans(
            scores, threshold=self.threshold, logit_scale=self.loss.logit_scale
        )

    def set_annotations(self, docs: Iterable[Doc], scores: DecodedSpans) -> None:
        """Write predicted spans to `doc.spans[spans_key]`, an empty group where there are
        none. A span that begins or ends on whitespace is left out."""
        docs = list(docs)
        label_ids = [self.vocab.strings[label] for label in self.labels]
        for doc, found in zip(docs, scores.of_docs(len(docs))):
            is_space = doc.to_array(IS_SPACE).astype(bool)
            keep = ~(is_space[found.start] | is_space[found.end - 1])
            kept = zip(*(column[keep].tolist() for column in found[1:4]))
            doc.spans[self.spans_key] = SpanGroup(
                doc,
                name=self.spans_key,
                spans=[Span(doc, start, end, label=label_ids[i]) for start, end, i in kept],
                attrs={"scores": found.probability[keep]},
            )

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optional[Optimizer] = None,
        losses: Optional[Dict[str, float]] = None,
    ) -> Dict[str, float]:
        """Learn from a batch of examples.

        losses (Optional[Dict[str, float]]): Gains the loss under the name of the pipe, and
            its parts under {name}_emc, {name}_eiou and so on.
        RAISES (ValueError): For a gold label that is not known, or too wide a gold span.
        """
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, "NestedSpanCategorizer.update")
        docs = [eg.predicted for eg in examples]
        if not any(len(doc) for doc in docs):
            return losses
        set_dropout_rate(self.model, drop)
        scores, backprop = self.model.begin_update(docs)
        loss, parts, d_scores = self._loss_and_gradient(examples, scores)
        backprop(d_scores)  # type: ignore[arg-type]
        if sgd is not None:
            self.finish_update(sgd)
        losses[self.name] += loss
        for part, value in parts.items():
            name = f"{self.name}_{part}"
            losses[name] = losses.get(name, 0.0) + value
        return losses

    def get_loss(self, examples: Iterable[Example], scores: SpanLogits) -> Tuple[float, Tensor]:
        """The loss of a batch and its gradient on the dense logits, (T, w, L)."""
        loss, _, d_scores = self._loss_and_gradient(list(examples), scores)
        return loss, d_scores

    def _loss_and_gradient(
        self, examples: Sequence[Example], scores: SpanLogits
    ) -> Tuple[float, Dict[str, float], Tensor]:
        label_ids = {label: i for i, label in enumerate(self.labels)}
        gold = gold_cells(examples, scores.grid, label_ids, spans_key=self.spans_key)
        # a leaf: the gradient stops here and goes on through Thinc's backprop
        logits = scores.dense().requires_grad_()
        loss, parts = self.loss(logits, gold, scores.grid)
        (d_logits,) = torch.autograd.grad(loss, logits)
        # one copy off the device, however many parts
        total, *values = torch.stack((loss.detach(), *parts.values())).tolist()
        return total, dict(zip(parts, values)), d_logits

    def finish_update(self, sgd: Optimizer) -> None:
        """Update the weights, those of the model's head at the scaled learn rate."""
        if self.learn_rate_scale == 1.0:
            self.model.finish_update(sgd)
            return
        head = self.model.get_ref("head")
        ids = {node.id for node in head.walk()}
        ids.update(shim.id for node in head.walk() for shim in node.shims)

        def scaled(key: Tuple[int, str], weights: Any, gradient: Any) -> Tuple[Any, Any]:
            scale = self.learn_rate_scale if key[0] in ids else 1.0
            return sgd(key, weights, gradient, lr_scale=scale)

        self.model.finish_update(scaled)  # type: ignore[arg-type]

    def score(self, examples: Iterable[Example], **kwargs: Any) -> Dict[str, Any]:
        """Score examples; at the first evaluation, say why if nothing at all is predicted."""
        if self.scorer is None:
            return {}
        examples = list(examples)
        if not self._explained_silence:
            self._explained_silence = True
            self._explain_silence(examples)
        return self.scorer(examples, **{"spans_key": self.spans_key, **kwargs})

    def _explain_silence(self, examples: Sequence[Example]) -> None:
        key = self.spans_key
        docs = [eg.predicted for eg in examples]
        n_gold = sum(len(eg.reference.spans.get(key, [])) for eg in examples)
        if not n_gold or any(doc.spans.get(key) for doc in docs):
            return
        some = [doc for doc in docs if len(doc)][:100]
        best = self.model.predict(some).highest()
        probability = float(torch.tensor(best * self.loss.logit_scale).sigmoid())
        if probability > self.threshold:
            why = (
                "this pipe would predict some, so it did not run on them or another "
                "component has emptied the group: look at the order of the pipeline."
            )
        else:
            why = (
                f"the most probable span reaches {probability:.3g}, and the threshold is "
                f"{self.threshold}: train for more updates or with a higher learn rate, or "
                "lower the threshold."
            )
        warnings.warn(
            f"{self.name} predicted no span in {len(docs)} documents, where doc.spans[{key!r}] "
            f"has {n_gold} gold spans: {why}",
            stacklevel=2,
        )
