"""What might help where few documents are annotated: more training documents made from them or
from texts without annotations, and a layer whose output is moved to where the loss is higher.

Importing this module registers the changes, the layer and the callbacks, so that a config can
name them.
"""

from pathlib import Path
from random import Random
from typing import Any, Callable, Dict, Iterable, List, Optional, Sequence, Tuple

import numpy
import spacy
from spacy.language import Language
from spacy.tokens import Doc, SpanGroup
from spacy.training import Example
from spacy.util import registry
from thinc.api import Model, Optimizer
from thinc.types import Floats2d

from benchmarks.subsets import Change, Gold, Mention
from benchmarks.train import find_spans_key
from spacy_nested_ner.model.bridge import scorer_slot
from spacy_nested_ner.pipe.component import NestedSpanCategorizer


@registry.misc("benchmarks.swap_mentions.v1")
def make_swapped_copies(copies: int, share: float) -> Change:
    """Beside each document, copies of it in which mentions are swapped.

    copies: Number of copies of each document.
    share: Probability that a mention of a copy is swapped.
    """

    def change(gold: List[Gold], rest: List[Gold], seed: int) -> List[Gold]:
        random = Random(seed)
        mentions = collect_mentions(gold)
        swapped = (swap_mentions(one, mentions, share, random) for one in gold * copies)
        return [*gold, *swapped]

    return change


def collect_mentions(gold: Iterable[Gold]) -> Dict[str, List[Gold]]:
    """The outermost mentions by label; each with the mentions inside it, as a document."""
    found: Dict[str, List[Gold]] = {}
    for one in gold:
        for start, end, label in find_outermost(one.spans):
            found.setdefault(label, []).append(cut_out(one, start, end))
    return found


def find_outermost(spans: Sequence[Mention]) -> List[Mention]:
    """The mentions that no other one contains, crosses or equals, in the order of the text."""
    return sorted(
        span
        for span in spans
        if not any(
            other is not span
            and other[0] < span[1]
            and span[0] < other[1]
            and not (span[0] <= other[0] and other[1] <= span[1] and other[:2] != span[:2])
            for other in spans
        )
    )


def cut_out(one: Gold, start: int, end: int) -> Gold:
    """The tokens from start to end with the mentions inside, as a document."""
    inside = [
        (first - start, last - start, label)
        for first, last, label in one.spans
        if start <= first and last <= end
    ]
    return Gold(one.document, one.words[start:end], one.spaces[start:end], inside)


def swap_mentions(
    one: Gold, mentions: Dict[str, List[Gold]], share: float, random: Random
) -> Gold:
    """Replace outermost mentions by others with the same label and the mentions inside these;
    each with probability `share`."""
    parts, begin = [], 0
    for start, end, label in find_outermost(one.spans):
        if random.random() < share:
            new = random.choice(mentions[label])
            # what follows the mention stays: a blank or none
            new = new._replace(spaces=[*new.spaces[:-1], one.spaces[end - 1]])
            parts += [cut_out(one, begin, start), new]
            begin = end
    parts.append(cut_out(one, begin, len(one.words)))
    return join(one.document, parts)


def join(document: str, parts: Sequence[Gold]) -> Gold:
    joined = Gold(document, [], [], [])
    for part in parts:
        shift = len(joined.words)
        joined.words.extend(part.words)
        joined.spaces.extend(part.spaces)
        joined.spans.extend(
            (start + shift, end + shift, label) for start, end, label in part.spans
        )
    return joined


@registry.misc("benchmarks.self_training.v1")
def make_self_training(
    teachers: Path, copies: int, unsure: Optional[List[float]] = None
) -> Change:
    """The documents, and the rest of the corpus with the mentions that a pipeline predicts.

    teachers: Folder of pipelines by seed; each has trained on the same documents.
    copies: Number of times that each document occurs.
    unsure: Probabilities between which a mention is uncertain: neither it nor a span that
        overlaps it counts for its label. None for the threshold of the pipeline alone.
    """

    def change(gold: List[Gold], rest: List[Gold], seed: int) -> List[Gold]:
        teacher = spacy.load(Path(teachers) / str(seed))
        key = find_spans_key(teacher.config)
        if unsure is not None:
            pipe: Any = teacher.get_pipe("nested_spancat")
            pipe.threshold = unsure[0]
        docs = (Doc(teacher.vocab, one.words, one.spaces) for one in rest)
        predicted = [
            annotate(one, doc.spans[key], 0.0 if unsure is None else unsure[1])
            for one, doc in zip(rest, teacher.pipe(docs), strict=True)
        ]
        return gold * copies + predicted

    return change


