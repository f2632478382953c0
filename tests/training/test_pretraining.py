"""`spacy pretrain` runs with a config from `configure`, and `spacy train` takes its weights."""

import json

import pytest
import spacy
from spacy.training.initialize import init_nlp
from spacy.training.pretrain import pretrain
from spacy.util import load_config, registry

from spacy_nested_ner import configure, convert
from spacy_nested_ner.user_error import UserError
from tests.conftest import ROOT

SMALL = {
    "components.nested_spancat.model.tok2vec.encode.width": 8,
    "components.nested_spancat.model.tok2vec.encode.depth": 1,
    "components.nested_spancat.model.tok2vec.embed.width": 8,
    "components.nested_spancat.model.tok2vec.embed.embed.width": 8,
    "components.nested_spancat.model.tok2vec.embed.rows": 50,
}
TEXT = "The seal of the feed pump leaks again"


@pytest.fixture
def corpus(tmp_path):
    span = {"start": 16, "end": 25, "label": "PART"}
    rows = "".join(
        json.dumps({"text": TEXT, "spans": [span], "id": f"{n}"}) + "\n" for n in range(10)
    )
    (tmp_path / "mine.jsonl").write_text(rows, encoding="utf8")
    convert("custom", tmp_path / "mine.jsonl", tmp_path / "corpus", language="en")
    return tmp_path / "corpus"


@pytest.fixture
def texts(tmp_path):
    file = tmp_path / "texts.jsonl"
    file.write_text(f'{{"text": "{TEXT}"}}\n' * 20, encoding="utf8")
    return file


def test_the_encoder_begins_with_the_weights_of_spacy_pretrain(corpus, texts, tmp_path):
    out = tmp_path / "config.cfg"
    configure(ROOT / "configs" / "tok2vec.cfg", corpus, out, raw_text=texts, overrides=SMALL)
    pretrain(
        load_config(out, overrides={"pretraining.max_epochs": 2}, interpolate=True),
        tmp_path,
        silent=True,
    )
    weights = tmp_path / "model-last.bin"
    config = load_config(out, overrides={"paths.init_tok2vec": str(weights)}, interpolate=True)
    encoder = init_nlp(config).get_pipe("nested_spancat").model.get_ref("tok2vec")
    fresh = init_nlp(load_config(out, interpolate=True)).get_pipe("nested_spancat").model
    assert encoder.to_bytes() == weights.read_bytes()
    assert encoder.to_bytes() != fresh.get_ref("tok2vec").to_bytes()


def test_short_and_long_texts_are_read(corpus, tmp_path):
    texts, out = tmp_path / "texts.jsonl", tmp_path / "config.cfg"
    lines = ["Leaks.", TEXT, f"{TEXT} . " * 200]
    texts.write_text("".join(json.dumps({"text": x}) + "\n" for x in lines), encoding="utf8")
    configure(ROOT / "configs" / "tok2vec.cfg", corpus, out, raw_text=texts)
    reader = registry.resolve(load_config(out, interpolate=True)["corpora"])["pretrain"]
    assert [example.text for example in reader(spacy.blank("en"))] == lines


@pytest.mark.parametrize(
    ("config", "text", "message"),
    [
        ("transformer.cfg", '{"text": "x"}', "pretrained"),
        ("tok2vec.cfg", '{"txt": "x"}', "text"),
        ("tok2vec.cfg", "", "text"),
        ("tok2vec.cfg", "{", "JSONL"),
    ],
)
def test_what_cannot_be_pretrained_is_refused(corpus, tmp_path, config, text, message):
    texts, out = tmp_path / "texts.jsonl", tmp_path / "config.cfg"
    texts.write_text(text, encoding="utf8")
    with pytest.raises(UserError, match=message):
        configure(ROOT / "configs" / config, corpus, out, raw_text=texts)
    assert not out.exists()
