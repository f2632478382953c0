"""A corpus as `convert` leaves it, of a few docs."""

import json

import pytest
import spacy
from spacy.tokens import DocBin

from spacy_nested_ner.configure import COUNTS, FACTS
from tests.pipelines import make_examples


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    """Five docs to train on, all of them in dev, two in test."""
    folder = tmp_path_factory.mktemp("corpus")
    docs = [example.reference for example in make_examples(spacy.blank("en").vocab)]
    for i, doc in enumerate(docs):
        doc.user_data["document"] = f"article {i}"
    for part, number in {"train": 5, "dev": 5, "test": 2}.items():
        DocBin(docs=docs[:number], store_user_data=True).to_disk(folder / f"{part}.spacy")
    part = {**dict.fromkeys(COUNTS, len(docs)), "width": {"max": 5}}
    report = {
        **dict.fromkeys(FACTS, "text"),
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