def annotate(one: Gold, predicted: SpanGroup, sure: float) -> Gold:
    """Replace the mentions by predicted ones; those with a probability below `sure` become
    regions that do not count."""
    scores = predicted.attrs.get("scores")
    spans: List[Mention] = []
    unannotated: List[Mention] = []
    for i, span in enumerate(predicted):
        is_sure = scores is None or scores[i] >= sure
        (spans if is_sure else unannotated).append((span.start, span.end, span.label_))
    return one._replace(spans=spans, unannotated=unannotated)


@registry.architectures("benchmarks.Adversarial.v1")
def build_adversarial(
    embed: Model[List[Doc], List[Floats2d]], epsilon: float
) -> Model[List[Doc], List[Floats2d]]:
    """Keep the gradient of the vectors of an embedding. In the second pass of an update, move
    the vectors of each document along it, by the distance `epsilon` in all."""
    return Model(
        "adversarial",
        _forward,
        init=_initialize,
        layers=[embed],
        dims={"nO": embed.maybe_get_dim("nO")},
        attrs={"epsilon": epsilon, "noise": None, "gradient": None},
    )


def _initialize(model: Model, X: Any = None, Y: Any = None) -> None:
    model.layers[0].initialize(X, Y)


def _forward(
    model: Model[List[Doc], List[Floats2d]], docs: List[Doc], is_train: bool
) -> Tuple[List[Floats2d], Callable[[List[Floats2d]], List[Doc]]]:
    vectors, backprop_embed = model.layers[0](docs, is_train)
    noise = model.attrs["noise"] if is_train else None

    def backprop(d_vectors: List[Floats2d]) -> List[Doc]:
        model.attrs["gradient"] = d_vectors
        return backprop_embed(d_vectors)

    if noise is not None:
        vectors = [one + more for one, more in zip(vectors, noise, strict=True)]
    return vectors, backprop


class AdversarialSpanCategorizer(NestedSpanCategorizer):
    """Learns from each batch twice: as it is, and with vectors moved to where the loss is
    higher (fast gradient method, Miyato et al., arXiv 1605.07725)."""

    def update(
        self,
        examples: Iterable[Example],
        *,
        drop: float = 0.0,
        sgd: Optional[Optimizer] = None,
        losses: Optional[Dict[str, float]] = None,
    ) -> Dict[str, float]:
        examples = list(examples)
        layer = next(one for one in self.model.walk() if one.name == "adversarial")
        losses = super().update(examples, drop=drop, losses=losses)
        layer.attrs["noise"] = [
            layer.attrs["epsilon"] * one / (numpy.linalg.norm(one) + 1e-12)
            for one in layer.attrs["gradient"]
        ]
        super().update(examples, drop=drop, sgd=sgd)
        layer.attrs.update(noise=None, gradient=None)
        return losses


@registry.callbacks("benchmarks.adversarial_updates.v1")
def make_adversarial_updates() -> Callable[[Language], Language]:
    """After the initialisation, let the pipe learn as an `AdversarialSpanCategorizer`."""

    def change(nlp: Language) -> Language:
        nlp.get_pipe("nested_spancat").__class__ = AdversarialSpanCategorizer
        return nlp

    return change


@registry.callbacks("benchmarks.first_logit.v1")
def make_first_logit(logit: float) -> Callable[[Language], Language]:
    """After the initialisation, let logits begin around another value than `FIRST_LOGIT`."""

    def change(nlp: Language) -> Language:
        head = nlp.get_pipe("nested_spancat").model.get_ref("head")  # type: ignore[attr-defined]
        terms = scorer_slot(head).built.linear_terms
        terms.begin.bias.data.fill_(logit)  # type: ignore[union-attr]
        return nlp

    return change
