"""An encoder that cannot be loaded: one sentence says why, as an error of the config."""

import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from spacy.util import registry
from thinc.api import ConfigValidationError

from tests.transformer import save_tiny_transformer

transformers = pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def intact(tmp_path_factory):
    return Path(save_tiny_transformer(tmp_path_factory.mktemp("intact") / "encoder"))


@pytest.fixture
def folder(intact, tmp_path):
    """A copy to damage."""
    return Path(shutil.copytree(intact, tmp_path / "encoder"))


def make_encoder(name, precision="float32", **settings):
    build = registry.architectures.get("spacy_nested_ner.HuggingFaceEncoder.v1")
    return build(str(name), precision=precision, **settings)


def refuse(name, match, **settings):
    encoder = make_encoder(name, **settings)
    with pytest.raises(ConfigValidationError, match=match) as caught:
        encoder.initialize()
    assert Path(name).name in str(caught.value)
    assert len(str(caught.value).strip().splitlines()) == 1
    # nothing half-loaded
    assert encoder.shims[0].slot.pretrained is None
    assert encoder.has_dim("nO") is None


def edit(folder, file, **values):
    path = folder / file
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


@pytest.fixture
def offline(monkeypatch):
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(transformers.utils.hub, "_is_offline_mode", True, raising=False)


def test_a_name_that_is_not_there_or_not_to_be_reached(offline):
    refuse("nobody/has-this-encoder", "hub")


@pytest.mark.parametrize("name", ["./not/here", "/not/here", "not/a/name"])
def test_a_folder_that_is_not_there(name):
    refuse(name, "no folder")


@pytest.mark.parametrize(
    ("files", "match"),
    [
        (["config.json"], "config.json"),
        (["model.safetensors"], "model.safetensors"),
        (["tokenizer.json", "tokenizer_config.json"], "tokenizer.json"),
        # without tokenizer.json the other file describes a tokenizer without words
        (["tokenizer.json"], "okenizer"),
    ],
)
def test_a_folder_that_lacks_files(folder, files, match):
    for file in files:
        (folder / file).unlink()
    (folder / "special_tokens_map.json").unlink(missing_ok=True)
    refuse(folder, match)


@pytest.mark.parametrize("kept", [0, 5, 100, 5000])
def test_damaged_weights(folder, kept):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    refuse(folder, "weights")


@pytest.mark.parametrize("file", ["config.json", "tokenizer.json"])
def test_damaged_json(folder, file):
    (folder / file).write_text('{"model":')
    refuse(folder, "encoder")


def test_weights_of_another_size(folder):
    edit(folder, "config.json", hidden_size=32)
    refuse(folder, "config")


def test_weights_that_are_not_all_there(folder):
    from safetensors.torch import load_file, save_file

    path = folder / "model.safetensors"
    weights = load_file(path)
    del weights["encoder.layer.1.output.dense.bias"]
    save_file(weights, path, metadata={"format": "pt"})
    refuse(folder, r"1 tensors .* encoder.layer.1.output.dense.bias")


def test_an_encoder_with_a_decoder(folder):
    config = transformers.BartConfig(d_model=16, encoder_layers=1, decoder_layers=1)
    config.save_pretrained(folder)
    refuse(folder, "decoder")


def test_a_model_that_does_not_read_texts(folder):
    transformers.ViTConfig(hidden_size=16).save_pretrained(folder)
    refuse(folder, "vocab_size")


def test_an_unknown_architecture(folder):
    edit(folder, "config.json", model_type="bertissimo")
    refuse(folder, "bertissimo")


def test_a_slow_tokenizer(folder):
    for file in folder.glob("*token*"):
        file.unlink()
    # reads characters, and has no fast form
    transformers.CanineTokenizer().save_pretrained(folder)
    transformers.CanineConfig(hidden_size=16).save_pretrained(folder)
    refuse(folder, "slow|no tokenizer")


CODE = """
import torch
from transformers import BertConfig, BertModel

open({seen!r}, "w").close()


class OwnConfig(BertConfig):
    model_type = "own"


class OwnModel(BertModel):
    config_class = OwnConfig

    def forward(self, *args, **kwargs):
        output = super().forward(*args, **kwargs)
        output.last_hidden_state = output.last_hidden_state * 3.0
        return output
"""


