"""A corpus as `convert` leaves it, of a few docs, and a plan of runs on it."""

import json
from collections import Counter

import pytest
import spacy
import srsly
from spacy.tokens import DocBin

from spacy_nested_ner.corpus.conversion.report import COUNTS, FACTS
from tests.pipelines import make_examples

ARMS = {
    "emc": {},
    "half": {
        "components.nested_spancat.loss": {
            "@losses": "benchmarks.Scaled.v1",
            "factor": 0.5,
            "loss": {"@losses": "spacy_nested_ner.EMC.v1"},
        }
    },
    "stock": {
        "config": "benchmarks/configs/spancat.cfg",
        "components.spancat.model.scorer": {
            "@layers": "benchmarks.LinearCrossEntropy.v1",
            "nO": None,
            "nI": None,
        },
    },
}


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    """Five docs to train on, all of them in dev, two in test."""
    folder = tmp_path_factory.mktemp("corpus")
    docs = [example.reference for example in make_examples(spacy.blank("en").vocab)]
    for i, doc in enumerate(docs):
        doc.user_data["document"] = f"article {i}"
    for part, number in {"train": 5, "dev": 5, "test": 2}.items():
        DocBin(docs=docs[:number], store_user_data=True).to_disk(folder / f"{part}.spacy")
    labels = Counter(span.label_ for doc in docs for span in doc.spans["sc"])
    part = {**dict.fromkeys(COUNTS, len(docs)), "width": {"max": 5}, "labels": dict(labels)}
    report = {
        **dict.fromkeys(FACTS, "text"),
        "spans_key": "sc",
        "dataset": "genia",
        "corpus": "sample",
        "unit": "sentence",
        "language": "en",
        "tokenizer_config": {"@tokenizers": "spacy.Tokenizer.v1"},
        "encoder": "a/b",
        "source": {"name": "f.xml", "sha256": "0a"},
        "parts": {"train": part},
    }
    (folder / "report.json").write_text(json.dumps(report), encoding="utf8")
    return folder


@pytest.fixture
def plan(corpus, tmp_path):
    """A file of two experiments on the corpus, whose runs take a second each."""
    few = {"training.batcher.size": 4}
    experiments = {
        "all": {
            "corpus": corpus.name,
            "updates": 6,
            "settings": few,
            "arms": {"emc": 2, "half": 1, "stock": 1},
        },
        "small": {
            "corpus": corpus.name,
            "updates": 6,
            "documents": 0.5,
            "settings": few,
            "arms": {"emc": 1},
        },
    }
    file = tmp_path / "plan.yml"
    srsly.write_yaml(file, {"arms": ARMS, "experiments": experiments})
    return file
