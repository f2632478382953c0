"""Small trained pipelines for `damage`, and what they predict."""

from typing import Any, Dict, Iterator, List, Tuple

import numpy
import spacy
from spacy.attrs import ORTH
from spacy.language import Language
from spacy.lookups import Table
from spacy.tokens import Doc, Span
from spacy.training import Example
from thinc.api import fix_random_seed

from spacy_nested_ner.corpus.tokenizers import PUNCTUATION

TEXTS = (
    "the BRX-7 gene promoter binds ZED",
    "resting human T-cells express ZED and brx-7",
    "ZED/BRX fusion gene, don't bind",
    "Nothing of interest was seen.",
)
# words of the tokens, first token, last token, label
GOLD: Tuple[Tuple[str, Tuple[Tuple[int, int, str], ...]], ...] = (
    ("the BRX-7 gene promoter binds ZED", ((1, 3, "DNA"), (1, 2, "DNA"), (5, 5, "protein"))),
    ("resting human T cells express ZED", ((0, 3, "cell"), (2, 3, "cell"), (5, 5, "protein"))),
    ("ZED promoter fusion gene", ((0, 1, "DNA"), (1, 3, "DNA"), (0, 0, "protein"))),
    ("nothing of interest was seen", ()),
)
KINDS = ("inline", "shared", "bilstm", "vectors")
_WIDTH = 16

Predictions = List[List[Tuple[int, int, str, float]]]


def make_pipeline(kind: str, seed: int) -> Language:
    """A trained pipeline.

    kind: Where the token vectors come from: one of KINDS.
    """
    fix_random_seed(seed)
    rng = numpy.random.default_rng(seed)
    nlp = spacy.blank("xx", config={"nlp": {"tokenizer": PUNCTUATION}})
    for word in ("don't", "T-cells", f"ZED{seed}"):
        nlp.tokenizer.add_special_case(word, [{ORTH: word[:2]}, {ORTH: word[2:]}])  # type: ignore[union-attr]
    norms = {"brx-7": "BRX-7", "T-cells": f"cells{seed}", "bind": "binds"}
    nlp.vocab.lookups.add_table("lexeme_norm", Table("lexeme_norm", norms))
    if kind == "vectors":
        for word in {word for text, _ in GOLD for word in text.split()}:
            nlp.vocab.set_vector(word, rng.normal(size=8).astype("f"))  # type: ignore[arg-type]
    embed: Dict[str, Any] = {
        "@architectures": "spacy.MultiHashEmbed.v2",
        "width": _WIDTH,
        "attrs": ["NORM", "PREFIX", "SHAPE"],
        "rows": [200, 50, 50],
        "include_static_vectors": kind == "vectors",
    }
    cnn = {
        "@architectures": "spacy.MaxoutWindowEncoder.v2",
        "width": _WIDTH,
        "depth": 1,
        "window_size": 1,
        "maxout_pieces": 2,
    }
    lstm = {
        "@architectures": "spacy_nested_ner.BiLSTMEncoder.v1",
        "width": _WIDTH,
        "depth": 1,
        "dropout": 0.0,
    }
    encode = lstm if kind == "bilstm" else cnn
    tok2vec: Dict[str, Any] = {
        "@architectures": "spacy.Tok2Vec.v2",
        "embed": embed,
        "encode": encode,
    }
    if kind == "shared":
        nlp.add_pipe("tok2vec", config={"model": tok2vec})
        tok2vec = {"@architectures": "spacy.Tok2VecListener.v1", "width": _WIDTH}
    scorer: Dict[str, Any] = {"tok2vec": tok2vec, "head_size": 8, "efficient": kind == "shared"}
    nlp.add_pipe("nested_spancat", config={"model": scorer, "threshold": 0.5})
    _train(nlp, seed)
    return nlp


def _train(nlp: Language, seed: int) -> None:
    # other labels in the same places, so that swapped files fit
    names = ("DNA", "cell", "protein") if seed % 2 else ("gene", "site", "virus")
    rename = dict(zip(("DNA", "cell", "protein"), names))
    examples = [_make_example(nlp, words, gold, rename) for words, gold in GOLD]
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    for _ in range(60):
        nlp.update(examples, sgd=False)  # type: ignore[arg-type]
        for _name, pipe in nlp.pipeline:
            pipe.finish_update(optimizer)  # type: ignore[attr-defined]


def _make_example(nlp: Language, text: str, gold: Any, rename: Dict[str, str]) -> Example:
    reference = Doc(nlp.vocab, words=text.split())
    reference.spans["sc"] = [
        Span(reference, first, last + 1, label=rename[label]) for first, last, label in gold
    ]
    return Example(Doc(nlp.vocab, words=text.split()), reference)


def predict(nlp: Language) -> Predictions:
    """Characters, label and probability of the spans in each text."""
    return [list(_read_spans(nlp(text))) for text in TEXTS]


def _read_spans(doc: Doc) -> Iterator[Tuple[int, int, str, float]]:
    spans = doc.spans["sc"]
    for span, probability in zip(spans, spans.attrs["scores"]):
        yield span.start_char, span.end_char, span.label_, float(probability)
