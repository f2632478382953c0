"""Find mentions that do not fit the tokens of a pipeline. Its training would ignore them."""

import json
from pathlib import Path
from typing import Dict, Iterable, List, Optional, Sequence, TypedDict

from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.util import get_lang_class, load_config

from ...files.pipelines import load_pipeline
from ...gold_alignment import aligned_spans
from ...user_error import UserError
from ..conversion.statistics import N_EXAMPLES


class Misaligned(TypedDict):
    """Mentions that begin or end inside a token, or on a blank token.

    tokenizer: Name of the tokenizer or pipeline.
    examples: Some mentions: "label", "text" and "token", the text of all tokens they touch.
    """

    tokenizer: str
    count: int
    share: float
    examples: List[Dict[str, str]]


def load_tokenizer(pipeline: str) -> Language:
    """Load a trained pipeline, or a blank pipeline with the tokenizer of a config.

    pipeline: Name of a package, folder, or .cfg file.
    RAISES (UserError): The pipeline cannot be loaded.
    """
    if not pipeline.endswith(".cfg"):
        return load_pipeline(pipeline)
    try:
        nlp = load_config(pipeline, interpolate=True)["nlp"]
        config = {"nlp": {key: nlp[key] for key in ("lang", "tokenizer") if key in nlp}}
        return get_lang_class(nlp["lang"]).from_config(config)
    except (OSError, ImportError, ValueError, KeyError) as error:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise UserError(
            f"Cannot load a tokenizer from '{pipeline}' ({reason}): give the name or folder of "
            "a trained pipeline, or a config file with [nlp.tokenizer]."
        ) from None


def count_misaligned(
    docs: Sequence[Doc], nlp: Language, *, spans_key: str, name: str
) -> Misaligned:
    """Align the mentions of docs with the tokens of a pipeline for the same texts.

    name: Name of the pipeline in the result.
    """
    n_mentions = 0
    examples = []
    for doc in docs:
        # not nlp.make_doc: it limits the length of a text, a limit for parsers
        predicted = nlp.tokenizer(doc.text)
        _, lost = aligned_spans(Example(predicted, doc), spans_key=spans_key)
        n_mentions += len(_distinct(doc.spans.get(spans_key, ())))
        for span in _distinct(lost):
            touched = predicted.char_span(
                span.start_char, span.end_char, alignment_mode="expand"
            )
            assert touched is not None  # spaCy's tokenizers keep every character
            examples.append({"label": span.label_, "text": span.text, "token": touched.text})
    return {
        "tokenizer": name,
        "count": len(examples),
        "share": round(len(examples) / n_mentions, 5) if n_mentions else 0.0,
        "examples": examples[:N_EXAMPLES],
    }


def read_left_out(file: Path) -> Optional[Misaligned]:
    """The mentions that `convert` dropped from a .spacy file, from the report.json beside it.
    None if there is no such report, or if it has another form."""
    try:
        report = json.loads(file.with_name("report.json").read_text(encoding="utf8"))
        part = report["parts"][file.stem]
        dropped = int(part["misaligned"]["dropped"])
        return {
            "tokenizer": str(report["tokenizer"]),
            "count": dropped,
            "share": round(dropped / int(part["spans"]), 5),
            "examples": [
                {key: str(example[key]) for key in ("label", "text", "token")}
                for example in part["misaligned"]["examples"]
                if example["written"] is None
            ],
        }
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _distinct(spans: Iterable[Span]) -> List[Span]:
    """Spans that have tokens, each once."""
    return list({(s.start, s.end, s.label): s for s in spans if len(s)}.values())
