"""Training goes on from a trained pipeline: every config, every way of spaCy."""

import warnings

import pytest
import spacy
import torch
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example
from spacy.training.initialize import init_nlp
from spacy.util import load_config, load_model_from_config

from tests.conftest import ROOT
from tests.pipelines import SENTENCES, TINY_ENCODER, make_examples, make_nlp, spans_of, train


@pytest.fixture(params=["spancat", "tok2vec"])
def nlp(request):
    """The pipeline of a shipped config with a smaller scorer and encoder widths as they are."""
    return load_model_from_config(load_config(ROOT / "configs" / f"{request.param}.cfg"))


def examples_of(nlp):
    return make_examples(nlp.vocab, SENTENCES[:2])


def test_every_config_makes_an_optimizer_without_the_rest_of_the_config():
    for path in sorted((ROOT / "configs").glob("*.cfg")):
        nlp = spacy.blank("en")
        nlp.config["training"] = load_config(path, interpolate=False)["training"]
        assert nlp.create_optimizer().learn_rate >= 0.0
        assert nlp.resume_training().learn_rate >= 0.0


def test_no_config_refers_to_a_component_by_its_name():
    for path in sorted((ROOT / "configs").glob("*.cfg")):
        assert "${components." not in path.read_text(encoding="utf8")


def test_a_config_initialises_updates_without_an_optimizer_and_takes_a_new_name(nlp, tmp_path):
    examples = examples_of(nlp)
    nlp.initialize(lambda: examples)
    assert all(value > 0 for value in nlp.update(examples).values())
    (old,) = nlp.pipe_names
    nlp.rename_pipe(old, "mentions")
    nlp.to_disk(tmp_path / "renamed")
    loaded = spacy.load(tmp_path / "renamed")
    assert loaded.pipe_names == ["mentions"]
    text = examples[0].reference.text
    assert spans_of(loaded(text)) == spans_of(nlp(text))
    loaded.resume_training()
    assert loaded.update(examples_of(loaded))["mentions"] > 0


def test_a_document_without_the_key_gives_no_gradient_and_one_warning():
    nlp = make_nlp()
    nlp.initialize(lambda: make_examples(nlp.vocab))
    examples = make_examples(nlp.vocab, SENTENCES[:1])
    del examples[0].reference.spans["sc"]
    pipe = nlp.get_pipe("nested_spancat")
    scores, _ = pipe.model.begin_update([examples[0].predicted])
    loss, d_scores = pipe.get_loss(examples, scores)
    assert loss == 0.0
    assert (d_scores == 0).all()
    with pytest.warns(UserWarning, match="1 of 1"):
        nlp.update(examples)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        nlp.update(examples)


def test_what_was_not_annotated_survives_a_docbin():
    nlp = make_nlp()
    doc = make_examples(nlp.vocab)[0].reference
    doc.spans["sc_unannotated"] = [Span(doc, 0, 2), Span(doc, 2, 3, "DNA")]
    data = DocBin(docs=[doc]).to_bytes()
    (back,) = DocBin().from_bytes(data).get_docs(nlp.vocab)
    regions = [(s.start, s.end, s.label_) for s in back.spans["sc_unannotated"]]
    assert regions == [(0, 2, ""), (2, 3, "DNA")]


@pytest.mark.parametrize("efficient", [False, True])
@pytest.mark.parametrize("linear_terms", [False, True])
def test_a_new_label_leaves_the_scores_of_the_others(efficient, linear_terms, tmp_path):
    nlp = make_nlp(model={"efficient": efficient, "linear_terms": linear_terms})
    examples = make_examples(nlp.vocab)
    optimizer = nlp.initialize(lambda: examples)
    nlp.update(examples, sgd=optimizer)
    pipe = nlp.get_pipe("nested_spancat")
    docs = [eg.predicted for eg in examples]
    before = pipe.model.predict(docs).dense()
    assert (pipe.add_label("gene"), pipe.add_label("gene")) == (1, 0)
    after = pipe.model.predict(docs).dense()
    assert after.shape[-1] == before.shape[-1] + 1
    assert torch.allclose(after[..., :-1], before, atol=1e-6)
    # goes on with the optimizer, whose moments have the former shape
    gold = examples[0].reference
    gold.spans["sc"] = [*gold.spans["sc"], Span(gold, 2, 3, "gene")]
    nlp.update(examples, sgd=optimizer)
    assert not torch.allclose(pipe.model.predict(docs).dense()[..., :-1], before, atol=1e-6)
    nlp.to_disk(tmp_path / "grown")
    loaded = spacy.load(tmp_path / "grown").get_pipe("nested_spancat")
    assert loaded.labels == ("DNA", "cell", "protein", "gene")
    assert torch.equal(loaded.model.predict(docs).dense(), pipe.model.predict(docs).dense())


