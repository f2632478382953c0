"""The pipe `nested_spancat`: spans of any nesting into `doc.spans`."""

import logging
from typing import (
    Any,
    Callable,
    Collection,
    Dict,
    Iterable,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
)

from spacy.errors import Errors
from spacy.language import Language
from spacy.tokens import Doc
from spacy.training import Example, validate_examples
from spacy.util import SimpleFrozenDict
from spacy.vocab import Vocab
from thinc.api import Model, Optimizer, set_dropout_rate
from torch import Tensor

from ..config_errors import as_config_error
from ..decoding.decode import decode_spans
from ..decoding.policies import Overlap, Preference
from ..decoding.settings import check_decoding_settings
from ..decoding.spans import PredictedSpans
from ..decoding.thresholds import LogitThresholds, find_label, logit_thresholds
from ..files.manifest import hash_bytes, set_id
from ..losses.span_losses import SpanLoss
from ..model.finite import NonFiniteDocuments
from ..model.span_logits import SpanLogits
from ..scoring.score_weights import DEFAULT_SPANS_KEY, weigh_scores
from ..scoring.scorer import SpanScorer
from ..user_error import UserError
from .gold_survey import GoldSurvey, survey_gold
from .learn_rate import scale_learn_rate
from .listeners import check_listeners
from .loss import loss_and_gradient
from .one_time_warnings import OneTimeWarnings
from .owner import Owner
from .saved_pipe import SavedPipe
from .token_batches import batch_by_tokens
from .unread_weights import warn_of_unread_weights
from .update_guard import UpdateGuard
from .write_spans import write_entities, write_spans

logger = logging.getLogger("spacy")


