"""`configure --source`: training begins with the pipe of a trained pipeline."""

import json
import sys
from inspect import signature

import numpy
import pytest
import spacy
import torch
from spacy.tokens import DocBin, Span
from spacy.training.initialize import init_nlp
from spacy.training.loop import train as spacy_train
from spacy.util import load_config
from spacy.vectors import Vectors
from spacy.vocab import Vocab

from spacy_nested_ner import configure, convert, evaluate, export_runtime
from spacy_nested_ner.cli import main
from spacy_nested_ner.user_error import UserError
from tests.conftest import ROOT
from tests.encoder_kinds import (
    PRETRAINED,
    hugging_face_listener,
    inline_hugging_face,
    make_pipeline,
    tok2vec_listener,
)
from tests.pipelines import make_examples, make_nlp, train

TOK2VEC, TRANSFORMER = (ROOT / "configs" / f"{x}.cfg" for x in ("tok2vec", "transformer"))
TEXT = "The ZED seal of the feed pump leaks"
WORDS = {"protein": "ZED", "part": "feed pump"}


@pytest.fixture
def corpus(tmp_path):
    """A corpus with the label protein of the sources below, and one of its own."""
    spans = [
        {"start": TEXT.index(word), "end": TEXT.index(word) + len(word), "label": label}
        for label, word in WORDS.items()
    ]
    rows = (
        json.dumps({"text": f"{TEXT} {n}", "spans": spans, "id": f"{n}"}) for n in range(20)
    )
    (tmp_path / "mine.jsonl").write_text("\n".join(rows), encoding="utf8")
    convert("custom", tmp_path / "mine.jsonl", tmp_path / "corpus", language="en")
    return tmp_path / "corpus"


def save(nlp, folder):
    train(nlp, make_examples(nlp.vocab), updates=1)
    nlp.to_disk(folder)
    return folder


@pytest.fixture
def source(tmp_path):
    """A pipeline with the labels DNA, cell and protein."""
    return save(make_nlp(), tmp_path / "source")


def begin(config, corpus, source, tmp_path, **options):
    """The pipeline of the fitted config, before its training."""
    out = tmp_path / "config.cfg"
    configure(config, corpus, out, source=source, **options)
    return init_nlp(load_config(out, interpolate=False))


def encoder_of(nlp):
    return nlp.get_pipe("nested_spancat").model.get_ref("tok2vec").to_bytes()


def test_the_pipe_keeps_its_encoder_and_has_the_labels_of_the_corpus(corpus, source, tmp_path):
    nlp = begin(TOK2VEC, corpus, source, tmp_path)
    assert nlp.get_pipe("nested_spancat").labels == ("protein", "part")
    assert encoder_of(nlp) == encoder_of(spacy.load(source))


def rate_of(file):
    return load_config(file)["training"]["optimizer"]["learn_rate"]["initial_rate"]


def test_the_learn_rate_is_lower_once_and_not_for_a_pretrained_encoder(
    corpus, source, tmp_path, request
):
    first, again, own, pretrained = (tmp_path / name for name in ("1", "2", "3", "4"))
    configure(TOK2VEC, corpus, first, source=source)
    configure(first, corpus, again, source=source)
    assert (rate_of(first), rate_of(again)) == (0.0012, 0.0012)
    rate = {"training.optimizer.learn_rate.initial_rate": 0.002}
    configure(TOK2VEC, corpus, own, source=source, overrides=rate)
    assert rate_of(own) == 0.002
    over_bert = save(make_pipeline(inline_hugging_face, request), tmp_path / "over_bert")
    configure(TRANSFORMER, corpus, pretrained, source=over_bert)
    assert rate_of(pretrained) == rate_of(TRANSFORMER)
    dropout = [load_config(file)["training"]["dropout"] for file in (pretrained, TRANSFORMER)]
    assert dropout[0] == dropout[1]