@pytest.mark.parametrize("efficient", [False, True])
@pytest.mark.parametrize("linear_terms", [False, True])
def test_a_removed_label_leaves_the_scores_of_the_others(efficient, linear_terms, tmp_path):
    settings = {"thresholds": [["cell", 0.2], ["DNA", 0.3]], "temperatures": [["cell", 2.0]]}
    nlp = make_nlp(model={"efficient": efficient, "linear_terms": linear_terms}, **settings)
    examples = make_examples(nlp.vocab)
    optimizer = nlp.initialize(lambda: examples)
    pipe = nlp.get_pipe("nested_spancat")
    docs = [eg.predicted for eg in examples]
    before = pipe.model.predict(docs).dense()
    pipe.drop_labels(["cell"])
    assert pipe.labels == ("DNA", "protein")
    assert (pipe.thresholds, pipe.temperatures) == ({"DNA": 0.3}, {})
    after = pipe.model.predict(docs).dense()
    assert torch.allclose(after, before[..., [0, 2]], atol=1e-6)
    assert (pipe.add_label("cell"), pipe.labels) == (1, ("DNA", "protein", "cell"))
    nlp.update(examples, sgd=optimizer)
    assert not torch.allclose(pipe.model.predict(docs).dense()[..., :2], after, atol=1e-6)


LONG = ("a b c d e f g", [(0, 6, "gene"), (1, 2, "DNA")])


def grow(folder, examples, caplog, callback, **settings):
    """The pipeline that begins with a pipe for DNA and protein and trains on the examples."""
    nlp = make_nlp(**settings)
    train(nlp, make_examples(nlp.vocab, SENTENCES[:1]), updates=1)
    nlp.to_disk(folder / "trained")
    DocBin(docs=[eg.reference for eg in examples]).to_disk(folder / "train.spacy")
    config = nlp.config.copy()
    config["components"] = {"nested_spancat": {"source": str(folder / "trained")}}
    config["paths"].update(train=str(folder / "train.spacy"), dev=str(folder / "train.spacy"))
    grow_pipes = {"@callbacks": "spacy_nested_ner.grow_pipes.v1", **callback}
    config["initialize"]["after_init"] = grow_pipes
    with caplog.at_level("INFO", logger="spacy"):
        return init_nlp(config)


def test_spacy_train_grows_a_sourced_pipe_by_labels_and_width(tmp_path, caplog):
    examples = make_examples(spacy.blank("en").vocab, [LONG])
    grown = grow(tmp_path, examples, caplog, {})
    pipe = grown.get_pipe("nested_spancat")
    assert pipe.labels == ("DNA", "protein", "gene")
    assert "gene" in caplog.text
    assert "6 tokens" in caplog.text
    grown.update(make_examples(grown.vocab, [LONG]))


def test_a_sourced_pipe_drops_the_labels_that_the_training_data_does_not_have(tmp_path, caplog):
    examples = make_examples(spacy.blank("en").vocab, [LONG])
    thresholds = {"thresholds": [["protein", 0.2], ["DNA", 0.3]]}
    nlp = grow(tmp_path, examples, caplog, {"drop_labels": True}, **thresholds)
    assert nlp.get_pipe("nested_spancat").labels == ("DNA", "gene")
    assert "removed labels: protein" in caplog.text
    nlp.update(make_examples(nlp.vocab, [LONG]))
    nlp.to_disk(tmp_path / "grown")
    loaded = spacy.load(tmp_path / "grown")
    pipe = loaded.get_pipe("nested_spancat")
    assert (pipe.labels, pipe.thresholds) == (("DNA", "gene"), {"DNA": 0.3})
    assert spans_of(loaded(LONG[0])) == spans_of(nlp(LONG[0]))


