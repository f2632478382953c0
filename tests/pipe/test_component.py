"""The pipe as a user of spaCy meets it."""

import logging
import re
import warnings

import numpy
import pytest
import spacy
from spacy.tokens import Doc, Span
from spacy.training import Example
from spacy.vocab import Vocab
from thinc.api import ConfigValidationError

from spacy_nested_ner.losses.span_losses import BinaryCrossEntropy
from spacy_nested_ner.pipe import one_time_warnings
from spacy_nested_ner.pipe.component import NestedSpanCategorizer
from spacy_nested_ner.pipe.no_prediction_warning import warn_of_no_prediction
from tests.pipelines import SENTENCES, make_examples, make_nlp, spans_of, train


@pytest.fixture(scope="module")
def trained():
    nlp = make_nlp()
    examples = make_examples(nlp.vocab)
    train(nlp, examples)
    return nlp


def words(nlp, i: int) -> Doc:
    return Doc(nlp.vocab, words=SENTENCES[i][0].split())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "loss"),
    [
        ({}, {"@losses": "spacy_nested_ner.EMC.v1"}),
        ({"max_span_width": None, "rope": False}, {"@losses": "spacy_nested_ner.EMC.v1"}),
        ({"efficient": True}, {"@losses": "spacy_nested_ner.EIoUEMC.v1", "beta": 0.3}),
        (
            {"max_span_width": 4, "mixed_precision": "bfloat16"},
            {"@losses": "spacy_nested_ner.EMC.v1"},
        ),
        ({}, {"@losses": "spacy_nested_ner.BinaryCrossEntropy.v1"}),
    ],
)
def test_it_learns_nested_and_same_label_nested_spans_to_the_exact_set(model, loss):
    nlp = make_nlp(model=model, loss=loss)
    examples = make_examples(nlp.vocab)
    optimizer = nlp.initialize(lambda: examples)
    untrained = [set(spans_of(nlp(words(nlp, i)))) for i in range(len(SENTENCES))]
    assert untrained != [set(spans) for _, spans in SENTENCES]
    del optimizer
    train(nlp, examples, updates=120)
    for i, (_, gold) in enumerate(SENTENCES):
        assert sorted(spans_of(nlp(words(nlp, i)))) == sorted(gold)


def test_spans_stand_in_document_order_with_a_probability_each(trained):
    for i, (_, gold) in enumerate(SENTENCES):
        doc = trained(words(trained, i))
        assert spans_of(doc) == sorted(gold, key=lambda s: (s[0], -s[1], s[2]))
        scores = doc.spans["sc"].attrs["scores"]
        assert scores.shape == (len(gold),)
        assert scores.dtype == numpy.float32
        assert all(0.5 < p <= 1.0 for p in scores)


def test_a_document_without_spans_or_tokens_gets_an_empty_group(trained):
    for doc in (words(trained, 2), Doc(trained.vocab)):
        doc = trained(doc)
        assert "sc" in doc.spans
        assert len(doc.spans["sc"]) == 0
        assert doc.spans["sc"].attrs["scores"].shape == (0,)


def test_the_gold_group_of_earlier_pipes_is_replaced_not_extended(trained):
    doc = words(trained, 4)
    doc.spans["sc"] = [Span(doc, 0, 1, label="old")]
    assert spans_of(trained(doc)) == [(0, 1, "protein")]


def test_documents_may_have_a_vocabulary_of_their_own(trained):
    words = [text.split() for text, _ in SENTENCES]
    docs = [trained(Doc(trained.vocab, some)) for some in words]
    of_others = [trained(Doc(spacy.blank("en").vocab, some)) for some in words]
    assert [spans_of(doc) for doc in of_others] == [spans_of(doc) for doc in docs]
    assert any(spans_of(doc) for doc in docs)


def test_gold_documents_of_another_vocabulary_train_a_pipe():
    nlp = make_nlp()
    sentences = [("a worn impeller", [(1, 3, "other label"), (2, 3, "its part")])]
    (gold,) = make_examples(Vocab(), sentences)
    train(nlp, [Example(nlp.make_doc(gold.reference.text), gold.reference)])
    assert spans_of(nlp(gold.reference.text)) == sentences[0][1]


@pytest.mark.usefixtures("two_torch_threads")
def test_two_processes_predict_what_one_does(trained):
    # with one thread nothing could wait for the threads of the other process
    texts = [text for text, _ in SENTENCES] * 3
    one = [spans_of(doc) for doc in trained.pipe(texts)]
    two = [spans_of(doc) for doc in trained.pipe(texts, n_process=2, batch_size=4)]
    assert one == two
    assert any(one)


