"""A pipeline with its encoder in onnxruntime: what it predicts, and what it refuses."""

import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from inspect import signature
from multiprocessing import get_context

import numpy
import pytest
import spacy
import srsly
import torch
from spacy.training import Example
from thinc.api import ConfigValidationError

from spacy_nested_ner import export_runtime
from spacy_nested_ner.encoders import onnx_session
from spacy_nested_ner.encoders.onnx_encoder import OnnxShim
from spacy_nested_ner.encoders.onnx_export import ONNX, to_onnx
from spacy_nested_ner.user_error import UserError
from tests.encoder_kinds import hugging_face_listener, inline_hugging_face, make_pipeline
from tests.pipelines import SENTENCES, make_examples, spans_of, train
from tests.transformer import KINDS, save_tiny_transformer

for module in ("transformers", "onnxruntime", "onnx", "onnxscript"):
    pytest.importorskip(module)
if "dynamic_shapes" not in signature(torch.onnx.export).parameters:
    pytest.skip("this PyTorch does not export with dynamic shapes", allow_module_level=True)

TEXTS = [
    "Gene in bx binds, in-x.",
    "ZED",
    "",
    "\n\n",
    " a \n\n b ",
    "🙂 é 疾病",
    "binds " * 100,
    "in" * 300,
]


def encoder_of(nlp):
    """The layer in the pipe tok2vec."""
    return nlp.get_pipe("tok2vec").model


def shims_of(nlp):
    return [
        shim
        for _, pipe in nlp.components
        for node in pipe.model.walk()
        for shim in node.shims
        if isinstance(shim, OnnxShim)
    ]


def make_shared(folder, **settings):
    nlp = spacy.blank("en")
    model = {"@architectures": "spacy_nested_ner.HuggingFaceEncoder.v1", "name": folder}
    nlp.add_pipe("tok2vec", config={"model": {**model, "precision": "float32", **settings}})
    encoder_of(nlp).initialize()
    return nlp


def make_docs(nlp, texts=TEXTS):
    return [nlp.make_doc(text) for text in texts]


def check_kind(folder, **settings):
    nlp = make_shared(folder, max_batch=500, **settings)
    docs = make_docs(nlp)
    expected = encoder_of(nlp).predict(docs)
    for y, z in zip(expected, encoder_of(to_onnx(nlp, precision="float32")).predict(docs)):
        assert z.dtype == numpy.float32
        numpy.testing.assert_allclose(y, z, atol=1e-4)


@pytest.fixture(scope="module")
def trained(tiny_transformer):
    """Pipelines that found something, by the place of their encoder."""

    class Request:
        def getfixturevalue(self, name):
            return tiny_transformer

    pipelines = {}
    for kind in (inline_hugging_face, hugging_face_listener):
        nlp = make_pipeline(kind, Request())
        train(nlp, make_examples(nlp.vocab), updates=15)
        pipelines[kind] = nlp
    return pipelines


# an export takes ten seconds, so these tests are slow
PLACES = [inline_hugging_face, hugging_face_listener]


@pytest.fixture(scope="module")
def export(trained):
    """Exports the pipeline of a place of the encoder, once."""
    return cache(lambda kind: to_onnx(trained[kind], precision="float32"))


@pytest.fixture(scope="module")
def shared(export):
    return export(hugging_face_listener)


@pytest.mark.slow
def test_vectors_are_those_of_torch_for_texts_of_any_length(tmp_path):
    check_kind(save_tiny_transformer(tmp_path / "bert"), pooling="first", window=40, overlap=9)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_vectors_are_those_of_torch_for_every_kind(tmp_path, kind):
    check_kind(save_tiny_transformer(tmp_path / kind, kind))


@pytest.mark.slow
def test_a_mix_of_layers(tmp_path):
    check_kind(save_tiny_transformer(tmp_path / "bert"), layers="mix")


@pytest.mark.slow
@pytest.mark.parametrize("kind", PLACES)
def test_bytes_and_disk_keep_the_spans_of_torch(trained, export, kind, tmp_path):
    texts = [text for text, _ in SENTENCES]
    expected = [spans_of(doc) for doc in trained[kind].pipe(texts)]
    assert any(expected)
    nlp = export(kind)
    nlp.to_disk(tmp_path)
    on_disk = spacy.load(tmp_path)
    unpacked = spacy.util.load_model_from_config(nlp.config).from_bytes(nlp.to_bytes())
    for loaded in (nlp, on_disk, unpacked):
        assert len(shims_of(loaded)) == 1
        assert [spans_of(doc) for doc in loaded.pipe(texts)] == expected
    config = (tmp_path / "config.cfg").read_text()
    assert ONNX in config
    assert "HuggingFaceEncoder" not in config
    # and the pipeline that was exported is as before
    assert not shims_of(trained[kind])


@pytest.mark.slow
def test_int8_rounds_and_no_document_changes_the_vectors_of_another(tiny_transformer):
    nlp = make_shared(tiny_transformer, window=64)
    docs = make_docs(nlp)
    exact = encoder_of(nlp).predict(docs)
    encoder = encoder_of(to_onnx(nlp, precision="int8"))
    together = encoder.predict(docs)
    for i, doc in enumerate(docs):
        (alone,) = encoder.predict([doc])
        numpy.testing.assert_array_equal(together[i], alone)
    Y, Z = numpy.concatenate(exact), numpy.concatenate(together)
    assert abs(Y - Z).max() > 1e-3
    assert (Y * Z).sum() / numpy.sqrt((Y * Y).sum() * (Z * Z).sum()) > 0.99


