"""Layers of spans, as WebAnno and INCEpTION have them: which layer has the mentions, and which
feature the labels.

    NamedEntity   {"value": "ORG", "identifier": "http://…"}
    Token, POS    of the text, not of an annotation task

If the source has named entities, these are the mentions. Otherwise they are the spans of the
only layer of its users with a feature that has values.
"""

from collections import Counter
from pathlib import Path
from typing import Counter as Counts
from typing import Iterable, Iterator, List, Mapping, NamedTuple, Sequence

from ...user_error import UserError
from ..records import Lost
from .characters import CharacterSpan

NAMED_ENTITY = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
# packages of the layers that the tools themselves make: tokens, parts of speech, PDF pages
BUILT_IN = (
    "uima.",
    "org.dkpro.core.",
    "de.tudarmstadt.ukp.dkpro.core.",
    "de.tudarmstadt.ukp.clarin.webanno.",
    "de.tudarmstadt.ukp.inception.",
)
# features that have the label if a layer has several features
LABELS = ("value", "label", "entity", "type", "category", "class")


class LayerSpan(NamedTuple):
    """An annotation of a layer.

    layer: name of its type, with its package.
    start, end: half-open characters. Equal for an annotation between two characters.
    features: values of its features of strings, without empty ones.
    where: file, and line or number, for messages.
    """

    layer: str
    start: int
    end: int
    features: Mapping[str, str]
    where: str


class MentionLayer(NamedTuple):
    """The layer with the mentions, and its feature with the labels."""

    layer: str
    feature: str


def is_span_layer(layer: str) -> bool:
    """Whether a layer may have the mentions, by its name."""
    return layer == NAMED_ENTITY or not layer.startswith(BUILT_IN)


def choose_layer(spans: Iterable[LayerSpan], source: Path) -> MentionLayer:
    """Choose the layer and the feature by all spans of a source.

    RAISES (UserError): No layer has a label; there are several layers without named entities,
        or several features without one of LABELS.
    """
    counts: Counts[MentionLayer] = Counter()
    for span in spans:
        counts.update(MentionLayer(span.layer, feature) for feature in span.features)
    layers = list(dict.fromkeys(found.layer for found in counts))
    if NAMED_ENTITY in layers:
        layers = [NAMED_ENTITY]
    if not layers:
        raise UserError(
            f"{source} has no span layer with labels: annotate NamedEntity, or a span layer of "
            "your own with a feature of strings, and export it again."
        )
    if len(layers) > 1:
        raise UserError(
            f"{source} has the span layers {', '.join(layers)}, but no NamedEntity: keep the "
            "layer of the mentions, and disable the other ones before the export."
        )
    features = [found.feature for found in counts if found.layer == layers[0]]
    usual = [name for name in LABELS if name in features]
    if len(features) > 1 and not usual:
        raise UserError(
            f"{source}: the layer {layers[0]} has the features {', '.join(features)}: rename "
            f"the one with the labels to '{LABELS[0]}'."
        )
    return MentionLayer(layers[0], (usual or features)[0])


def find_mentions(
    spans: Sequence[LayerSpan], chosen: MentionLayer, lost: List[Lost]
) -> Iterator[CharacterSpan]:
    """Yield the spans of the chosen layer, with an empty label if they have none.

    lost: Takes the annotations between two characters, as "empty".
    """
    for span in spans:
        if span.layer == chosen.layer:
            label = span.features.get(chosen.feature, "")
            if span.start == span.end:
                lost.append(Lost("empty", span.where, label))
            else:
                yield CharacterSpan(span.start, span.end, label, span.where)