def test_threshold_is_a_probability():
    nlp = make_nlp()
    train(nlp, make_examples(nlp.vocab), updates=5)

    def predict(threshold):
        nlp.get_pipe("nested_spancat").threshold = threshold
        return nlp(words(nlp, 0)).spans["sc"].attrs["scores"]

    everything = predict(0.0)
    # 10 tokens, spans of up to 4, 3 labels
    assert len(everything) == (10 + 9 + 8 + 7) * 3
    assert len(predict(1.0)) == 0
    ordered = numpy.sort(everything)
    gap = numpy.diff(ordered).argmax()  # far from rounding
    kept = predict(float(ordered[gap : gap + 2].mean()))
    assert sorted(kept) == pytest.approx(ordered[gap + 1 :], abs=1e-6)
    assert 0 < len(kept) < len(everything)


def test_no_span_begins_or_ends_on_whitespace():
    nlp = make_nlp(threshold=0.0)
    nlp.initialize(lambda: make_examples(nlp.vocab))
    doc = nlp(Doc(nlp.vocab, words=["ZED", "  ", "gene", "\n"], spaces=[False] * 4))
    assert {(i, j) for i, j, _ in spans_of(doc)} == {(0, 1), (0, 3), (2, 3)}


def test_both_parts_of_the_loss_are_logged():
    nlp = make_nlp(loss={"@losses": "spacy_nested_ner.EIoUEMC.v1", "beta": 0.25})
    losses = train(nlp, make_examples(nlp.vocab), updates=2)
    for loss in losses:
        emc, eiou = loss["nested_spancat_emc"], loss["nested_spancat_eiou"]
        assert loss["nested_spancat"] == pytest.approx(0.25 * eiou + 0.75 * emc, rel=1e-4)
        assert emc > 0
        assert eiou > 0


def test_dropout_reaches_the_encoder_and_the_torch_module():
    nlp = make_nlp()
    examples = make_examples(nlp.vocab)
    train(nlp, examples, updates=0)
    without, with_dropout = (nlp.update(examples, drop=drop) for drop in (0.0, 0.8))
    assert with_dropout != pytest.approx(without, rel=0.01)
    pipe = nlp.get_pipe("nested_spancat")
    assert pipe.model.get_ref("head").attrs["dropout_rate"] == 0.8


def test_labels_are_found_sorted_or_taken_as_given():
    nlp = make_nlp()
    nlp.initialize(lambda: make_examples(nlp.vocab))
    assert nlp.get_pipe("nested_spancat").labels == ("DNA", "cell", "protein")
    nlp = make_nlp()
    pipe = nlp.get_pipe("nested_spancat")
    given = ["protein", "cell", "DNA", "RNA"]
    pipe.initialize(lambda: make_examples(nlp.vocab), labels=given)
    assert pipe.label_data == given


def test_a_label_missing_from_the_given_ones_is_named():
    nlp = make_nlp()
    pipe = nlp.get_pipe("nested_spancat")
    with pytest.raises(ValueError, match=r"\['cell'\].*\['protein', 'DNA'\]"):
        pipe.initialize(lambda: make_examples(nlp.vocab), labels=["protein", "DNA"])
    with pytest.raises(ValueError, match=r"\['DNA', 'cell', 'protein'\].*\[\]"):
        pipe.initialize(lambda: make_examples(nlp.vocab), labels=[])


def test_an_unknown_label_at_update_is_named():
    nlp = make_nlp()
    train(nlp, make_examples(nlp.vocab), updates=1)
    late = make_examples(nlp.vocab, [("a new virus", [(2, 3, "virus")])])
    with pytest.raises(ValueError, match=r"'virus'.*'virus'.*'DNA'"):
        nlp.update(late)


def test_an_empty_spans_key_names_the_keys_that_are_there():
    nlp = make_nlp()
    examples = make_examples(nlp.vocab, spans_key="entities")
    with pytest.raises(ValueError, match=r"doc.spans\['sc'\] in 5 .*'entities'.*spans_key"):
        nlp.initialize(lambda: examples)


def test_training_data_without_a_token_is_refused():
    nlp = make_nlp()
    with pytest.raises(ValueError, match=r"\b2 "):
        nlp.initialize(lambda: [Example(Doc(nlp.vocab), Doc(nlp.vocab))] * 2)