class NestedSpanCategorizer(SavedPipe):
    """Predicts spans that may nest, cross, and have several labels.

    Writes `doc.spans[spans_key]` in document order (start, longer first, label), and the
    probability of each of the n spans to `.attrs["scores"]`, float32, (n,).

    model (Model[List[Doc], SpanLogits]): Scores the spans of documents.
    loss (SpanLoss): From Thinc's registry of losses. Its `logit_scale` defines the
        probability of a logit.
    spans_key (str): Key of doc.spans for gold and predicted spans; part of the names of the
        scores, spans_{spans_key}_f and so on.
    threshold (float): A span is predicted if its probability is above this value. For labels
        without a threshold of their own.
    thresholds (Mapping[str, float]): Thresholds of labels, also probabilities.
    temperatures (Mapping[str, float]): T of p = σ(logit_scale · S / T) for the logits S of a
        label; above 1 for an overconfident model. 1 for labels without a temperature.
    overlap (Overlap): "all": predicted spans may overlap in any way; "nested": they may not
        cross; "flat": they may not overlap. See `policies.resolve_overlaps`.
    prefer (Preference): Which of two conflicting spans stays: the better one by
        "probability" or by "length".
    max_depth (Optional[int]): How deep predicted spans may nest; 1 for the outermost spans
        only, None for no limit.
    ents (Optional[Preference]): Replace doc.ents by the best predicted spans that do not
        overlap, by "probability" or by "length". None to leave doc.ents unchanged.
    learn_rate_scale (float): Factor on the learn rate of the schedule for the weights of the
        model. A pretrained transformer, inside the model or listened to, trains at the learn
        rate of the schedule.
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
        thresholds: Mapping[str, float] = SimpleFrozenDict(),
        temperatures: Mapping[str, float] = SimpleFrozenDict(),
        overlap: Overlap = "all",
        prefer: Preference = "probability",
        max_depth: Optional[int] = None,
        ents: Optional[Preference] = None,
        learn_rate_scale: float = 1.0,
        scorer: Optional[SpanScorer] = None,
    ) -> None:
        check_decoding_settings(
            threshold=threshold,
            thresholds=thresholds,
            temperatures=temperatures,
            overlap=overlap,
            prefer=prefer,
            max_depth=max_depth,
            ents=ents,
        )
        if learn_rate_scale <= 0.0:
            raise ValueError(
                f"learn_rate_scale={learn_rate_scale} would not train the pipe: "
                "choose a positive factor of the learn rate."
            )
        self.vocab = vocab
        self.model = model
        self.name = name
        self.owner = Owner()  # the factory knows it
        self.guard = UpdateGuard()
        self.loss = loss
        self.spans_key = spans_key
        self.threshold = threshold
        self.thresholds = dict(thresholds)
        self.temperatures = dict(temperatures)
        self.overlap = overlap
        self.prefer = prefer
        self.max_depth = max_depth
        self.ents = ents
        self.learn_rate_scale = learn_rate_scale
        self.scorer = scorer
        # only what training found: spaCy prefers a saved cfg to config.cfg, so a setting here
        # would override a threshold that the user sets there
        self.cfg: Dict[str, Any] = {"labels": []}
        # called in `predict` with each batch and its logits, None for a batch without a token
        self.observer: Optional[Callable[[List[Doc], Optional[SpanLogits]], None]] = None
        self.one_time_warnings = OneTimeWarnings()

    @property
    def labels(self) -> Tuple[str, ...]:
        """The labels, in the order of the last axis of the logits."""
        return tuple(self.cfg["labels"])

    @property
    def label_data(self) -> List[str]:
        """The labels, in the form of `spacy init labels` and `initialize`."""
        return list(self.labels)

    def add_label(self, label: str) -> int:
        """Add a label. A trained model gets weights for it; the logits of its other labels do
        not change. Until training goes on, the new label has hardly any spans.

        RETURNS (int): 1 if the label is new, else 0.
        """
        if not isinstance(label, str):
            raise ValueError(Errors.E187)
        if label in self.labels:
            return 0
        self._allow_extra_label()
        self.cfg["labels"].append(label)
        self.vocab.strings.add(label)
        if self.model.has_dim("nO"):
            self.model.attrs["resize_output"](self.model, len(self.labels))
        return 1

    def drop_labels(self, labels: Collection[str]) -> None:
        """Remove labels with their weights, thresholds and temperatures, also from the config
        of the pipeline. The logits of the other labels do not change."""
        before = self.labels
        kept = [i for i, label in enumerate(before) if label not in labels]
        if self.model.has_dim("nO"):
            self.model.attrs["keep_labels"](self.model, kept)
        self.cfg["labels"] = [before[i] for i in kept]
        config = self.owner.config_of(self)
        for setting in ("thresholds", "temperatures"):
            values = getattr(self, setting)
            for name in [name for name in values if find_label(name, before) in labels]:
                del values[name]
            config[setting] = [list(pair) for pair in values.items()]

    def initialize(
        self,
        get_examples: Callable[[], Iterable[Example]],
        *,
        nlp: Optional[Language] = None,
        labels: Optional[Sequence[str]] = None,
    ) -> None:
        """Take the labels and the widest span from the training data, and build the weights.

        labels (Optional[Sequence[str]]): The labels; None to take them from the data.
        RAISES (ValueError): If there is no gold span under the key, a gold label that is not
            among the given ones, a gold span wider than the model allows, or a threshold or
            temperature of an unknown label.
        """
        with as_config_error():
            gold = survey_gold(get_examples(), spans_key=self.spans_key)
            gold.check(given_labels=labels)
            self.one_time_warnings.of_no_annotation(self, gold.n_not_annotated, gold.n_docs)
            for label in sorted(gold.labels) if labels is None else labels:
                self.add_label(label)
            self.logit_thresholds()  # raises for an unknown label, before the training
            self._fit_width(gold)
        if nlp is not None:
            weigh_scores(nlp)
            warn_of_unread_weights(nlp)
            self.one_time_warnings.of_shared_key(self, nlp)
        # Thinc infers the number of labels from the last axis
        Y: Any = self.model.ops.alloc2f(1, len(self.labels))
        self.model.initialize(X=gold.sample or None, Y=Y)
        self.one_time_warnings.begin_training()
        if nlp is not None:
            self.owner = Owner(nlp)
            # random weights and some texts differ from one training to the next
            head = self.model.maybe_get_ref("head") or self.model
            start = head.to_bytes(), [doc.text for doc in gold.sample]
            set_id(nlp.meta, hash_bytes(repr(start).encode()))

    def _fit_width(self, gold: GoldSurvey) -> None:
        """Pass the width of the widest gold span to a model that limits the width."""
        if gold.widest and "fit_width" in self.model.attrs:
            width = self.model.attrs["fit_width"](self.model, len(gold.widest))
            limit = "no limit" if width is None else f"up to {width} tokens"
            logger.info(
                "%s: span width: %s; the widest gold span has %d tokens (%r)",
                self.name,
                limit,
                len(gold.widest),
                gold.widest.text,
            )

    def predict(self, docs: Iterable[Doc]) -> PredictedSpans:
        """The spans of a batch of documents, which are not changed.

        RAISES (ValueError): For a threshold or temperature of an unknown label; for a logit
            that is not a finite number.
        """
        return PredictedSpans.concatenate(
            (len(batch), self._predict_batch(batch)) for batch in batch_by_tokens(docs)
        )

    def _predict_batch(self, docs: List[Doc]) -> PredictedSpans:
        check_listeners(self.name, self.model, docs)
        if not any(len(doc) for doc in docs):
            scores, spans = None, PredictedSpans.empty()
        else:
            scores, spans = self._predict_spans(docs)
        if self.observer is not None:
            self.observer(docs, scores)
        return spans

    def _predict_spans(self, docs: List[Doc]) -> Tuple[SpanLogits, PredictedSpans]:
        try:
            scores = self.model.predict(docs)
            spans = decode_spans(
                docs,
                scores,
                self.logit_thresholds(),
                overlap=self.overlap,
                prefer=self.prefer,
                max_depth=self.max_depth,
            )
        except NonFiniteDocuments as error:
            name = docs[error.docs[0]].text[:40].strip()
            raise UserError(
                f"{self.name} cannot score {name!r}, because its vectors or logits are not "
                "finite: check the encoder, load the pipeline again, or compute in float32."
            ) from error
        self.one_time_warnings.of_lost_tokens(self, docs, scores)
        return scores, spans

    def logit_thresholds(self) -> LogitThresholds:
        """The thresholds of the current settings, as logits.

        RAISES (ValueError): For a threshold or temperature of an unknown label.
        """
        return logit_thresholds(
            self.labels,
            threshold=self.threshold,
            thresholds=self.thresholds,
            temperatures=self.temperatures,
            logit_scale=self.loss.logit_scale,
        )

    def set_annotations(self, docs: Iterable[Doc], scores: PredictedSpans) -> None:
        """Write predicted spans to `doc.spans[spans_key]`, also an empty group, and to
        `doc.ents` if the setting `ents` is not None."""
        docs = list(docs)
        self.one_time_warnings.of_replaced_spans(self, docs)
        write_spans(docs, scores, self.labels, spans_key=self.spans_key)
        if self.ents is not None:
            write_entities(docs, scores, self.labels, prefer=self.ents)

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optional[Optimizer] = None,
        losses: Optional[Dict[str, float]] = None,
    ) -> Dict[str, float]:
        """Learn from a batch of examples.

        losses (Optional[Dict[str, float]]): The loss is added under the name of the pipe, its
            parts under {name}_emc, {name}_eiou and so on.
        RAISES (ValueError): For an unknown gold label, or a gold span that is too wide; if
            the loss or gradient is not finite in ten updates in a row, see `UpdateGuard`.
        """
        losses = {} if losses is None else losses
        losses.setdefault(self.name, 0.0)
        examples = list(examples)
        validate_examples(examples, "NestedSpanCategorizer.update")
        docs = [eg.predicted for eg in examples]
        if not any(len(doc) for doc in docs):
            return losses
        self.one_time_warnings.of_no_annotation(
            self,
            sum(len(eg.x) > 0 and self.spans_key not in eg.y.spans for eg in examples),
            len(examples),
        )
        set_dropout_rate(self.model, drop)
        models = [self.model, *(pipe.model for _, pipe in self.owner.encoders(self.model))]
        loss, parts = self.guard.learn(self.name, examples, models, self._loss_and_gradient)
        losses[self.name] += loss
        for part, value in parts.items():
            name = f"{self.name}_{part}"
            losses[name] = losses.get(name, 0.0) + value
        if sgd is not None:
            self.finish_update(sgd)
        return losses

    def get_loss(self, examples: Iterable[Example], scores: SpanLogits) -> Tuple[float, Tensor]:
        """The loss of a batch and its gradient on the dense logits, (T, w, L)."""
        loss, _, d_scores = self._loss_and_gradient(list(examples), scores)
        return loss, d_scores

    def _loss_and_gradient(
        self, examples: Sequence[Example], scores: SpanLogits
    ) -> Tuple[float, Dict[str, float], Tensor]:
        return loss_and_gradient(
            self.loss, examples, scores, labels=self.labels, spans_key=self.spans_key
        )

    def finish_update(self, sgd: Optimizer) -> None:
        """Update the weights, those outside a transformer at the scaled learn rate."""
        if not self.guard.allows_step():
            return
        self.one_time_warnings.count_update()
        if self.learn_rate_scale != 1.0:
            scaled = scale_learn_rate(sgd, self.model, self.learn_rate_scale)
            sgd = scaled  # type: ignore[assignment]
        self.model.finish_update(sgd)

    def score(self, examples: Iterable[Example], **kwargs: Any) -> Dict[str, Any]:
        """Score examples, by the scorer of the config; no scores without one."""
        if self.scorer is None:
            return {}
        examples = list(examples)
        self.one_time_warnings.of_no_prediction(self, examples)
        return self.scorer(examples, **{"spans_key": self.spans_key, **kwargs})