@pytest.fixture
def own_code(folder, tmp_path, monkeypatch):
    """An encoder with code of its own, and a file that is there once the code has run."""
    modules = str(tmp_path / "modules")
    monkeypatch.setattr(transformers.dynamic_module_utils, "HF_MODULES_CACHE", modules)
    seen = tmp_path / "seen"
    (folder / "own_encoder.py").write_text(CODE.format(seen=str(seen)))
    classes = {"AutoConfig": "own_encoder.OwnConfig", "AutoModel": "own_encoder.OwnModel"}
    edit(folder, "config.json", model_type="own", auto_map=classes)
    return folder, seen


def test_code_of_the_encoder_does_not_run(own_code):
    folder, seen = own_code
    refuse(folder, "trust_remote_code")
    assert not seen.exists()


def test_code_of_the_encoder_runs_and_travels_if_the_config_says_so(own_code, intact):
    import spacy

    folder, seen = own_code
    encoder = make_encoder(folder, trust_remote_code=True)
    encoder.initialize()
    assert seen.exists()
    docs = [spacy.blank("en").make_doc("a gene")]
    plain = make_encoder(intact)
    plain.initialize()
    (Y,) = encoder.predict(docs)
    assert Y == pytest.approx(3.0 * plain.predict(docs)[0], abs=1e-5)
    saved = encoder.to_bytes()
    shutil.rmtree(folder)
    seen.unlink()
    refused = make_encoder(folder)
    with pytest.raises(ValueError, match="trust_remote_code"):
        refused.from_bytes(saved)
    assert not seen.exists()
    other = make_encoder(folder, trust_remote_code=True).from_bytes(saved)
    assert other.predict(docs)[0] == pytest.approx(Y, abs=1e-6)
    # and once more, from the bytes of what came from bytes
    again = make_encoder(folder, trust_remote_code=True).from_bytes(other.to_bytes())
    assert again.predict(docs)[0] == pytest.approx(Y, abs=1e-6)


def test_without_the_library_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "transformers", None)
    encoder = make_encoder("any")
    with pytest.raises(ConfigValidationError, match=r"spacy-nested-ner\[hf\]"):
        encoder.initialize()


def test_a_tokenizer_that_cuts_and_pads_does_neither_here(folder):
    import spacy

    path = folder / "tokenizer.json"
    settings = json.loads(path.read_text())
    settings["truncation"] = {
        "direction": "Right",
        "max_length": 8,
        "strategy": "LongestFirst",
        "stride": 0,
    }
    settings["padding"] = {
        "strategy": {"Fixed": 8},
        "direction": "Right",
        "pad_to_multiple_of": None,
        "pad_id": 0,
        "pad_type_id": 0,
        "pad_token": "[PAD]",
    }
    path.write_text(json.dumps(settings))
    encoder = make_encoder(folder)
    encoder.initialize()
    docs = [spacy.blank("en").make_doc(text) for text in ("a", "in a gene " * 5 + "bx")]
    for text_encoder in (encoder, make_encoder("none").from_bytes(encoder.to_bytes())):
        tokenizer = text_encoder.shims[0].slot.built.tokenizer
        for doc, n_pieces in zip(docs, (1, 5 * 7 + 2)):
            assert len(tokenizer.encode(doc.text, add_special_tokens=False).ids) == n_pieces


@pytest.mark.slow
def test_a_revision_of_the_hub_is_the_one_that_loads(folder, tmp_path):
    """A cache as of the hub, with two commits, read in a process without network."""
    from safetensors.torch import load_file, save_file

    repository = tmp_path / "hub" / "models--owner--encoder"
    for revision, factor in (("main", 1.0), ("older", 2.0)):
        commit = revision.ljust(40, "0")
        snapshot = Path(shutil.copytree(folder, repository / "snapshots" / commit))
        path = snapshot / "model.safetensors"
        weights = {name: factor * weight for name, weight in load_file(path).items()}
        save_file(weights, path, metadata={"format": "pt"})
        (repository / "refs").mkdir(exist_ok=True)
        (repository / "refs" / revision).write_text(commit)
    code = """
    from spacy.util import registry
    build = registry.architectures.get("spacy_nested_ner.HuggingFaceEncoder.v1")
    for revision in (None, "main", "older"):
        encoder = build("owner/encoder", revision=revision)
        encoder.initialize()
        module = encoder.shims[0].slot.built.module
        print(float(module.get_input_embeddings().weight.abs().sum()))
    """
    environment = {**os.environ, "HF_HUB_CACHE": str(tmp_path / "hub"), "HF_HUB_OFFLINE": "1"}
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert result.returncode == 0, result.stderr
    newest, main, older = map(float, result.stdout.split())
    assert newest == main
    assert older == pytest.approx(2.0 * main)