def test_a_width_below_the_widest_gold_span_is_refused():
    nlp = make_nlp(model={"max_span_width": 2})
    with pytest.raises(ValueError, match=r"max_span_width=2 .* 4 tokens"):
        nlp.initialize(lambda: make_examples(nlp.vocab))


def test_a_gold_span_wider_than_those_seen_at_initialisation_is_refused():
    nlp = make_nlp()
    train(nlp, make_examples(nlp.vocab), updates=1)
    wide = make_examples(nlp.vocab, [("a b c d e f", [(0, 6, "DNA")])])
    with pytest.raises(ValueError, match=r"'a b c d e f'.* 6 .* 4:"):
        nlp.update(wide)


def test_the_width_chosen_is_logged(caplog):
    nlp = make_nlp()
    with caplog.at_level(logging.INFO, logger="spacy"):
        nlp.initialize(lambda: make_examples(nlp.vocab))
    (line,) = (text for text in caplog.messages if "'resting human T cells'" in text)
    assert re.findall(r"\b\d+\b", line) == ["4", "4"]


def misaligned_examples(vocab: Vocab):
    """A gold span that ends inside a predicted token, one on whitespace, one that fits."""
    reference = Doc(
        vocab, words=["IL", "-2", "gene", " ", "."], spaces=[False, True, False, False, False]
    )
    reference.spans["sc"] = [
        Span(reference, 0, 1, label="protein"),
        Span(reference, 0, 3, label="DNA"),
        Span(reference, 2, 4, label="DNA"),
    ]
    predicted = Doc(vocab, words=["IL-2", "gene", " ", "."], spaces=[True, False, False, False])
    return [Example(predicted, reference)]


def test_gold_spans_out_of_reach_are_counted_with_an_example():
    nlp = make_nlp()
    examples = misaligned_examples(nlp.vocab)
    with pytest.warns(UserWarning, match=r"2 of 3 .*'IL' \(protein\)") as caught:
        nlp.initialize(lambda: examples)
    assert len([w for w in caught if "'IL'" in str(w.message)]) == 1


def test_misaligned_gold_spans_are_left_out_of_the_update():
    nlp = make_nlp()
    examples = misaligned_examples(nlp.vocab)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        train(nlp, examples, updates=40)
    assert spans_of(nlp(examples[0].predicted.copy())) == [(0, 2, "DNA")]


def test_no_prediction_is_explained_once_and_not_before_the_pipe_has_learned(monkeypatch):
    monkeypatch.setattr(one_time_warnings, "FEW_UPDATES", 3)
    nlp = make_nlp(threshold=1.0)
    examples = make_examples(nlp.vocab)
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(2):
        nlp.update(examples, sgd=optimizer)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        nlp.evaluate(examples)
    nlp.update(examples, sgd=optimizer)
    with pytest.warns(UserWarning, match=r" 5 .* 15 .* 1\.0:"):
        nlp.evaluate(examples)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        nlp.evaluate(examples)


def test_a_loaded_pipe_explains_no_prediction_at_once(tmp_path):
    nlp = make_nlp(threshold=1.0)
    examples = make_examples(nlp.vocab)
    train(nlp, examples, updates=1)
    nlp.to_disk(tmp_path)
    with pytest.warns(UserWarning, match=r"no span in 5 "):
        spacy.load(tmp_path).evaluate(examples)


def test_a_pipe_that_did_not_run_gives_a_warning_about_the_order(trained):
    loaded = make_nlp().from_bytes(trained.to_bytes())
    with pytest.warns(UserWarning, match=r"\b5 .*\b15 "):
        loaded.get_pipe("nested_spancat").score(make_examples(loaded.vocab))


def test_scores_and_their_weight_follow_the_spans_key():
    nlp = make_nlp(spans_key="medical")
    examples = make_examples(nlp.vocab, spans_key="medical")
    train(nlp, examples, updates=40)
    weights = nlp.config["training"]["score_weights"]
    assert weights["spans_medical_f"] == 1.0
    assert not weights.get("spans_sc_f")
    assert nlp.evaluate(examples)["spans_medical_f"] == 1.0


def test_score_weights_that_the_user_set_stay():
    nlp = make_nlp(spans_key="medical")
    nlp.config["training"]["score_weights"].update({"spans_medical_r": 1.0, "spans_sc_f": None})
    examples = make_examples(nlp.vocab, spans_key="medical")
    nlp.initialize(lambda: examples)
    weights = nlp.config["training"]["score_weights"]
    assert weights["spans_medical_r"] == 1.0
    assert "spans_medical_f" not in weights


