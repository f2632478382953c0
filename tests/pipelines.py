"""Small pipelines and examples for tests: text of our own, nested and same-label nested."""

from typing import Any, Dict, List, Sequence, Tuple

import spacy
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.vocab import Vocab
from thinc.api import fix_random_seed

Spans = List[Tuple[int, int, str]]

# tokens and half-open spans: nested, same-label nested, two labels on one span, crossing,
# a document without spans, one of a single token
SENTENCES: Sequence[Tuple[str, Spans]] = [
    (
        "the BRX-7 gene promoter binds the ZED complex of BRX-7",
        [
            (1, 4, "DNA"),
            (1, 3, "DNA"),
            (1, 2, "protein"),
            (6, 8, "protein"),
            (9, 10, "protein"),
        ],
    ),
    (
        "resting human T cells and T cells express ZED",
        [(0, 4, "cell"), (1, 4, "cell"), (2, 4, "cell"), (5, 7, "cell"), (8, 9, "protein")],
    ),
    ("nothing of interest was seen", []),
    (
        "ZED promoter fusion gene",
        [(0, 2, "DNA"), (1, 4, "DNA"), (0, 1, "protein"), (0, 1, "DNA")],
    ),
    ("ZED", [(0, 1, "protein")]),
]

TINY_ENCODER: Dict[str, Any] = {
    "@architectures": "spacy.HashEmbedCNN.v2",
    "width": 32,
    "depth": 2,
    "embed_size": 200,
    "window_size": 1,
    "maxout_pieces": 2,
    "subword_features": True,
    "pretrained_vectors": None,
}


def make_examples(
    vocab: Vocab, sentences: Sequence[Tuple[str, Spans]] = SENTENCES, *, spans_key: str = "sc"
) -> List[Example]:
    examples = []
    for text, spans in sentences:
        reference = Doc(vocab, words=text.split())
        reference.spans[spans_key] = [
            Span(reference, i, j, label=label) for i, j, label in spans
        ]
        examples.append(Example(Doc(vocab, words=text.split()), reference))
    return examples


def make_nlp(
    *,
    lang: str = "en",
    model: Dict[str, Any] = {},  # noqa: B006
    **settings: Any,
) -> Language:
    """A blank pipeline with `nested_spancat` over a tiny CNN."""
    fix_random_seed(0)
    nlp = spacy.blank(lang)
    scorer = {"@architectures": "spacy_nested_ner.GlobalPointer.v1", "tok2vec": TINY_ENCODER}
    nlp.add_pipe("nested_spancat", config={"model": {**scorer, **model}, **settings})
    return nlp


def train(nlp: Language, examples: List[Example], *, updates: int = 80, drop: float = 0.0):
    """Initialise on the examples and learn them, as `spacy train` does."""
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.005
    losses: List[Dict[str, float]] = []
    for _ in range(updates):
        losses.append({})
        nlp.update(examples, losses=losses[-1], drop=drop)
        for _name, proc in nlp.pipeline:
            if hasattr(proc, "finish_update"):
                proc.finish_update(optimizer)
    return losses


def spans_of(doc: Doc, spans_key: str = "sc") -> Spans:
    return [(span.start, span.end, span.label_) for span in doc.spans[spans_key]]
