"""Fit a training config to a converted corpus.

Language, tokenizer, batch size, number of updates and the size of the model depend on the
corpus, so a config for several corpora cannot contain them. `configure` reads them from the
report of the conversion. It also sets the paths, the encoder that the recipe of the corpus
suggests, and the model card.
"""

import re
from pathlib import Path
from typing import Any, Dict, Iterator, Mapping, Optional, Set, Union

from spacy.util import load_config
from spacy.vocab import Vocab
from thinc.api import Config, ConfigValidationError

from ..corpus.conversion.report import corpus_facts, read_report
from ..files.damage import refuse_damage
from ..files.docbin import read_docs
from ..files.pipelines import distinct_keys
from ..user_error import UserError
from .check_values import check_values, find_value
from .config_sections import sections_below
from .fit_model import fit_model
from .model_card import hash_file
from .predicted_texts import add_predicted, find_predicted
from .pretraining import add_pretraining
from .sourced_pipe import add_source, find_source
from .updates import EPOCHS, MIN_UPDATES, plan_batch_size, plan_updates

COUNTABLE = ("spacy.batch_by_sequence.v1", "spacy_nested_ner.batch_by_length.v1")
BATCH_SIZE = "training.batcher.size"
SCHEDULE_END = "training.optimizer.learn_rate.total_steps"
# of a training config
SECTIONS = ("paths", "nlp", "components", "corpora", "training", "initialize")


def configure(
    path: Union[str, Path],
    corpus: Path,
    *,
    epochs: int = EPOCHS,
    min_updates: int = MIN_UPDATES,
    seed: int = 0,
    encoder: Optional[str] = None,
    raw_text: Optional[Path] = None,
    predicted: Optional[Path] = None,
    source: Optional[Union[str, Path]] = None,
    overrides: Optional[Mapping[str, Any]] = None,
) -> Config:
    """Return the config at `path`, fitted to the corpus.

    path: A complete training config with a fixed number of documents in a batch. The fitted
        config has fewer, if the documents are long, see `updates.plan_batch_size`; and
        another encoder or scorer, if mentions are few or labels many, see `fit_model`.
    corpus: Folder with train.spacy, dev.spacy and report.json, as `convert` writes it.
    epochs: Passes over the training documents; an evaluation follows each.
    min_updates: Minimum number of updates, for a small corpus. See `updates.plan_updates`.
    seed: Seed of the initial weights and of the order of the batches.
    encoder: Pretrained encoder, for a config with `paths.encoder`; None for the one that the
        recipe of the corpus suggests.
    raw_text: JSONL of texts for `spacy pretrain`; see `pretraining`.
    predicted: Documents with predicted spans, a .spacy file or a folder of them, to train on
        beside the corpus; see `predicted_texts`.
    source: A trained pipeline, by name or folder: training begins with its pipe; see
        `sourced_pipe`. Without `raw_text` and `encoder`.
    overrides: Settings by dotted name; they replace values of the file and of this function.
    RETURNS: The config; variables are not interpolated.
    RAISES (UserError): The file is no training config, or has no pretrained encoder for
        `encoder`; the folder has no report, or one of an earlier version; the number of
        documents in a batch is not fixed; an override names a setting that the file lacks; a
        variable of the config is unknown, a value has the wrong type, or a pipe refuses one;
        the corpus has "${" in a name; the texts or the encoder do not fit `spacy pretrain`;
        the predicted documents have no spans, or other labels than the training part; the
        source does not fit the config or the corpus.
    """
    overrides = dict(overrides or {})
    config = read_config(path)
    # a fitted config keeps both
    source, predicted = source or find_source(config), predicted or find_predicted(config)
    if source is not None and (encoder is not None or raw_text is not None):
        raise UserError(
            f"The encoder comes from the pipeline {source}: leave out the source, or the "
            "encoder and the texts for it."
        )
    report = read_report(corpus)
    facts = corpus_facts(report)
    for text in (*map(str, (corpus, raw_text, predicted, source)), *_texts(facts)):
        if "${" in text:
            raise UserError(
                f"The corpus {corpus} has '{text}' in its name or report, and a config reads "
                "'${' as a variable: rename the file or folder."
            )
    if encoder is not None and "encoder" not in config["paths"]:
        raise UserError(
            f"The config {path} has no pretrained encoder, so it cannot use '{encoder}': take "
            "configs/transformer.cfg, or leave out the encoder."
        )
    if not any(place.endswith(".spans_key") for place in overrides):
        set_spans_key(config, report["spans_key"])
    if raw_text is not None:
        add_pretraining(config, raw_text)
    train = report["parts"]["train"]
    n_docs, n_tokens = train["docs"], train["tokens"]
    if predicted is not None:
        marked = read_marked_labels(corpus, report["spans_key"])
        add_predicted(config, predicted, n_docs, {*train["labels"], *marked})
    config["nlp"]["lang"] = report["language"]
    config["nlp"]["tokenizer"] = report["tokenizer_config"]
    config["training"]["before_to_disk"] = {
        "@callbacks": "spacy_nested_ner.model_card.v1",
        "corpus": facts,
        "config": re.sub(r"[^a-z0-9]+", "_", Path(path).stem.lower()).strip("_") or None,
        "sha256": {part: hash_file(corpus / f"{part}.spacy") for part in ("train", "dev")},
    }
    if source is not None:
        add_source(config, source, report["spans_key"], overrides)
    n_mentions, n_labels = train["spans"], len(train["labels"])
    fit_model(config, n_mentions=n_mentions, n_labels=n_labels, overrides=overrides)
    for place in overrides:
        find_section(config, place, path)
    batch_size = read_batch_size(_override(config, overrides), path)
    fitted: Dict[str, Any] = {}
    if not {"training.batcher", BATCH_SIZE}.intersection(overrides):
        batch_size = plan_batch_size(batch_size, n_docs=n_docs, n_tokens=n_tokens)
        fitted[BATCH_SIZE] = batch_size
    updates, every = plan_updates(n_docs, batch_size, epochs=epochs, min_updates=min_updates)
    fitted |= {
        "paths.train": str(corpus / "train.spacy"),
        "paths.dev": str(corpus / "dev.spacy"),
        "system.seed": seed,
        "training.max_steps": updates,
        "training.eval_frequency": every,
    }
    if "encoder" in config["paths"]:
        fitted["paths.encoder"] = None if source else encoder or report["encoder"]
    config = _override(config, {**fitted, **overrides})
    if SCHEDULE_END not in overrides:
        _end_schedule(config)
    with refuse_damage(f"The config {path} does not fit", "correct the variables in '${…}'"):
        interpolated = config.interpolate()
    check_values(interpolated, path)
    return config