def test_update_without_tokens_is_no_update():
    nlp = make_nlp()
    train(nlp, make_examples(nlp.vocab), updates=1)
    empty = Example(Doc(nlp.vocab), Doc(nlp.vocab))
    assert nlp.update([empty]) == {"nested_spancat": 0.0}


def test_an_empty_document_in_a_batch_is_passed_over():
    nlp = make_nlp()
    examples = [*make_examples(nlp.vocab), Example(Doc(nlp.vocab), Doc(nlp.vocab))]
    train(nlp, examples, updates=30)
    assert spans_of(nlp(words(nlp, 4))) == [(0, 1, "protein")]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"threshold": 1.5}, "threshold=1.5 "),
        ({"thresholds": [["cell", -0.5]]}, r"thresholds\['cell'\]=-0.5 "),
        ({"thresholds": [["cell", "0.5"]]}, r"thresholds\['cell'\]='0.5' "),
        ({"thresholds": [["cell"]]}, r"thresholds .*\['cell'\]"),
        ({"thresholds": [["a", 0.5], ["a", 0.5]]}, "thresholds .*'a'"),
        ({"temperatures": [["cell", 0]]}, r"temperatures\['cell'\]=0 "),
        ({"max_depth": 0}, "max_depth=0 "),
        ({"overlap": "none"}, "overlap"),
        ({"prefer": "score"}, "prefer"),
        ({"ents": "flat"}, "ents"),
        ({"learn_rate_scale": 0.0}, "learn_rate_scale=0.0 "),
    ],
)
def test_settings_that_cannot_work_are_refused(settings, message):
    with pytest.raises(ConfigValidationError, match=message):
        make_nlp(**settings)


@pytest.mark.parametrize("name", ["overlap", "prefer", "ents"])
def test_a_pipe_that_is_made_without_a_config_refuses_an_unknown_choice_too(trained, name):
    pipe = trained.get_pipe("nested_spancat")
    with pytest.raises(ValueError, match=f'{name}=.sum. .*"(flat|length)"'):
        NestedSpanCategorizer(pipe.vocab, pipe.model, loss=pipe.loss, **{name: "sum"})


def test_labels_have_their_own_thresholds_and_temperatures():
    nlp = make_nlp(threshold=0.0)
    examples = make_examples(nlp.vocab)
    train(nlp, examples, updates=20)
    pipe = nlp.get_pipe("nested_spancat")

    def predict():
        doc = nlp(words(nlp, 0))
        return dict(zip(spans_of(doc), doc.spans["sc"].attrs["scores"].tolist()))

    plain = predict()
    pipe.thresholds = {"cell": 1.0, "DNA": 0.4}
    pipe.temperatures = {"DNA": 2.0}
    expected = {}
    for span, p in plain.items():
        if span[2] == "DNA":
            p = 1 / (1 + numpy.exp(-numpy.log(p / (1 - p)) / 2))
        if p > {"cell": 1.0, "DNA": 0.4, "protein": 0.0}[span[2]]:
            expected[span] = p
    # 1 - p has few digits where p is a float32 near 1
    assert predict() == pytest.approx(expected, abs=1e-3)
    assert 0 < sum(span[2] == "DNA" for span in expected) < len(plain) / 3


def triples(group):
    return [(span.start, span.end, span.label_) for span in group]


@pytest.mark.parametrize("setting", ["thresholds", "temperatures"])
def test_a_setting_of_an_unknown_label_is_an_error_when_labels_are_known(setting):
    nlp = make_nlp(**{setting: [["virus", 0.5]]})
    message = rf"{setting} .*'virus', .*\['DNA', 'cell', 'protein'\]"
    with pytest.raises(ConfigValidationError, match=message):
        nlp.initialize(lambda: make_examples(nlp.vocab))
    nlp = make_nlp()
    train(nlp, make_examples(nlp.vocab), updates=1)
    setattr(nlp.get_pipe("nested_spancat"), setting, {"virus": 0.5})
    with pytest.raises(ValueError, match=message):
        nlp(words(nlp, 0))


def test_the_policy_chooses_among_the_spans_that_do_not_touch_whitespace():
    """The longest span of all begins with a blank: it is in nobody's way."""
    nlp = make_nlp(threshold=0.0, overlap="flat", prefer="length")
    nlp.initialize(lambda: make_examples(nlp.vocab))
    doc = Doc(nlp.vocab, words=["  ", "ZED", "gene", "\n"], spaces=[False] * 4)
    assert [(span.start, span.end) for span in nlp(doc).spans["sc"]] == [(1, 3)]


