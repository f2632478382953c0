"""Loading refuses what was damaged, and takes what was changed on purpose."""

import json
import pickle
import shutil

import pytest
import spacy
import srsly
from spacy.tokens import Doc
from spacy.util import load_model_from_config

from spacy_nested_ner.files.manifest import FORMAT, MANIFEST, SWITCH, Manifest, find_damage
from spacy_nested_ner.files.pipelines import load_pipeline
from spacy_nested_ner.user_error import UserError
from tests.pipelines import SENTENCES, TINY_ENCODER, make_examples, make_nlp, spans_of, train

PIPE = "nested_spancat"


def make_trained(*, shared: bool = False, updates: int = 10):
    nlp = make_nlp()
    if shared:
        nlp.remove_pipe(PIPE)
        nlp.add_pipe("tok2vec", config={"model": TINY_ENCODER})
        listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": 32}
        nlp.add_pipe(PIPE, config={"model": {"tok2vec": listener}, "threshold": 0.1})
    train(nlp, make_examples(nlp.vocab), updates=updates)
    return nlp


@pytest.fixture(scope="module")
def trained():
    return make_trained()


@pytest.fixture(scope="module")
def shared():
    return make_trained(shared=True)


def predict(nlp):
    docs = [nlp(Doc(nlp.vocab, words=text.split())) for text, _ in SENTENCES]
    return [(spans_of(doc), doc.spans["sc"].attrs["scores"].tolist()) for doc in docs]


def edit(path, old, new):
    text = path.read_text(encoding="utf8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf8")


def test_the_manifest_ties_labels_and_files_together(trained, tmp_path):
    trained.to_disk(tmp_path)
    manifest = Manifest.from_json((tmp_path / PIPE / MANIFEST).read_bytes())
    assert manifest.labels == ["DNA", "cell", "protein"]
    assert set(manifest.pipe) == {"cfg", "model"}
    assert set(manifest.pipeline) == {
        "config.cfg",
        "meta.json",
        "tokenizer",
        "vocab/lookups.bin",
    }
    assert find_damage(tmp_path) == []


@pytest.mark.parametrize("name", ["tok2vec/model", "tok2vec/cfg", "tokenizer", f"{PIPE}/cfg"])
def test_a_file_that_changed_is_named(shared, tmp_path, name):
    shared.to_disk(tmp_path)
    file = tmp_path / name
    file.write_bytes(file.read_bytes() + b" ")
    (found,) = find_damage(tmp_path)
    assert found.split()[0] in (name, name.partition("/")[0])
    with pytest.raises(UserError, match=found.split()[0]):
        load_pipeline(tmp_path)


def test_a_setting_edited_in_the_file_is_named_and_needs_the_switch(
    trained, tmp_path, monkeypatch
):
    trained.to_disk(tmp_path)
    edit(tmp_path / "config.cfg", "threshold = 0.5", "threshold = 0.25")
    with pytest.raises(UserError, match=r"threshold was 0\.5 and is 0\.25"):
        spacy.load(tmp_path)
    monkeypatch.setenv(SWITCH, "0")
    with pytest.warns(UserWarning, match="threshold"):
        nlp = spacy.load(tmp_path)
    assert nlp.get_pipe(PIPE).threshold == 0.25
    # saved again, it is as it was saved
    nlp.to_disk(tmp_path / "again")
    monkeypatch.delenv(SWITCH)
    assert spacy.load(tmp_path / "again").get_pipe(PIPE).threshold == 0.25


def test_a_setting_of_the_training_may_change_in_the_file(trained, tmp_path):
    trained.to_disk(tmp_path)
    edit(tmp_path / "config.cfg", "max_steps = 20000", "max_steps = 10")
    edit(tmp_path / "config.cfg", "batch_size = 1000", "batch_size = 10")
    meta = srsly.read_json(tmp_path / "meta.json")
    srsly.write_json(tmp_path / "meta.json", {**meta, "version": "7.0.0", "notes": "new"})
    assert predict(spacy.load(tmp_path)) == predict(trained)
    del meta["spacy_nested_ner"]
    srsly.write_json(tmp_path / "meta.json", meta)
    assert predict(spacy.load(tmp_path)) == predict(trained)


def test_the_weights_of_another_training_with_the_same_settings_are_refused(trained, tmp_path):
    trained.to_disk(tmp_path / "a")
    other = make_nlp()
    examples = make_examples(other.vocab)[::-1]
    train(other, examples, updates=5)
    other.to_disk(tmp_path / "b")
    shutil.rmtree(tmp_path / "a" / PIPE)
    shutil.copytree(tmp_path / "b" / PIPE, tmp_path / "a" / PIPE)
    with pytest.raises(UserError, match=r"meta\.json"):
        spacy.load(tmp_path / "a")
    message, swapped = (srsly.msgpack_loads(nlp.to_bytes()) for nlp in (trained, other))
    message[PIPE] = swapped[PIPE]
    with pytest.raises(UserError, match=r"meta\.json"):
        load_model_from_config(trained.config).from_bytes(srsly.msgpack_dumps(message))