def test_the_trained_pipeline_stands_alone_and_its_card_names_the_source(
    corpus, source, tmp_path
):
    meta = json.loads((source / "meta.json").read_text(encoding="utf8"))
    meta.update(name="genes", version="1.2.3", license="cc-by-4.0")
    (source / "meta.json").write_text(json.dumps(meta), encoding="utf8")
    few = {"training.max_steps": 40, "training.eval_frequency": 20}
    nlp = begin(TOK2VEC, corpus, source, tmp_path, overrides=few)
    spacy_train(nlp, tmp_path / "trained")
    source.rename(tmp_path / "elsewhere")
    trained = spacy.load(tmp_path / "trained" / "model-best")
    doc = trained(TEXT)
    assert {span.label_: span.text for span in doc.spans["sc"]} == WORDS
    assert "`en_genes` 1.2.3 (licence: cc-by-4.0)" in trained.meta["notes"]
    assert "DNA" not in trained.meta["description"]


@pytest.mark.parametrize("encoder", [tok2vec_listener, *PRETRAINED])
def test_a_shared_encoder_becomes_part_of_a_pipe_with_another_name(
    encoder, corpus, tmp_path, request
):
    nlp = make_pipeline(encoder, request)
    nlp.rename_pipe("nested_spancat", "mentions")
    source = save(nlp, tmp_path / "source")
    config = TOK2VEC if encoder is tok2vec_listener else TRANSFORMER
    begun = begin(config, corpus, source, tmp_path)
    assert begun.pipe_names == ["nested_spancat"]
    pipe, old = begun.get_pipe("nested_spancat"), nlp.get_pipe("mentions")
    doc = nlp.make_doc(TEXT)
    for name, shared in nlp.pipeline:
        if name != "mentions":
            shared.set_annotations([doc], shared.predict([doc]))
    (expected,) = old.model.get_ref("tok2vec").predict([doc])
    (vectors,) = pipe.model.get_ref("tok2vec").predict([begun.make_doc(TEXT)])
    assert vectors == pytest.approx(expected, abs=1e-5)


def test_the_callback_of_the_config_runs_too(corpus, tmp_path, request):
    source = save(make_pipeline(inline_hugging_face, request), tmp_path / "source")
    nlp = begin(TRANSFORMER, corpus, source, tmp_path)
    pipe = nlp.get_pipe("nested_spancat")
    (shim,) = [s for node in pipe.model.walk() for s in node.shims if hasattr(s, "slot")]
    words = shim.slot.built.module.get_input_embeddings()
    assert pipe.labels == ("protein", "part")
    assert not words.weight.requires_grad  # freeze_word_embeddings
    # a second configure takes the callbacks of the first as they are
    first, again = tmp_path / "config.cfg", tmp_path / "again.cfg"
    configure(first, corpus, again, source=source)
    sections = [load_config(file)["initialize"]["after_init"] for file in (first, again)]
    assert sections[0] == sections[1]


def test_an_encoder_finds_the_word_vectors_of_its_pipeline(corpus, source, tmp_path):
    vectors = numpy.random.default_rng(0).normal(size=(2, 8)).astype("f")
    nlp = spacy.blank("en")
    nlp.vocab.vectors = Vectors(data=vectors, keys=["ZED", "leaks"], strings=nlp.vocab.strings)
    embed = {"@architectures": "spacy.MultiHashEmbed.v2", "width": 32, "rows": [100]}
    embed.update(attrs=["NORM"], include_static_vectors=True)
    encode = {"@architectures": "spacy.MaxoutWindowEncoder.v2", "width": 32, "depth": 1}
    encode.update(window_size=1, maxout_pieces=2)
    tok2vec = {"@architectures": "spacy.Tok2Vec.v2", "embed": embed, "encode": encode}
    scorer = {"@architectures": "spacy_nested_ner.GlobalPointer.v1", "tok2vec": tok2vec}
    nlp.add_pipe("nested_spancat", config={"model": scorer})
    begun = begin(TOK2VEC, corpus, save(nlp, tmp_path / "with-vectors"), tmp_path)
    encoders = [
        (one, one.get_pipe("nested_spancat").model.get_ref("tok2vec")) for one in (nlp, begun)
    ]
    of_source, of_begun = (
        encoder.predict([one.make_doc("ZED leaks")]) for one, encoder in encoders
    )
    assert of_begun[0] == pytest.approx(of_source[0], abs=1e-5)
    assert begun.vocab.has_vector("leaks")
    # with another source its vectors have no use
    first = load_config(tmp_path / "config.cfg")
    assert first["initialize"]["vectors"] == str(tmp_path / "with-vectors")
    configure(tmp_path / "config.cfg", corpus, tmp_path / "again.cfg", source=source)
    assert load_config(tmp_path / "again.cfg")["initialize"]["vectors"] is None