def read_config(path: Union[str, Path]) -> Config:
    """Read a training config; variables are not interpolated.

    RAISES (UserError): The file is no complete training config.
    """
    what, advice = f"{path} is no training config", "give one such as configs/tok2vec.cfg"
    with refuse_damage(what, advice, also=(ConfigValidationError,)):
        config = load_config(path, interpolate=False)
    missing = [name for name in SECTIONS if name not in config]
    if not missing and "batcher" not in config["training"]:
        missing.append("training.batcher")
    if missing:
        raise UserError(f"{what} (it has no [{'], ['.join(missing)}]): {advice}.")
    return config


def set_spans_key(config: Config, spans_key: str) -> None:
    """Let the pipes read and write the spans key of the corpus, if the config has one key.

    A sourced pipe has the key of its pipeline.
    """
    keys = distinct_keys(config["components"].values())
    if len(keys) != 1 or keys == [spans_key]:
        return
    for section in sections_below(config["components"]):
        if "spans_key" in section:
            section["spans_key"] = spans_key
    old, new = f"spans_{keys[0]}_", f"spans_{spans_key}_"
    config["training"]["score_weights"] = {
        new + name.removeprefix(old) if name.startswith(old) else name: weight
        for name, weight in config["training"].get("score_weights", {}).items()
    }


def read_marked_labels(corpus: Path, spans_key: str) -> Set[str]:
    """The labels of regions of the training part that were not annotated, and of its rejected
    spans; "" stands for all labels."""
    docs = read_docs(corpus / "train.spacy", Vocab())
    groups = (f"{spans_key}_unannotated", f"{spans_key}_rejected")
    return {span.label_ for doc in docs for name in groups for span in doc.spans.get(name, ())}


def read_batch_size(config: Config, path: Union[str, Path]) -> int:
    """Number of documents in a batch.

    RAISES (UserError): It is not fixed.
    """
    batcher = config["training"]["batcher"]
    is_countable = batcher["@batchers"] in COUNTABLE and type(batcher["size"]) is int
    if not is_countable or batcher["size"] < 1:
        raise UserError(
            f"The batches of {path} have no fixed number of documents, so the number of "
            f"updates is unknown: set training.batcher to one of {', '.join(COUNTABLE)} and "
            "its size to a whole number above 0."
        )
    size: int = batcher["size"]
    return size


def find_section(config: Config, place: str, path: Union[str, Path]) -> Dict[str, Any]:
    """Find the section of a config that contains the setting or section `place`, a dotted name.

    RAISES (UserError): The config does not contain it. A pipe or a registered function may
        take options that the config does not contain; `check_values` checks those.
    """
    *sections, last = place.split(".")
    node: Any = config
    for section in sections:
        node = node.get(section) if isinstance(node, dict) else None
    there = isinstance(node, dict) and (
        last in node or "factory" in node or any(name[0] == "@" for name in node)
    )
    if not there:
        raise UserError(
            f"There is no '{place}' in {path}: give a setting or a section of this config."
        )
    found: Dict[str, Any] = node
    return found


def _override(config: Config, overrides: Mapping[str, Any]) -> Config:
    """A copy of a config with other settings; variables are not interpolated. A whole number
    for a setting that is a float becomes one: spaCy takes no `dropout = 0`."""
    chosen = dict(overrides)
    for place, value in overrides.items():
        _, before = find_value(config, place.split("."))
        if type(value) is int and isinstance(before, float):
            chosen[place] = float(value)
    empty = Config(section_order=config.section_order)
    return empty.from_str(config.to_str(interpolate=False), overrides=chosen, interpolate=False)


def _end_schedule(config: Config) -> None:
    """Let the learn rate fall until the last update, if its schedule has an end.

    A number, not a variable: `Language.resume_training` resolves the optimizer without the rest
    of the config.
    """
    schedule = config["training"].get("optimizer", {}).get("learn_rate")
    if isinstance(schedule, dict) and "total_steps" in schedule:
        schedule["total_steps"] = config["training"]["max_steps"]


def _texts(value: Any) -> Iterator[str]:
    """The texts in a value of JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
