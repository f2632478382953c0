"""A training that begins with the pipe of a trained pipeline instead of random weights.

python -m spacy_nested_ner configure CONFIG CORPUS OUT --source PIPELINE
"""

from pathlib import Path
from typing import Any, Dict, Iterator, Mapping, Optional, Sequence, Tuple, Union

from spacy.language import Language
from thinc.api import Config

from ..encoders.onnx_export import ONNX
from ..files.initialized import check_initialized
from ..files.pipelines import load_pipeline
from ..scoring.score_weights import FACTORY
from ..user_error import UserError
from .pretraining import is_pretrained

GROW = "spacy_nested_ner.grow_pipes.v1"
SOURCE = "${paths.source}"
# of the learn rate in the config, because the pipe has learned before; on two corpora it gave a
# higher F1 than the whole rate (docs/results.md, "Little data")
RATE = 0.3


def add_source(
    config: Config, source: Union[str, Path], spans_key: str, overrides: Mapping[str, Any]
) -> None:
    """Let the pipe of a config begin with the one of a trained pipeline. The pipe keeps its
    settings and gets the labels of the training data. Without a pretrained encoder, the learn
    rate becomes three tenths of that of the config.

    config: With one pipe `nested_spancat`, also one that has a source already.
    source: Name of a package, or a folder.
    spans_key: Key of doc.spans in the corpus.
    overrides: Settings by dotted name that replace others later.
    RAISES (UserError): The pipeline cannot be loaded, has no weights or another language; the
        config or the pipeline has not exactly one pipe `nested_spancat`; the pipe has another
        spans key than the corpus; its encoder runs in onnxruntime, or of config and pipeline
        only one has a pretrained encoder; an override sets what comes from the pipeline.
    """
    pipes = config["components"].items()
    name = _the_pipe(
        "The config", [name for name, pipe in pipes if pipe.get("factory", FACTORY) == FACTORY]
    )
    for place in overrides:
        if place.startswith(f"components.{name}."):
            raise UserError(
                f"'{place}' comes from the pipeline {source}: leave this setting or the source "
                "out."
            )
    nlp = load_pipeline(source)
    check_initialized(nlp, str(source))
    component = _the_pipe(
        f"The pipeline {source}",
        [name for name in nlp.pipe_names if nlp.get_pipe_meta(name).factory == FACTORY],
    )
    language = overrides.get("nlp.lang", config["nlp"]["lang"])
    if nlp.lang != language:
        raise UserError(
            f"The pipeline {source} is for the language '{nlp.lang}', and the corpus has "
            f"'{language}': give a pipeline for the language of the corpus."
        )
    settings = nlp.get_pipe_config(component)
    if settings["spans_key"] != spans_key:
        raise UserError(
            f"The pipeline {source} writes to doc.spans['{settings['spans_key']}'], and the "
            f"corpus has its spans under '{spans_key}': convert the corpus with the "
            "spans key of the pipeline."
        )
    if "source" not in config["components"][name]:  # else the config is fitted already
        _fit_to_encoder(config, nlp, source)
    section: Dict[str, Any] = {"source": SOURCE, "component": component}
    listeners = list(_find_listeners(settings))
    if listeners:  # a shared encoder becomes part of the pipe
        section["replace_listeners"] = listeners
    former = find_source(config)
    config["components"][name] = section
    config["paths"]["source"] = str(source)
    if nlp.vocab.vectors_length:
        config["initialize"]["vectors"] = str(source)
    elif former is not None and config["initialize"].get("vectors") == former:
        config["initialize"]["vectors"] = None
    config["initialize"]["after_init"] = _grow(config["initialize"].get("after_init"))
    config["training"]["before_to_disk"]["source"] = {
        **{key: str(nlp.meta.get(key) or "") for key in ("lang", "name", "version", "license")},
        "labels": list(nlp.pipe_labels[component]),
    }


def find_source(config: Config) -> Optional[str]:
    """The source that `add_source` wrote into a config, None without one."""
    is_sourced = any(pipe.get("source") == SOURCE for pipe in config["components"].values())
    source: Optional[str] = config["paths"]["source"] if is_sourced else None
    return source


def _the_pipe(what: str, names: Sequence[str]) -> str:
    """RAISES (UserError): There is not exactly one name."""
    if len(names) != 1:
        found = ", ".join(names) or "none"
        raise UserError(
            f"{what} must have exactly one pipe {FACTORY} for a source, but it has {found}: "
            "give another one, or write `source` into the config by hand."
        )
    return names[0]


def _fit_to_encoder(config: Config, nlp: Language, source: Union[str, Path]) -> None:
    """Lower the learn rate of the config, unless it is the one of a pretrained encoder.

    RAISES (UserError): The encoder runs in onnxruntime and cannot be trained; either the config
        or the pipeline has a pretrained encoder, so the learn rates do not fit.
    """
    if ONNX in str(nlp.config["components"]):
        raise UserError(
            f"The encoder of the pipeline {source} runs in onnxruntime and cannot be trained: "
            "give the pipeline that it was exported from."
        )
    of_config, of_source = (
        any(map(is_pretrained, one["components"].values())) for one in (config, nlp.config)
    )
    if of_config != of_source:
        has = {True: "a pretrained encoder", False: "no pretrained encoder"}
        file = "configs/transformer.cfg" if of_source else "configs/tok2vec.cfg"
        raise UserError(
            f"The pipeline {source} has {has[of_source]}, and the config has the learn rates "
            f"for a pipe with {has[of_config]}: take {file}."
        )
    schedule = config["training"].get("optimizer", {}).get("learn_rate")
    if not of_source and isinstance(schedule, dict):
        rate = schedule.get("initial_rate")
        if isinstance(rate, float):
            schedule["initial_rate"] = round(RATE * rate, 12)


def _find_listeners(section: Any, place: Tuple[str, ...] = ()) -> Iterator[str]:
    """The places, relative to the config of a pipe, that listen to a shared encoder."""
    if isinstance(section, dict):
        if "Listener" in section.get("@architectures", ""):
            yield ".".join(place)
        for key, value in section.items():
            yield from _find_listeners(value, (*place, key))


def _grow(callback: Optional[Dict[str, Any]]) -> Dict[str, Any]:
    """The callback that fits the pipe to the training data, before that of the config."""
    if callback is not None and callback["@callbacks"] == GROW:
        return callback
    grow: Dict[str, Any] = {"@callbacks": GROW, "drop_labels": True}
    return grow if callback is None else {**grow, "then": callback}
