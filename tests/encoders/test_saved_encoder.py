"""A pipeline contains its pretrained encoder, all of it."""

import json
import os
import shutil
import subprocess
import sys
import textwrap

import pytest
import spacy
import srsly
from spacy.tokens import Doc
from spacy.util import registry

from spacy_nested_ner.encoders import saved_encoder
from tests.encoder_kinds import hugging_face_listener, inline_hugging_face, make_pipeline
from tests.pipelines import SENTENCES, make_examples, spans_of, train
from tests.transformer import save_tiny_transformer

pytest.importorskip("transformers")


def make_encoder(name, **settings):
    build = registry.architectures.get("spacy_nested_ner.HuggingFaceEncoder.v1")
    return build(str(name), **settings)


@pytest.fixture(scope="module")
def saved(tiny_transformer):
    """What the shim of an encoder saves."""
    encoder = make_encoder(tiny_transformer)
    encoder.initialize()
    message = srsly.msgpack_loads(encoder.shims[0].to_bytes())
    return srsly.msgpack_loads(message["state"])


def load(saved, **settings):
    encoder = make_encoder("no folder", **settings)
    state = {"config": {}, "state": srsly.msgpack_dumps(saved)}
    try:
        encoder.shims[0].from_bytes(srsly.msgpack_dumps(state))
    finally:
        full = encoder.shims[0].slot.pretrained is not None
        assert full == (not sys.exc_info()[0])
    return encoder


def test_one_message_holds_config_tokenizer_and_weights(saved, tiny_transformer):
    config = json.loads(saved["config.json"])
    assert (config["model_type"], config["hidden_size"]) == ("bert", 16)
    assert json.loads(saved["tokenizer.json"])["model"]["type"] == "WordPiece"
    assert tiny_transformer not in saved["config.json"]
    module = load(saved).shims[0].slot.built.module
    # the attention of today, not that of any model
    assert module.config._attn_implementation == "sdpa"


def test_a_newer_transformers_is_asked_for(saved):
    with pytest.raises(ValueError, match=r"transformers 99\.1\.0"):
        load({**saved, "transformers": "99.1.0"})


@pytest.mark.parametrize("setting", [{"model_type": "bertissimo"}, {"hidden_act": "geglu9"}])
def test_an_encoder_that_the_installed_library_does_not_know(saved, setting):
    config = {**json.loads(saved["config.json"]), **setting}
    with pytest.raises(ValueError, match=saved["transformers"].replace(".", r"\.")):
        load({**saved, "config.json": json.dumps(config)})


@pytest.mark.parametrize("cut", [0, 50, 3000])
def test_damaged_weights(saved, cut):
    with pytest.raises(ValueError, match="weights"):
        load({**saved, "model.safetensors": saved["model.safetensors"][:cut]})


def test_a_damaged_tokenizer(saved):
    with pytest.raises(ValueError, match="tokenizer"):
        load({**saved, "tokenizer.json": "{"})


def test_settings_that_change_the_weights_cannot_change_after_training(saved):
    with pytest.raises(ValueError, match="mix"):
        load(saved, layers="mix")


def test_loading_leaves_random_numbers_alone(saved):
    import torch

    torch.manual_seed(0)
    expected = torch.rand(2).tolist()
    torch.manual_seed(0)
    load(saved)
    assert torch.rand(2).tolist() == expected


def test_an_encoder_without_weights_saves_and_loads_as_such():
    encoder = make_encoder("any").from_bytes(make_encoder("any").to_bytes())
    with pytest.raises(ValueError, match=r"nlp\.initialize"):
        encoder.predict([Doc(spacy.blank("en").vocab, words=["a"])])


@pytest.mark.slow
@pytest.mark.parametrize("encoder", [inline_hugging_face, hugging_face_listener])
def test_a_fresh_process_without_folder_and_network_predicts_the_same(
    encoder, request, tmp_path, monkeypatch
):
    folder = tmp_path / "encoder"
    save_tiny_transformer(folder)
    monkeypatch.setattr(request, "getfixturevalue", lambda name: str(folder))
    nlp = make_pipeline(encoder, request)
    train(nlp, make_examples(nlp.vocab), updates=15)
    texts = [text for text, _ in SENTENCES]
    expected = [spans_of(nlp(text)) for text in texts]
    assert any(expected)
    nlp.to_disk(tmp_path / "pipeline")
    (tmp_path / "pipeline.bin").write_bytes(nlp.to_bytes())
    nlp.config.to_disk(tmp_path / "pipeline.cfg")
    shutil.rmtree(folder)
    code = f"""
    import json, socket, spacy
    from spacy.util import load_config, load_model_from_config

    def refuse(*args, **kwargs):
        raise OSError("no network here")

    socket.socket.connect = socket.getaddrinfo = refuse
    root = {str(tmp_path)!r}
    loaded = spacy.load(root + "/pipeline")
    unpacked = load_model_from_config(load_config(root + "/pipeline.cfg"))
    unpacked.from_bytes(open(root + "/pipeline.bin", "rb").read())
    for nlp in (loaded, unpacked):
        docs = nlp.pipe({texts!r}, n_process=1 if nlp is unpacked else 2)
        print(json.dumps([[(s.start, s.end, s.label_) for s in d.spans["sc"]] for d in docs]))
    """
    nowhere = {name: str(tmp_path / "nowhere") for name in ("HF_HOME", "HF_HUB_CACHE")}
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        env={**os.environ, **nowhere, "HF_HUB_OFFLINE": "1"},
    )
    assert result.returncode == 0, result.stderr
    for line in result.stdout.strip().splitlines():
        assert [[tuple(span) for span in doc] for doc in json.loads(line)] == expected


@pytest.mark.slow
def test_two_span_pipes_a_tagger_and_ner_share_one_encoder(tiny_transformer, tmp_path):
    nlp = spacy.blank("en")
    model = {
        "@architectures": "spacy_nested_ner.HuggingFaceEncoder.v1",
        "name": tiny_transformer,
    }
    nlp.add_pipe("tok2vec", config={"model": model})
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": 16}
    for name, spans_key in (("first", "sc"), ("second", "other")):
        config = {"model": {"tok2vec": listener}, "spans_key": spans_key, "threshold": 0.3}
        nlp.add_pipe("nested_spancat", name=name, config=config)
    nlp.add_pipe("tagger", config={"model": {"tok2vec": listener}})
    nlp.add_pipe("ner", config={"model": {"tok2vec": listener}})
    examples = make_examples(nlp.vocab)
    for eg in examples:
        doc = eg.reference
        doc.spans["other"] = [span for span in doc.spans["sc"] if len(span) == 1]
        doc.set_ents([doc[0:1]], default="outside") if not len(doc) else None
        for token in doc:
            token.tag_ = "upper" if token.text.isupper() else "lower"
        doc[0].ent_type_ = "FIRST"
    train(nlp, examples, updates=30)
    texts = [text for text, _ in SENTENCES]

    def answers(nlp):
        docs = list(nlp.pipe(texts))
        return [
            (spans_of(doc), spans_of(doc, "other"), [t.tag_ for t in doc], doc.ents and 1)
            for doc in docs
        ]

    expected = answers(nlp)
    assert any(spans for spans, *_ in expected)
    assert {tag for _, _, tags, _ in expected for tag in tags} == {"upper", "lower"}
    nlp.to_disk(tmp_path)
    assert answers(spacy.load(tmp_path)) == expected
    assert saved_encoder.__doc__
