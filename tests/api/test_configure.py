"""`configure` as a function: what its result says."""

import json

import pytest
import srsly
from spacy.util import load_config

from spacy_nested_ner import configure, convert
from spacy_nested_ner.user_error import UserError
from tests.conftest import ROOT

TOK2VEC, TRANSFORMER = (ROOT / "configs" / f"{x}.cfg" for x in ("tok2vec", "transformer"))


@pytest.fixture
def corpus_with(tmp_path):
    """A corpus whose report has so many training mentions and labels."""
    texts = [f"pump {i} leaks" for i in range(10)]
    spans = [{"start": 0, "end": 4, "label": "part"}]
    srsly.write_jsonl(tmp_path / "mine.jsonl", [{"text": x, "spans": spans} for x in texts])
    folder = tmp_path / "mine"
    convert("custom", tmp_path / "mine.jsonl", folder, language="en")

    def change(mentions, kind="custom", labels=1):
        report = json.loads((folder / "report.json").read_text())
        report["corpus"] = kind
        train = report["parts"]["train"]
        train["spans"], train["labels"] = mentions, {str(i): 1 for i in range(labels)}
        (folder / "report.json").write_text(json.dumps(report))
        return folder

    return change


@pytest.fixture
def advice(corpus_with, tmp_path):
    """What `configure` advises for a corpus with so many training mentions."""
    (tmp_path / "texts.jsonl").write_text('{"text": "feed pump leaks"}')

    def advise(mentions, config=TOK2VEC, kind="custom", **options):
        corpus = corpus_with(mentions, kind)
        result = configure(config, corpus, tmp_path / "out.cfg", **options)
        _, *said = result.blocks()
        return [text for text in said if str(text).startswith("Tip")]

    return advise


def test_texts_without_annotations_are_advised_where_mentions_are_few(advice):
    assert "940" in advice(940)[0]
    assert "--raw-text" in advice(940)[0]
    assert advice(1000) == []


def test_a_smaller_encoder_is_said_and_in_the_config(corpus_with, tmp_path):
    for mentions, width in ((999, 96), (1000, 192)):
        result = configure(TOK2VEC, corpus_with(mentions), tmp_path / "out.cfg")
        said = [
            text for text in result.blocks() if text.startswith("Encoder: 2 layers of width 96")
        ]
        assert bool(said) == (width == 96)
        tok2vec = load_config(tmp_path / "out.cfg")["components"]["nested_spancat"]["model"][
            "tok2vec"
        ]
        assert tok2vec["encode"]["width"] == width


def test_what_many_labels_change_is_said_and_in_the_config(corpus_with, tmp_path):
    for labels in (59, 60):
        result = configure(TOK2VEC, corpus_with(1000, labels=labels), tmp_path / "out.cfg")
        said = [text for text in result.blocks() if "labels are many" in str(text)]
        expected = [
            "Encoder: residual connections between its layers, because 60 labels are many",
            "Scorer: queries and keys of size 8, because 60 labels are many",
        ]
        assert said == (expected if labels == 60 else [])
        model = load_config(tmp_path / "out.cfg")["components"]["nested_spancat"]["model"]
        assert model["head_size"] == (8 if labels == 60 else 64)
        encoder = model["tok2vec"]["encode"]["@architectures"]
        assert ("BiLSTMEncoder.v2" in encoder) == (labels == 60)


def test_the_learn_rate_for_a_small_encoder_is_said_and_in_the_config(
    corpus_with, tiny_transformer, tmp_path
):
    out = tmp_path / "out.cfg"
    result = configure(TRANSFORMER, corpus_with(1000), out, encoder=tiny_transformer)
    (said,) = [text for text in result.blocks() if text.startswith("Learn rate: 0.0003")]
    assert f" {result.width} " in said
    written = load_config(out)
    assert written["training"]["optimizer"]["learn_rate"]["initial_rate"] == 0.0003
    assert written["components"]["nested_spancat"]["learn_rate_scale"] == 10.0


def test_the_dropout_over_a_pretrained_encoder_is_said_and_in_the_config(
    corpus_with, tiny_transformer, tmp_path
):
    for mentions, dropout in ((999, 0.3), (1000, 0.1)):
        corpus, out = corpus_with(mentions), tmp_path / "out.cfg"
        result = configure(TRANSFORMER, corpus, out, encoder=tiny_transformer)
        said = [text for text in result.blocks() if text.startswith("Dropout: 0.3")]
        assert bool(said) == (dropout == 0.3)
        assert load_config(out)["training"]["dropout"] == dropout


def test_an_encoder_that_cannot_be_read_is_a_warning(corpus_with, tmp_path):
    out = tmp_path / "out.cfg"
    result = configure(TRANSFORMER, corpus_with(1000), out, encoder="nobody/has-this-encoder")
    assert "nobody/has-this-encoder" in "".join(result.warned)
    assert result.width is None
    assert load_config(out)["training"]["optimizer"]["learn_rate"]["initial_rate"] == 5e-05


def test_nothing_is_advised_for_a_sample_or_an_encoder_that_has_read_texts(advice, tmp_path):
    assert advice(20, kind="sample") == []
    assert advice(20, config=TRANSFORMER) == []
    assert advice(20, raw_text=tmp_path / "texts.jsonl") == []
    assert advice(20, overrides={"paths.init_tok2vec": "model-last.bin"}) == []


@pytest.mark.parametrize("numbers", [{"epochs": 0}, {"epochs": -1}, {"min_updates": -1}])
def test_a_number_of_updates_out_of_its_range_writes_no_config(corpus_with, tmp_path, numbers):
    ((name, value),) = numbers.items()
    out = tmp_path / "fit.cfg"
    with pytest.raises(UserError, match=f"{name} is {value}: give "):
        configure(TOK2VEC, corpus_with(5000), out, **numbers)
    assert not out.exists()
