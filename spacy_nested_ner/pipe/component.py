"""The pipe `nested_spancat`: spans of any nesting into `doc.spans`."""

import logging
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

import numpy
import torch
from spacy.attrs import IS_SPACE
from spacy.errors import Errors
from spacy.language import Language
from spacy.pipeline.trainable_pipe import TrainablePipe
from spacy.tokens import Doc, Span, SpanGroup
from spacy.training import Example, validate_examples
from spacy.util import SimpleFrozenDict
from spacy.vocab import Vocab
from thinc.api import Model, Optimizer, set_dropout_rate
from torch import Tensor

from ..config_errors import as_config_error
from ..decoding.decode import Cutoffs, DecodedSpans, decode_spans, make_cutoffs
from ..decoding.policies import Overlap, Preference, choose_spans
from ..decoding.settings import check_decoding_settings
from ..losses.span_losses import SpanLoss
from ..model.span_logits import SpanLogits
from ..scoring.scorer import DEFAULT_SPANS_KEY, SpanScorer, weigh_scores
from .gold_survey import GoldSurvey, survey_gold
from .learn_rate import scale_learn_rate
from .no_prediction_warning import warn_of_no_prediction
from .targets import gold_cells
from .token_batches import batch_by_tokens

logger = logging.getLogger("spacy")


class NestedSpanCategorizer(TrainablePipe):
    """Finds spans that may nest, cross, and carry several labels.

    Writes `doc.spans[spans_key]` in document order (start, longer first, label) with a
    probability per span in `.attrs["scores"]`, float32, shape (n,).

    model (Model[List[Doc], SpanLogits]): Scores the spans of documents.
    loss (SpanLoss): From Thinc's registry of losses; also says how logits read as
        probabilities.
    spans_key (str): Where gold spans are read and predicted spans written; part of the
        names of the scores, spans_{spans_key}_f and so on.
    threshold (float): Probability above which a span is predicted, for labels that have no
        threshold of their own.
    thresholds (Mapping[str, float]): Probability above which spans of a label are predicted.
    temperatures (Mapping[str, float]): T of p = σ(logit_scale · S / T) for the logits S of a
        label; above 1 for a model that is too sure of itself. 1 where there is none.
    overlap (Overlap): What predicted spans may do: "all", anything; "nested", all but cross;
        "flat", not overlap. See `policies.choose_spans`.
    prefer (Preference): Of spans that cannot both stay, the better one: "probability" or
        "length".
    max_depth (Optional[int]): Of a longer chain of spans, each inside the one before, keep
        the outer ones; 1 for the outermost alone.
    ents (Optional[Preference]): Write those of the predicted spans that do not overlap to
        doc.ents, which they replace, the best ones by this measure. None to leave doc.ents
        alone.
    learn_rate_scale (float): Learn rate of the model in multiples of the schedule's. A
        pretrained transformer inside it keeps that of the schedule, as one that it listens
        to does.
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
        # what is saved here wins over config.cfg when a pipeline is loaded, so it holds
        # nothing but what training found: a threshold edited in the config must count
        self.cfg: Dict[str, Any] = {"labels": []}
        self._explained_no_prediction = False

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
            among the given ones, a gold span wider than the model allows, or a threshold
            or temperature of a label that is not there.
        """
        with as_config_error():
            gold = survey_gold(get_examples(), spans_key=self.spans_key)
            gold.check(given_labels=labels)
            for label in sorted(gold.labels) if labels is None else labels:
                self.add_label(label)
            self.cutoffs()  # a threshold of a label that is not there is told now
            self._fit_width(gold)
        if nlp is not None and weigh_scores(nlp, self.spans_key):
            logger.info("%s: training is judged by spans_%s_f", self.name, self.spans_key)
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

    def predict(self, docs: Iterable[Doc]) -> DecodedSpans:
        """The spans of a batch of documents, which stay as they are. None of them begins or
        ends on whitespace.

        RAISES (ValueError): For a threshold or temperature of a label that is not there.
        """
        cutoffs = self.cutoffs()
        return DecodedSpans.join(
            [self._predict_some(some, cutoffs) for some in batch_by_tokens(docs)]
        )

    def _predict_some(self, docs: List[Doc], cutoffs: Cutoffs) -> Tuple[int, DecodedSpans]:
        """Number of documents and their spans."""
        if not any(len(doc) for doc in docs):
            return len(docs), DecodedSpans.empty()
        found = decode_spans(self.model.predict(docs), cutoffs)
        # before the policy: a span that cannot stay must not be in another one's way
        found = found.where(~_touches_space(docs, found))
        found = choose_spans(
            found, overlap=self.overlap, prefer=self.prefer, max_depth=self.max_depth
        )
        return len(docs), found

    def cutoffs(self) -> Cutoffs:
        """How logits are read, by the settings as they are now.

        RAISES (ValueError): For a threshold or temperature of a label that is not there.
        """
        return make_cutoffs(
            self.labels,
            threshold=self.threshold,
            thresholds=self.thresholds,
            temperatures=self.temperatures,
            logit_scale=self.loss.logit_scale,
        )

    def set_annotations(self, docs: Iterable[Doc], scores: DecodedSpans) -> None:
        """Write predicted spans to `doc.spans[spans_key]`, an empty group where there are
        none, and to `doc.ents` if the setting `ents` says so."""
        docs = list(docs)
        label_ids = [self.vocab.strings[label] for label in self.labels]
        for doc, found in zip(docs, scores.of_docs(len(docs))):
            doc.spans[self.spans_key] = SpanGroup(
                doc,
                name=self.spans_key,
                spans=_make_spans(doc, found, label_ids),
                attrs={"scores": found.probability},
            )
        if self.ents is not None:
            entities = choose_spans(scores, overlap="flat", prefer=self.ents)
            for doc, found in zip(docs, entities.of_docs(len(docs))):
                doc.set_ents(_make_spans(doc, found, label_ids))

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
        """Update the weights, at the scaled learn rate but for a transformer's."""
        if self.learn_rate_scale != 1.0:
            scaled = scale_learn_rate(sgd, self.model, self.learn_rate_scale)
            sgd = scaled  # type: ignore[assignment]
        self.model.finish_update(sgd)

    def score(self, examples: Iterable[Example], **kwargs: Any) -> Dict[str, Any]:
        """Score examples; at the first evaluation, say why if nothing at all is predicted."""
        if self.scorer is None:
            return {}
        examples = list(examples)
        if not self._explained_no_prediction:
            self._explained_no_prediction = True
            warn_of_no_prediction(self, examples)
        return self.scorer(examples, **{"spans_key": self.spans_key, **kwargs})


def _touches_space(docs: Sequence[Doc], found: DecodedSpans) -> numpy.ndarray:
    """True for spans that begin or end on whitespace, (N,)."""
    is_space = numpy.concatenate([doc.to_array(IS_SPACE) for doc in docs]).astype(bool)
    lengths = numpy.array([len(doc) for doc in docs])
    offset = (lengths.cumsum() - lengths)[found.doc]
    return is_space[found.start + offset] | is_space[found.end + offset - 1]


def _make_spans(doc: Doc, found: DecodedSpans, label_ids: Sequence[int]) -> List[Span]:
    columns = zip(found.start.tolist(), found.end.tolist(), found.label.tolist())
    return [Span(doc, start, end, label=label_ids[i]) for start, end, i in columns]
