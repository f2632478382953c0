"""Fit a training config to a converted corpus.

How many updates a run needs depends on the corpus, so a config that is shared by the sample
and by the full corpus cannot carry the number. `configure` reads the corpus's report and
returns the config with the paths, the number of updates and the model card filled in.
"""

import json
from math import ceil
from pathlib import Path
from typing import Any, Dict, Mapping, Union

from spacy.util import load_config
from thinc.api import Config

from .corpus.records import CorpusError

NO_OVERRIDES: Mapping[str, Any] = {}


def configure(
    path: Union[str, Path],
    corpus: Path,
    *,
    epochs: int = 8,
    min_updates: int = 800,
    seed: int = 0,
    overrides: Mapping[str, Any] = NO_OVERRIDES,
) -> Config:
    """Return the config at `path`, fitted to the corpus.

    path: A complete training config whose batches are a fixed number of docs.
    corpus: Folder with train.spacy, dev.spacy and report.json, as `convert` leaves it.
    epochs: Passes over the training docs, and evaluations: one closes each of them.
    min_updates: Fewest updates; a small corpus is passed over more often to reach them.
    seed: Seed of the initial weights and of the order of the batches.
    overrides: Dotted settings that win over the file and over everything set here.
    RETURNS: The config, its variables not yet interpolated.
    RAISES (CorpusError): There is no report in the folder.
    """
    report = read_report(corpus)
    config = load_config(path, overrides=dict(overrides), interpolate=False)
    docs, size = report["parts"]["train"]["docs"], config["training"]["batcher"]["size"]
    every = max(ceil(docs / size), ceil(min_updates / epochs))
    fitted = {
        "paths.train": str(corpus / "train.spacy"),
        "paths.dev": str(corpus / "dev.spacy"),
        "system.seed": seed,
        "training.max_steps": epochs * every,
        "training.eval_frequency": every,
    }
    config = load_config(path, overrides={**fitted, **overrides}, interpolate=False)
    config["training"]["before_to_disk"] = {
        "@callbacks": "spacy_nested_ner.model_card.v1",
        "corpus": corpus_facts(report),
    }
    return config


def read_report(corpus: Path) -> Dict[str, Any]:
    """Read the report that `convert` leaves beside the docs."""
    path = corpus / "report.json"
    if not path.is_file():
        raise CorpusError(
            f"{path} does not exist: make the corpus first, with "
            f"`python -m spacy_nested_ner convert`."
        )
    return json.loads(path.read_text(encoding="utf8"))


def corpus_facts(report: Mapping[str, Any]) -> Dict[str, Any]:
    """What a model or a measurement has to say about its corpus, from the report."""
    facts = ("dataset", "corpus", "language", "split", "unit", "spans_key", "licence", "citation")
    counts = ("articles", "docs", "tokens", "spans", "written")
    return {
        **{name: report[name] for name in facts},
        "source": dict(report["source"]),
        "parts": {
            part: {name: numbers[name] for name in counts}
            for part, numbers in report["parts"].items()
        },
    }