@pytest.mark.parametrize(
    ("settings", "n_labels"),
    [
        ({"overlap": "flat", "prefer": "length"}, 1),
        ({"overlap": "nested", "prefer": "length", "max_depth": 1}, 3),
    ],
)
def test_a_policy_of_the_config_counts(settings, n_labels):
    nlp = make_nlp(threshold=0.0, **settings)
    nlp.initialize(lambda: make_examples(nlp.vocab))
    doc = nlp(words(nlp, 0))
    spans = triples(doc.spans["sc"])
    places = {(i, j) for i, j, _ in spans}
    # where every span may be chosen, the outermost ones that do not cross leave no token out
    assert sorted(t for i, j in places for t in range(i, j)) == [*range(10)]
    assert len(spans) == n_labels * len(places)
    assert doc.spans["sc"].attrs["scores"].shape == (len(spans),)


def test_a_maximum_depth_counts_without_a_policy_on_overlap():
    nlp = make_nlp(threshold=0.0, max_depth=1)
    nlp.initialize(lambda: make_examples(nlp.vocab))
    spans = spans_of(nlp(words(nlp, 0)))
    # spans of the greatest width, 4 of 10 tokens, lie in no other one
    assert [(i, j) for i, j, _ in spans] == [(i, i + 4) for i in range(7) for _ in range(3)]


def test_policies_and_entities_do_not_depend_on_the_batch_size():
    nlp = make_nlp(threshold=0.1, overlap="nested", ents="length", max_depth=2)
    train(nlp, make_examples(nlp.vocab), updates=20)
    texts = [text for text, _ in SENTENCES] * 2
    one = [nlp(text) for text in texts]
    for batch_size in (1, 2, 100):
        many = list(nlp.pipe(texts, batch_size=batch_size))
        assert [spans_of(doc) for doc in one] == [spans_of(doc) for doc in many]
        assert [triples(doc.ents) for doc in one] == [triples(doc.ents) for doc in many]
    assert sum(len(doc.ents) for doc in one) > 5


def test_entities_are_a_flat_choice_of_the_spans_and_replace_those_before(trained):
    pipe = trained.get_pipe("nested_spancat")
    doc = words(trained, 0)
    doc.ents = [Span(doc, 0, 1, label="old")]
    assert triples(trained(doc).ents) == [(0, 1, "old")]  # null leaves them alone
    pipe.ents = "length"
    try:
        assert triples(trained(doc).ents) == [
            (1, 4, "DNA"),
            (6, 8, "protein"),
            (9, 10, "protein"),
        ]
        assert len(doc.spans["sc"]) == 5
        (none,) = trained.pipe([Doc(trained.vocab)])
        assert none.ents == ()
    finally:
        pipe.ents = None


def test_entities_by_probability_are_the_more_probable_ones():
    nlp = make_nlp(threshold=0.2, ents="probability")
    train(nlp, make_examples(nlp.vocab), updates=30)
    doc = nlp(words(nlp, 0))
    group = doc.spans["sc"]
    best = max(zip(group.attrs["scores"], triples(group)))[1]
    assert best in triples(doc.ents)
    assert set(triples(doc.ents)) < set(triples(group))
    assert nlp.get_pipe_meta("nested_spancat").assigns[:2] == ["doc.spans", "doc.ents"]


def test_silence_names_the_label_that_comes_closest_and_its_threshold():
    nlp = make_nlp(threshold=1.0, thresholds=[["cell", 0.99999]])
    examples = make_examples(nlp.vocab)
    nlp.initialize(lambda: examples)
    with pytest.warns(UserWarning, match=r"'cell'.* 0\.99999"):
        warn_of_no_prediction(nlp.get_pipe("nested_spancat"), examples)


def test_probability_comes_from_the_loss():
    nlp = make_nlp(loss={"@losses": "spacy_nested_ner.BinaryCrossEntropy.v1"}, threshold=0.0)
    examples = make_examples(nlp.vocab)
    train(nlp, examples, updates=5)
    doc = nlp(words(nlp, 4))
    pipe = nlp.get_pipe("nested_spancat")
    logits = pipe.model.predict([words(nlp, 4)]).dense()[0, 0]
    assert doc.spans["sc"].attrs["scores"] == pytest.approx(logits.sigmoid().numpy(), abs=1e-6)
    assert BinaryCrossEntropy.logit_scale == 1.0