def test_a_source_and_predicted_texts_go_together(corpus, source, tmp_path):
    predicted = corpus / "train.spacy"
    nlp = begin(TOK2VEC, corpus, source, tmp_path, predicted=predicted)
    assert nlp.config["corpora"]["train"]["predicted"]
    # also if the config has its source already
    out = tmp_path / "again.cfg"
    again = configure(tmp_path / "config.cfg", corpus, out, predicted=predicted).config
    assert again["components"] == load_config(tmp_path / "config.cfg")["components"]


def test_a_config_that_is_fitted_again_keeps_the_facts_of_its_source(corpus, source, tmp_path):
    first, again = tmp_path / "config.cfg", tmp_path / "again.cfg"
    cards = [
        configure(config, corpus, out, **options).config["training"]["before_to_disk"]
        for config, out, options in (
            (TOK2VEC, first, {"source": source}),
            (first, again, {}),
        )
    ]
    assert cards[0]["source"]["labels"] == ["DNA", "cell", "protein"]
    assert cards[1]["source"] == cards[0]["source"]


def test_a_path_of_that_name_alone_is_no_source(corpus, tmp_path):
    config = load_config(TOK2VEC, interpolate=False)
    config["paths"]["source"] = "notes.txt"
    config.to_disk(tmp_path / "mine.cfg", interpolate=False)
    fitted = configure(tmp_path / "mine.cfg", corpus, tmp_path / "config.cfg").config
    assert "source" not in fitted["components"]["nested_spancat"]


@pytest.mark.parametrize(("label", "lost"), [("DNA", "cell"), ("", None)])
def test_a_label_that_was_not_annotated_is_not_said_to_be_lost(
    label, lost, corpus, source, tmp_path
):
    docs = list(DocBin().from_disk(corpus / "train.spacy").get_docs(Vocab()))
    docs[0].spans["sc_unannotated"] = [Span(docs[0], 0, 2, label)]
    DocBin(docs=docs).to_disk(corpus / "train.spacy")
    result = configure(TOK2VEC, corpus, tmp_path / "config.cfg", source=source)
    said = "".join(str(block) for block in result.blocks() if "loses" in str(block))
    assert said == (
        f"Labels that it loses: {lost}; the corpus has none of them" if lost else ""
    )


def test_predicted_spans_may_have_a_label_that_was_not_annotated(corpus, source, tmp_path):
    docs = list(DocBin().from_disk(corpus / "train.spacy").get_docs(Vocab()))
    DocBin(docs=docs).to_disk(tmp_path / "predicted.spacy")
    for doc in docs:
        doc.spans["sc_unannotated"] = [s for s in doc.spans["sc"] if s.label_ == "part"]
        doc.spans["sc"] = [s for s in doc.spans["sc"] if s.label_ != "part"]
    DocBin(docs=docs).to_disk(corpus / "train.spacy")
    report = json.loads((corpus / "report.json").read_text(encoding="utf8"))
    del report["parts"]["train"]["labels"]["part"]
    (corpus / "report.json").write_text(json.dumps(report), encoding="utf8")
    nlp = begin(TOK2VEC, corpus, None, tmp_path, predicted=tmp_path / "predicted.spacy")
    assert nlp.get_pipe("nested_spancat").labels == ("part", "protein")


