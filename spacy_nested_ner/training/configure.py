"""Fit a training config to a converted corpus.

Language, tokenizer and number of updates depend on the corpus, so a config that serves several
cannot carry them. `configure` reads the report beside the docs and fills in these, the paths,
the encoder that the corpus' recipe suggests, and the model card.
"""

from math import ceil
from pathlib import Path
from typing import Any, Dict, Mapping, Optional, Union

import srsly
from spacy.util import load_config
from thinc.api import Config

from ..user_error import UserError

FACTS = ("dataset", "corpus", "language", "split", "unit", "spans_key", "licence", "citation")
COUNTABLE = ("spacy.batch_by_sequence.v1", "spacy_nested_ner.batch_by_length.v1")
COUNTS = ("articles", "docs", "tokens", "spans", "written")
# what is taken from a report
REQUIRED = (*FACTS, "tokenizer_config", "encoder", "source", "parts")


def configure(
    path: Union[str, Path],
    corpus: Path,
    *,
    epochs: int = 8,
    min_updates: int = 0,
    seed: int = 0,
    encoder: Optional[str] = None,
    overrides: Optional[Mapping[str, Any]] = None,
) -> Config:
    """Return the config at `path`, fitted to the corpus.

    path: A complete training config whose batches are a fixed number of docs.
    corpus: Folder with train.spacy, dev.spacy and report.json, as `convert` leaves it.
    epochs: Passes over the training docs. Each ends with an evaluation.
    min_updates: Fewest updates; the passes of a small corpus are made long enough to reach
        them, by going over the docs more than once.
    seed: Seed of the initial weights and of the order of the batches.
    encoder: Pretrained encoder, for a config that has `paths.encoder`; None for the one that
        the recipe of the corpus suggests.
    overrides: Dotted settings that win over the file and over everything set here.
    RETURNS: The config, its variables not interpolated.
    RAISES (UserError): No report in the folder, or one of an earlier version; batches of no
        fixed number of docs; an override of a setting that is not in the file.
    """
    overrides = dict(overrides or {})
    report = read_report(corpus)
    config = load_config(path, interpolate=False)
    config["nlp"]["lang"] = report["language"]
    config["nlp"]["tokenizer"] = report["tokenizer_config"]
    config["training"]["before_to_disk"] = {
        "@callbacks": "spacy_nested_ner.model_card.v1",
        "corpus": corpus_facts(report),
    }
    for place in overrides:
        find_section(config, place, path)
    batch_size = read_batch_size(_override(config, overrides), path)
    every = max(
        ceil(report["parts"]["train"]["docs"] / batch_size),
        ceil(min_updates / epochs),
    )
    fitted = {
        "paths.train": str(corpus / "train.spacy"),
        "paths.dev": str(corpus / "dev.spacy"),
        "system.seed": seed,
        "training.max_steps": epochs * every,
        "training.eval_frequency": every,
    }
    if "encoder" in config["paths"]:
        fitted["paths.encoder"] = encoder or report["encoder"]
    return _override(config, {**fitted, **overrides})


def read_report(corpus: Path) -> Dict[str, Any]:
    """Read the report that `convert` leaves beside the docs."""
    path = corpus / "report.json"
    if not path.is_file():
        raise UserError(
            f"There is no {path}: make the corpus first, with "
            "`python -m spacy_nested_ner convert`."
        )
    report: Dict[str, Any] = srsly.read_json(path)
    missing = [name for name in REQUIRED if name not in report]
    if missing:
        raise UserError(
            f"{path} does not tell {', '.join(missing)}, as today's reports do: convert the "
            "corpus again."
        )
    return report


def read_batch_size(config: Config, path: Union[str, Path]) -> int:
    """Number of docs in a batch."""
    batcher = config["training"]["batcher"]
    if batcher["@batchers"] not in COUNTABLE or type(batcher["size"]) is not int:
        raise UserError(
            f"The batches of {path} are not a fixed number of docs, and its updates cannot be "
            f"counted: set training.batcher to one of {', '.join(COUNTABLE)}, its size to a "
            "number."
        )
    size: int = batcher["size"]
    return size


def find_section(config: Config, place: str, path: Union[str, Path]) -> Dict[str, Any]:
    """The section of a config that holds a setting or a section of dotted name `place`.

    RAISES (UserError): It is not there, nor can be: what a registered function makes may
        take more options than the config names, and spaCy refuses what is none of them.
    """
    *sections, last = place.split(".")
    node: Any = config
    for section in sections:
        node = node.get(section) if isinstance(node, dict) else None
    there = isinstance(node, dict) and (last in node or any(name[0] == "@" for name in node))
    if not there:
        raise UserError(
            f"There is no '{place}' in {path}: name a setting or a section that is there."
        )
    found: Dict[str, Any] = node
    return found


def _override(config: Config, overrides: Mapping[str, Any]) -> Config:
    """A copy of a config with some settings, its variables not interpolated."""
    empty = Config(section_order=config.section_order)
    return empty.from_str(
        config.to_str(interpolate=False), overrides=dict(overrides), interpolate=False
    )


def corpus_facts(report: Mapping[str, Any]) -> Dict[str, Any]:
    """What a model and a measurement say about their corpus, from its report."""
    return {
        **{name: report[name] for name in FACTS},
        "source": dict(report["source"]),
        "parts": {
            part: {name: numbers[name] for name in COUNTS}
            for part, numbers in report["parts"].items()
        },
    }