def test_a_newer_format_says_so(trained, tmp_path):
    trained.to_disk(tmp_path)
    file = tmp_path / PIPE / MANIFEST
    file.write_text(json.dumps({"format": FORMAT + 1, "saved_with": {"library": "9.9"}}))
    with pytest.raises(UserError, match=r"9\.9"):
        spacy.load(tmp_path)


def test_weights_without_a_manifest_give_no_advice_to_run_code(trained, tmp_path):
    trained.to_disk(tmp_path)
    (tmp_path / PIPE / MANIFEST).unlink()
    assert predict(spacy.load(tmp_path)) == predict(trained)
    file = tmp_path / PIPE / "model"
    data = bytearray(file.read_bytes())
    place = data.index(b"PK\x03\x04")  # the archive of torch
    data[place : place + 400] = bytes(400)
    file.write_bytes(data)
    with pytest.raises(UserError) as error:
        load_pipeline(tmp_path)
    assert "weights_only" not in str(error.value)


@pytest.mark.parametrize("which", ["trained", "shared"])
def test_bytes_are_compared_as_well(which, request):
    nlp = request.getfixturevalue(which)
    message = srsly.msgpack_loads(nlp.to_bytes())

    def load(**changed):
        data = srsly.msgpack_dumps({**message, **changed})
        return load_model_from_config(nlp.config).from_bytes(data)

    assert predict(load()) == predict(nlp)
    nlp.from_bytes(nlp.to_bytes())
    rules = srsly.msgpack_loads(message["tokenizer"])
    rules["infix_finditer"] += "|e"
    with pytest.raises(UserError, match="tokenizer"):
        load(tokenizer=srsly.msgpack_dumps(rules))
    for part in ("cfg", "model"):
        pipe = srsly.msgpack_loads(message[PIPE])
        del pipe[part]
        with pytest.raises(UserError, match=part):
            load(**{PIPE: srsly.msgpack_dumps(pipe)})
    if which == "shared":
        encoder = srsly.msgpack_loads(message["tok2vec"])
        model = bytearray(encoder["model"])
        model[len(model) // 2] ^= 64
        encoder["model"] = bytes(model)
        with pytest.raises(UserError, match="tok2vec"):
            load(tok2vec=srsly.msgpack_dumps(encoder))


@pytest.mark.parametrize("alive", [True, False])
@pytest.mark.parametrize("language", ["en", "de"])
def test_a_pipe_taken_over_by_another_pipeline_is_saved_with_that_pipeline(
    trained, tmp_path, alive, language
):
    trained.to_disk(tmp_path / "source")
    source = spacy.load(tmp_path / "source")
    nlp = spacy.blank(language)
    nlp.add_pipe(PIPE, source=source)
    nlp.tokenizer.infix_finditer = None
    expected = predict(nlp)
    if not alive:
        del source
    nlp.to_disk(tmp_path / "new")
    assert predict(spacy.load(tmp_path / "new")) == expected
    if language == "de":
        data = nlp.to_bytes()
        assert predict(load_model_from_config(nlp.config).from_bytes(data)) == expected


def test_what_is_changed_on_purpose_in_memory_is_saved_as_it_is(shared, tmp_path):
    nlp = load_model_from_config(shared.config).from_bytes(shared.to_bytes())
    nlp.tokenizer.add_special_case("brx-7", [{65: "brx-"}, {65: "7"}])
    nlp.get_pipe(PIPE).threshold = 0.75
    nlp.rename_pipe(PIPE, "spans")
    nlp.add_pipe("sentencizer", first=True)
    nlp.to_disk(tmp_path / "a")
    nlp.to_disk(tmp_path / "a")
    loaded = spacy.load(tmp_path / "a", config={"components": {"spans": {"threshold": 0.1}}})
    assert predict(loaded) == predict(shared)
    loaded.replace_listeners("tok2vec", "spans", ["model.tok2vec"])
    loaded.to_disk(tmp_path / "b")
    loaded = spacy.load(tmp_path / "b", exclude=["tok2vec", "sentencizer"])
    loaded.get_pipe("spans").threshold = 0.1
    assert predict(loaded) == predict(shared)


def test_a_pipe_saved_alone_loads_into_another_pipeline(trained, tmp_path):
    pipe = trained.get_pipe(PIPE)
    pipe.to_disk(tmp_path / "pipe")
    for load in (
        lambda new: new.from_disk(tmp_path / "pipe"),
        lambda new: new.from_bytes(pipe.to_bytes()),
    ):
        nlp = make_nlp()
        nlp.tokenizer.infix_finditer = None
        load(nlp.get_pipe(PIPE))
        assert predict(nlp) == predict(trained)


def test_a_pickled_pipe_works(trained):
    pipe = pickle.loads(pickle.dumps(trained.get_pipe(PIPE)))
    docs = [Doc(pipe.vocab, words=text.split()) for text, _ in SENTENCES]
    pipe.set_annotations(docs, pipe.predict(docs))
    assert [spans_of(doc) for doc in docs] == [spans for spans, _ in predict(trained)]


def test_other_labels_than_weights_are_refused_without_a_manifest(trained, tmp_path):
    trained.to_disk(tmp_path)
    (tmp_path / PIPE / MANIFEST).unlink()
    srsly.write_json(tmp_path / PIPE / "cfg", {"labels": ["DNA", "cell"]})
    with pytest.raises(UserError):
        spacy.load(tmp_path)