@pytest.mark.slow
def test_cross_validation_finds_the_spans_key_of_the_source(corpus, source, tmp_path):
    few = {"training.max_steps": 4, "training.eval_frequency": 4}
    configure(TOK2VEC, corpus, tmp_path / "config.cfg", source=source, overrides=few)
    result = evaluate(tmp_path / "config.cfg", corpus, cross_validate=3)
    assert "components.nested_spancat.source" in str(result)


def test_the_command_takes_a_source(corpus, source, tmp_path, monkeypatch, capsys):
    command = ["spacy-nested-ner", "configure", TOK2VEC, corpus, tmp_path / "config.cfg"]
    monkeypatch.setattr(sys, "argv", [*map(str, command), "--source", str(source)])
    with pytest.raises(SystemExit) as exit:
        main()
    assert exit.value.code == 0
    said = capsys.readouterr().out
    assert str(source) in " ".join(said.split())
    assert "DNA, cell" in said  # go
    assert ": part" in said  # is new
    assert "0.0012" in said
    assert load_config(tmp_path / "config.cfg")["paths"]["source"] == str(source)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"encoder": "bert"}, "encoder comes from"),
        ({"raw_text": "texts.jsonl"}, "encoder comes from"),
        (
            {"overrides": {"components.nested_spancat.threshold": 0.3}},
            "nested_spancat.threshold",
        ),
        ({"source": "nowhere"}, "nowhere"),
    ],
)
def test_what_does_not_go_with_a_source_is_refused(options, message, corpus, source, tmp_path):
    out = tmp_path / "config.cfg"
    with pytest.raises(UserError, match=message):
        configure(TOK2VEC, corpus, out, **{"source": source, **options})
    assert not out.exists()


def test_the_source_is_not_overwritten(corpus, source):
    before = (source / "config.cfg").read_bytes()
    with pytest.raises(UserError, match="lies in"):
        configure(TOK2VEC, corpus, source / "config.cfg", source=source)
    assert (source / "config.cfg").read_bytes() == before


def test_a_pipeline_that_does_not_fit_is_refused(corpus, tmp_path, request):
    untrained, other_key, two, none, german, pretrained = (
        tmp_path / name
        for name in ("untrained", "other_key", "two", "none", "german", "pretrained")
    )
    make_nlp().to_disk(untrained)
    nlp = make_nlp(spans_key="mine")
    train(nlp, make_examples(nlp.vocab, spans_key="mine"), updates=1)
    nlp.to_disk(other_key)
    nlp = make_nlp()
    nlp.add_pipe("nested_spancat", name="second", config={"spans_key": "other"})
    examples = make_examples(nlp.vocab)
    for eg in examples:
        eg.reference.spans["other"] = eg.reference.spans["sc"]
    train(nlp, examples, updates=1)
    nlp.to_disk(two)
    spacy.blank("en").to_disk(none)
    save(make_nlp(lang="de"), german)
    save(make_pipeline(hugging_face_listener, request), pretrained)
    for source, message in (
        (untrained, "no weights"),
        (other_key, r"doc\.spans\['mine'\]"),
        (two, "nested_spancat, second"),
        (none, "none"),
        (german, "language 'de'"),
        (pretrained, r"configs/transformer\.cfg"),
    ):
        out = tmp_path / "config.cfg"
        with pytest.raises(UserError, match=message):
            configure(TOK2VEC, corpus, out, source=source)
        assert not out.exists()
    source = save(make_nlp(), tmp_path / "scratch")
    with pytest.raises(UserError, match=r"configs/tok2vec\.cfg"):
        configure(TRANSFORMER, corpus, tmp_path / "config.cfg", source=source)


def test_an_encoder_in_onnxruntime_is_refused(corpus, tmp_path, request):
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    if "dynamic_shapes" not in signature(torch.onnx.export).parameters:
        pytest.skip("this PyTorch does not export with dynamic shapes")
    source = save(make_pipeline(inline_hugging_face, request), tmp_path / "source")
    export_runtime(source, tmp_path / "onnx")
    with pytest.raises(UserError, match="onnxruntime"):
        configure(TRANSFORMER, corpus, tmp_path / "config.cfg", source=tmp_path / "onnx")
