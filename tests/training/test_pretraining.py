"""`spacy pretrain` runs with a config from `configure`, and `spacy train` takes its weights."""

import gzip
import json

import pytest
import spacy
from spacy.training import JsonlCorpus
from spacy.training.initialize import init_nlp
from spacy.training.pretrain import pretrain
from spacy.util import load_config, registry

from spacy_nested_ner import configure, convert
from spacy_nested_ner.training.pretraining import check_texts
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


def test_weights_that_spacy_does_not_read_are_a_warning(corpus, tmp_path, recwarn):
    out, weights = tmp_path / "config.cfg", tmp_path / "model-last.bin"
    configure(ROOT / "configs" / "tok2vec.cfg", corpus, out, overrides=SMALL)
    # as `spacy train` reads it, with variables
    init_nlp(load_config(out, interpolate=False))
    assert not [warned for warned in recwarn if "not read" in str(warned.message)]
    named = load_config(out, overrides={"paths.init_tok2vec": str(weights)}, interpolate=False)
    with pytest.warns(UserWarning, match=r"model-last\.bin are not read"):
        init_nlp(named)


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
        ("tok2vec.cfg", f'{{"text": "{TEXT}"}}\n{{"txt": 1}}', "line 2 has no 'text'"),
    ],
)
def test_what_cannot_be_pretrained_is_refused(corpus, tmp_path, config, text, message):
    texts, out = tmp_path / "texts.jsonl", tmp_path / "config.cfg"
    texts.write_text(text, encoding="utf8")
    with pytest.raises(UserError, match=message):
        configure(ROOT / "configs" / config, corpus, out, raw_text=texts)
    assert not out.exists()


GOOD = f'{{"text": "{TEXT}"}}\n'.encode()
WITH_MARK = b"\xef\xbb\xbf" + GOOD
PACKED = gzip.compress(GOOD, mtime=0)
HALF_PAIR = rb'{"text": "\ud800"}'
TOO_LONG = b'{"text": "' + b"x" * 1_000_001 + b'"}'


def texts_for_spacy(file):
    """The texts that `spacy pretrain` reads."""
    reader = JsonlCorpus(file, min_length=1)
    return [example.text for example in reader(spacy.blank("en"))]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (GOOD + b'\n{"txt": 1}\n', "line 3 has no 'text' that is a string"),
        (GOOD + b'{"text": null}\n', "line 2 has no 'text' that is a string"),
        (GOOD + b'{"tokens": ["a"]}\n', "line 2 has no 'text' that is a string"),
        (GOOD + b"[1]\n", "line 2 has no 'text' that is a string"),
        (GOOD + b'{"text": "a"\n', "line 2 is no JSON"),
        (b'{"text":\r"a"}\n', "line 1 is no JSON"),
        (GOOD + HALF_PAIR, "line 2 has half of a surrogate pair"),
        (GOOD + TOO_LONG, "line 2 has a text of 1,000,001 characters"),
        (GOOD + '{"text": "é"}'.encode("latin1"), "line 2: byte 0xe9 is not UTF-8"),
        (WITH_MARK, "line 1 begins with a byte order mark"),
        (GOOD.decode().encode("utf-16"), "is UTF-16, not UTF-8"),
        (PACKED, "is compressed: decompress it"),
    ],
)
def test_a_file_that_spacy_cannot_read_is_refused(tmp_path, content, message):
    (tmp_path / "texts.jsonl").write_bytes(content)
    with pytest.raises(UserError, match=message):
        check_texts(tmp_path / "texts.jsonl")
    with pytest.raises((ValueError, LookupError, TypeError)):
        texts_for_spacy(tmp_path / "texts.jsonl")


@pytest.mark.parametrize("content", [b"", b"\n \n", b'{"text": ""}\n'])
def test_a_file_without_a_text_is_refused(tmp_path, content):
    (tmp_path / "texts.jsonl").write_bytes(content)
    assert not texts_for_spacy(tmp_path / "texts.jsonl")
    with pytest.raises(UserError, match="has no text"):
        check_texts(tmp_path / "texts.jsonl")


@pytest.mark.filterwarnings(r"ignore:\[W090\]")
@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("texts.json", GOOD, "end in .jsonl"),
        ("texts.jsonl.gz", PACKED, "decompress"),
    ],
)
def test_a_file_that_spacy_would_skip_is_refused(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    assert not texts_for_spacy(tmp_path / name)
    with pytest.raises(UserError, match=message):
        check_texts(tmp_path / name)


def test_a_file_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"texts\.jsonl"):
        check_texts(tmp_path / "texts.jsonl")


@pytest.mark.parametrize(
    "content",
    [
        b"\n  \n" + GOOD + b"\n" + GOOD,
        GOOD.replace(b"\n", b"\r\n") * 2,
        GOOD.replace(b"\n", b"\r") * 2,
        "\u00a0".encode() + GOOD + b'{"text": ""}\n' + GOOD,
        GOOD + b'{"text": 1, "text": "twice", "x": 1e999}',
    ],
)
def test_a_file_that_spacy_can_read_is_accepted(tmp_path, content):
    (tmp_path / "texts.jsonl").write_bytes(content)
    assert len(texts_for_spacy(tmp_path / "texts.jsonl")) == 2
    check_texts(tmp_path / "texts.jsonl")