@pytest.mark.slow
def test_threads_and_other_processes_predict_the_same(shared):
    texts = [text for text, _ in SENTENCES] * 3
    expected = [spans_of(doc) for doc in shared.pipe(texts)]
    with ThreadPoolExecutor(4) as pool:
        for run in [pool.submit(lambda: list(shared.pipe(texts))) for _ in range(8)]:
            assert [spans_of(doc) for doc in run.result()] == expected
    assert [spans_of(doc) for doc in shared.pipe(texts, n_process=2, batch_size=8)] == expected


@pytest.mark.slow
def test_a_forked_process_predicts_after_its_parent_did_with_threads(shared, monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    encoder_of(shared).predict(make_docs(shared))
    # os._exit: what it asserts is only whether the prediction ends
    child = get_context("fork").Process(
        target=lambda: (encoder_of(shared).predict(make_docs(shared)), os._exit(7))
    )
    child.start()
    child.join(60)
    ended = child.exitcode
    child.kill()
    assert ended == 7


@pytest.mark.slow
def test_a_shim_that_is_pickled_predicts_the_same(shared):
    docs = make_docs(shared)
    (shim,) = shims_of(shared)
    for copied in (pickle.loads(pickle.dumps(shim)), shim.copy()):
        assert copied.encoder.file == shim.encoder.file
        assert copied.id != shim.id
    for y, z in zip(encoder_of(shared).predict(docs), encoder_of(shared).copy().predict(docs)):
        numpy.testing.assert_array_equal(y, z)


@pytest.mark.slow
def test_onnxruntime_has_the_threads_of_torch(shared, monkeypatch):
    (shim,) = shims_of(shared)
    docs = make_docs(shared)
    for n_threads in (2, 1):
        monkeypatch.setattr(torch, "get_num_threads", lambda n=n_threads: n)
        encoder_of(shared).predict(docs)
        (session,) = shim.encoder._sessions.values()
        assert session.get_session_options().intra_op_num_threads == n_threads


@pytest.mark.slow
@pytest.mark.parametrize("kind", PLACES)
def test_training_is_refused(export, kind):
    nlp = export(kind)
    optimizer = nlp.resume_training()
    with pytest.raises(ConfigValidationError, match="export"):
        nlp.update(make_examples(nlp.vocab), sgd=optimizer)


@pytest.mark.slow
def test_a_config_alone_has_no_weights(shared):
    nlp = spacy.util.load_model_from_config(shared.config)
    with pytest.raises(ConfigValidationError, match=r"OnnxEncoder\.v1"):
        nlp.initialize(lambda: make_examples(nlp.vocab))
    with pytest.raises(ConfigValidationError, match=r"OnnxEncoder\.v1"):
        nlp("a b")
    # as bytes, too, it has none
    other = spacy.util.load_model_from_config(shared.config)
    assert shims_of(other.from_bytes(nlp.to_bytes()))[0].encoder is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "damage"),
    [
        ("model.onnx", lambda onnx: onnx[: len(onnx) // 2]),
        ("model.onnx", lambda onnx: b""),
        ("model.onnx", lambda onnx: b"\x00" + onnx),
        ("tokenizer.json", lambda text: text[:100]),
    ],
)
def test_a_damaged_file_is_refused_in_one_sentence(shared, part, damage):
    (shim,) = shims_of(shared)
    message = srsly.msgpack_loads(shim.to_bytes())
    message[part] = damage(message[part])
    fresh = OnnxShim(None)
    with pytest.raises(UserError) as caught:
        fresh.from_bytes(srsly.msgpack_dumps(message))
    assert len(str(caught.value).splitlines()) == 1
    assert fresh.encoder is None


@pytest.mark.slow
def test_without_the_library_it_says_what_to_install(shared, monkeypatch):
    saved = shims_of(shared)[0].to_bytes()
    monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
    with pytest.raises(UserError, match=r"spacy-nested-ner\[onnx\]"):
        OnnxShim(None).from_bytes(saved)


def test_the_export_says_what_to_install(tiny_transformer, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnxscript", None)
    with pytest.raises(UserError, match="onnx-export"):
        to_onnx(make_shared(tiny_transformer), precision="float32")


@pytest.mark.slow
def test_a_pipeline_without_an_encoder_is_refused(shared, tmp_path):
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    for without in (nlp, shared):
        with pytest.raises(UserError, match=without.pipe_names[0]):
            export_runtime(without, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_an_encoder_that_computes_something_else_is_refused(trained, monkeypatch):
    forward = onnx_session.OnnxEncoder.forward

    def other(self, inputs):
        return forward(self, inputs) + 0.01

    monkeypatch.setattr(onnx_session.OnnxEncoder, "forward", other)
    with pytest.raises(UserError, match="BertModel"):
        to_onnx(trained[inline_hugging_face], precision="float32")


@pytest.mark.parametrize("option", [{"runtime": "tea"}, {"precision": "int2"}])
def test_unknown_values_are_refused(tiny_transformer, tmp_path, option):
    (value,) = option.values()
    with pytest.raises(UserError, match=value):
        export_runtime(make_shared(tiny_transformer), tmp_path / "out", **option)


@pytest.mark.slow
def test_the_tokens_of_an_example_do_not_matter(shared):
    assert shared.evaluate([Example.from_dict(shared.make_doc("a"), {})])