def test_a_removed_label_with_a_dollar_sign_takes_its_threshold_along(tmp_path):
    """spaCy doubles the dollar signs of a config each time it saves it."""
    settings = {"thresholds": [["US$", 0.2], ["DNA", 0.3]], "temperatures": [["US$", 2.0]]}
    nlp = make_nlp(**settings)
    examples = make_examples(
        nlp.vocab, [("IL-2 costs one dollar", [(0, 1, "DNA"), (2, 4, "US$")])]
    )
    train(nlp, examples, updates=1)
    nlp.to_disk(tmp_path / "trained")
    loaded = spacy.load(tmp_path / "trained")
    loaded.get_pipe("nested_spancat").drop_labels(["US$"])
    loaded.to_disk(tmp_path / "dropped")
    for one in (loaded, spacy.load(tmp_path / "dropped")):
        pipe = one.get_pipe("nested_spancat")
        assert (pipe.labels, pipe.thresholds, pipe.temperatures) == (("DNA",), {"DNA": 0.3}, {})
        one("IL-2 costs one dollar")


def test_a_removed_label_leaves_no_threshold_that_a_variable_of_the_config_sets(tmp_path):
    config = make_nlp().config.copy()
    config["vars"] = {"cell": [["cell", 0.2], ["DNA", 0.3]]}
    config["components"]["nested_spancat"]["thresholds"] = "${vars.cell}"
    nlp = load_model_from_config(config)
    train(nlp, make_examples(nlp.vocab), updates=1)
    nlp.get_pipe("nested_spancat").drop_labels(["cell"])
    nlp.to_disk(tmp_path)
    assert spacy.load(tmp_path).get_pipe("nested_spancat").thresholds == {"DNA": 0.3}


@pytest.mark.parametrize("group", ["sc_unannotated", "sc_rejected"])
@pytest.mark.parametrize("label", ["protein", ""])
def test_a_label_that_a_mark_names_is_not_dropped(group, label, tmp_path, caplog):
    examples = make_examples(spacy.blank("en").vocab, [LONG])
    reference = examples[0].reference
    reference.spans[group] = [Span(reference, 0, 2, label)]
    nlp = grow(tmp_path, examples, caplog, {"drop_labels": True})
    assert nlp.get_pipe("nested_spancat").labels == ("DNA", "protein", "gene")


def test_a_gold_span_inside_a_token_gives_one_warning(tmp_path, caplog):
    examples = make_examples(spacy.blank("en").vocab, [LONG])
    doc = Doc(examples[0].reference.vocab, words=["ZED", "7"], spaces=[False, False])
    doc.spans["sc"] = [Span(doc, 0, 1, "gene")]  # ZED7 is one token of the pipeline
    examples.append(Example(doc, doc))
    with pytest.warns(UserWarning, match="1 of 3") as warned:
        grow(tmp_path, examples, caplog, {"drop_labels": True})
    assert len(warned) == 1


def test_no_label_is_dropped_for_data_without_a_gold_span(tmp_path, caplog):
    examples = make_examples(spacy.blank("en").vocab, [("a b c", [])])
    with pytest.raises(ValueError, match="No gold span"):
        grow(tmp_path, examples, caplog, {"drop_labels": True})


def test_a_listener_without_its_tok2vec_is_refused():
    nlp = spacy.blank("en")
    nlp.add_pipe("tok2vec", config={"model": TINY_ENCODER})
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": 32, "upstream": "*"}
    scorer = {"@architectures": "spacy_nested_ner.GlobalPointer.v1", "tok2vec": listener}
    nlp.add_pipe("nested_spancat", config={"model": scorer})
    nlp.initialize(lambda: make_examples(nlp.vocab))
    assert "sc" in nlp("ZED binds").spans
    assert "sc" in nlp("").spans
    with nlp.select_pipes(disable=["tok2vec"]), pytest.raises(ValueError, match="tok2vec"):
        nlp("ZED binds")
