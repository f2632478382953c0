"""Pipelines of one encoder and several pipes, to compare speed and memory."""

from pathlib import Path
from typing import Any, Dict, List, Literal, Mapping, Optional

import numpy
import torch
from spacy import Language
from spacy.tokens import Doc
from spacy.util import load_config, load_model_from_config
from thinc.api import Config

from spacy_nested_ner.pipe.component import NestedSpanCategorizer
from spacy_nested_ner.training.numpy_gemm import make_numpy_gemm

CONFIGS = Path(__file__).parent.parent / "configs"
FROZEN = Path(__file__).parent / "configs"
Gemm = Literal["numpy", "blis"]
LISTENERS: Dict[str, Dict[str, Any]] = {
    "tok2vec": {
        "@architectures": "spacy.Tok2VecListener.v1",
        "width": "${components.tok2vec.model.encode.width}",
        "upstream": "*",
    },
    "transformer": {
        "@architectures": "spacy-transformers.TransformerListener.v1",
        "grad_factor": 1.0,
        "upstream": "*",
        "pooling": {"@layers": "reduce_mean.v1"},
    },
}


def build_pipeline(
    pipes: Mapping[str, Dict[str, Any]],
    *,
    encoder: Optional[str] = None,
    gemm: Gemm = "numpy",
) -> Language:
    """Make a pipeline of an encoder and pipes that listen to it; it is not initialised.

    pipes: Settings by name of the pipe, without `model.tok2vec`. They replace settings of
        configs/tok2vec.cfg and configs/spancat.cfg.
    encoder: Name on the hub or folder, for the encoder of benchmarks/configs/transformer.cfg;
        None for the CNN of benchmarks/configs/tok2vec.cfg, spaCy's default.
    gemm: Matrix product of thinc's models.
    """
    upstream = "tok2vec" if encoder is None else "transformer"
    folder = CONFIGS if encoder is None else FROZEN
    config = load_config(folder / f"{upstream}.cfg", interpolate=False)
    shipped = {**config["components"], **load_config(CONFIGS / "spancat.cfg")["components"]}
    if encoder is None:
        cnn = load_config(FROZEN / "tok2vec.cfg").interpolate()["components"]
        model = cnn["nested_spancat"]["model"]["tok2vec"]
        model["embed"]["width"] = "${components.tok2vec.model.encode.width}"
        config["components"] = {"tok2vec": {"factory": "tok2vec", "model": model}}
    else:
        config["components"] = {"transformer": shipped["transformer"]}
        config["paths"]["encoder"] = encoder
    for name, settings in pipes.items():
        defaults = Config(shipped[settings["factory"]])
        defaults["model"]["tok2vec"] = LISTENERS[upstream]
        config["components"][name] = defaults.merge(Config(settings))
    config["nlp"]["pipeline"] = list(config["components"])
    config["nlp"]["after_pipeline_creation"] = None
    nlp = load_model_from_config(Config(config).interpolate(), auto_fill=True)
    return make_numpy_gemm()(nlp) if gemm == "numpy" else nlp


def fit_threshold(nlp: Language, name: str, docs: List[Doc], n_spans: int) -> float:
    """Find a threshold with which an untrained pipe writes n_spans spans to the docs: writing
    spans takes time, and an untrained pipe may write none or millions."""
    with nlp.select_pipes(enable=nlp.pipe_names[0]):
        docs = list(nlp.pipe(docs))
    pipe: Any = nlp.get_pipe(name)
    if isinstance(pipe, NestedSpanCategorizer):
        scores = pipe.model.predict(docs)
        logits = torch.zeros(0, device=scores.grid.device)
        for _, _, S, valid in scores.pieces():
            logits = torch.cat((logits, S[valid].flatten()))
            logits = logits.topk(min(n_spans + 1, len(logits))).values
        highest = (logits.double() * pipe.loss.logit_scale).sigmoid().tolist()
        return (highest[-1] + highest[-2]) / 2
    _, probabilities = pipe.predict(docs)
    flat = numpy.sort(pipe.model.ops.to_numpy(probabilities), axis=None)
    # between two scores: spancat predicts in batches, which round differently
    return float(flat[-n_spans - 1] + flat[-n_spans]) / 2


def set_threshold(nlp: Language, name: str, threshold: float) -> None:
    """Set the threshold of a nested_spancat or of spaCy's spancat."""
    pipe: Any = nlp.get_pipe(name)
    if isinstance(pipe, NestedSpanCategorizer):
        pipe.threshold = threshold
    else:
        pipe.cfg["threshold"] = threshold
