"""Several models as one: what each would be alone, and their mean."""

import numpy
import pytest
import spacy
import torch
from spacy.tokens import Doc

from spacy_nested_ner.losses import EMC
from spacy_nested_ner.model.bridge import scorer_slot
from spacy_nested_ner.model.grid import SpanGrid
from spacy_nested_ner.model.span_logits import SpanLogits
from spacy_nested_ner.targets import gold_cells
from tests.encoders import ENCODERS, make_pipeline
from tests.pipelines import SENTENCES, TINY_ENCODER, make_examples, make_nlp, spans_of, train

MEMBER = {"@architectures": "spacy_nested_ner.GlobalPointer.v1", "tok2vec": TINY_ENCODER}
WIDER = {**MEMBER, "tok2vec": {**TINY_ENCODER, "width": 40}}


def make_ensemble(*members, **settings):
    model = {
        "@architectures": "spacy_nested_ner.Ensemble.v1",
        "*": {f"member_{i}": member for i, member in enumerate(members)},
    }
    nlp = spacy.blank("en")
    nlp.add_pipe("nested_spancat", config={"model": model, **settings})
    return nlp


def texts(nlp):
    return [Doc(nlp.vocab, words=text.split()) for text, _ in SENTENCES]


@pytest.fixture(scope="module")
def trained():
    nlp = make_ensemble(MEMBER, WIDER, threshold=0.3)
    train(nlp, make_examples(nlp.vocab), updates=15)
    return nlp


@pytest.mark.parametrize("efficient", [False, True])
def test_logits_are_the_mean_of_those_of_the_members_in_one_piece_and_in_many(efficient):
    nlp = make_ensemble(*({**MEMBER, "efficient": efficient} for _ in range(3)))
    train(nlp, make_examples(nlp.vocab), updates=2)
    model, docs = nlp.get_pipe("nested_spancat").model, texts(nlp)
    each = [member.predict(docs).dense() for member in model.layers]
    assert not torch.allclose(each[0], each[1], atol=0.01)
    scores = model.predict(docs)
    mean = torch.stack(each).mean(0)
    torch.testing.assert_close(scores.dense(), mean)
    valid = scores.grid.valid
    in_pieces = torch.full_like(mean, numpy.nan)
    for row, column, band in scores.score_bands(400):
        n, w, _ = band.dense().shape
        in_pieces[row : row + n, column : column + w] = band.dense()
    torch.testing.assert_close(in_pieces[valid], mean[valid])


def test_a_member_gets_the_gradient_of_its_own_loss(trained):
    model = trained.get_pipe("nested_spancat").model
    examples = make_examples(trained.vocab)
    pipe = trained.get_pipe("nested_spancat")
    label_ids = {label: i for i, label in enumerate(pipe.labels)}

    def gradients():
        """Of the scorers' weights, which are set to zero."""
        found = []
        for member in model.layers:
            for parameter in scorer_slot(member.get_ref("head")).parameters():
                found.append(parameter.grad.clone())
                parameter.grad.zero_()
        return found

    docs = [eg.predicted for eg in examples]
    expected_loss = 0.0
    for member in model.layers:
        scores, backprop = member.begin_update(docs)
        gold = gold_cells(examples, scores.grid, label_ids, spans_key="sc")
        logits = scores.dense().requires_grad_()
        loss, _ = EMC()(logits, gold, scores.grid)
        (d_logits,) = torch.autograd.grad(loss, logits)
        backprop(d_logits[None])
        expected_loss += loss.item() / len(model.layers)
    alone = gradients()

    losses = pipe.update(examples)
    assert losses["nested_spancat"] == pytest.approx(expected_loss, rel=1e-6)
    assert losses["nested_spancat_emc"] == pytest.approx(expected_loss, rel=1e-6)
    together = gradients()
    assert len(together) == len(alone) > 0
    for one, other in zip(together, alone):
        torch.testing.assert_close(one, other)
        assert one.abs().sum() > 0


def test_an_ensemble_learns_the_exact_set_and_more_than_one_member_does(trained):
    nlp = make_ensemble(MEMBER, WIDER)
    train(nlp, make_examples(nlp.vocab), updates=120)
    for doc, (_, gold) in zip(texts(nlp), SENTENCES):
        assert sorted(spans_of(nlp(doc))) == sorted(gold)
    for member in nlp.get_pipe("nested_spancat").model.layers:
        logits = member.predict(texts(nlp))
        assert len(logits.above(torch.zeros(3))[0]) == sum(len(gold) for _, gold in SENTENCES)


def test_bytes_fill_an_ensemble_that_was_never_initialised(trained, tmp_path):
    expected = [spans_of(trained(doc)) for doc in texts(trained)]
    assert any(expected)
    never_initialised = make_ensemble(MEMBER, WIDER, threshold=0.3)
    never_initialised.from_bytes(trained.to_bytes())
    trained.to_disk(tmp_path)
    for nlp in (never_initialised, spacy.load(tmp_path)):
        assert [spans_of(nlp(doc)) for doc in texts(nlp)] == expected


@pytest.mark.parametrize("encoder", ENCODERS, ids=lambda encoder: encoder.__name__)
def test_members_stand_on_any_encoder_and_train_the_one_they_share(encoder, request):
    nlp = make_pipeline(encoder, request)
    config = nlp.get_pipe_config("nested_spancat")["model"]
    nlp.remove_pipe("nested_spancat")
    model = {
        "@architectures": "spacy_nested_ner.Ensemble.v1",
        "*": {"one": config, "other": config},
    }
    nlp.add_pipe("nested_spancat", config={"model": model})
    losses = train(nlp, make_examples(nlp.vocab), updates=40)
    assert losses[-1]["nested_spancat"] < 0.5 * losses[0]["nested_spancat"]


def test_the_widest_gold_span_is_that_of_every_member(trained):
    model = trained.get_pipe("nested_spancat").model
    assert [scorer_slot(m.get_ref("head")).max_width for m in model.layers] == [4, 4]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([MEMBER], "An ensemble of 1 is none"),
        ([MEMBER, {**MEMBER, "head_size": 32}], "score spans differently.*head_size=32"),
        (
            [
                MEMBER,
                {
                    "@architectures": "spacy_nested_ner.Ensemble.v1",
                    "*": {"one": MEMBER, "other": MEMBER},
                },
            ],
            "not a spacy_nested_ner.GlobalPointer.v1",
        ),
    ],
    ids=["one", "other options", "ensemble"],
)
def test_members_that_make_no_ensemble_are_refused(members, message):
    with pytest.raises(ValueError, match=message):
        make_ensemble(*members)


def test_logits_that_are_the_mean_of_none_are_their_own_only_member():
    S = torch.randn(4, 3, 2, generator=torch.Generator().manual_seed(0))
    scores = SpanLogits.from_dense(SpanGrid([4], max_width=3), S)
    assert torch.equal(scores.dense_members(), S[None])


def test_an_ensemble_of_twins_predicts_what_one_does():
    one = make_nlp()
    train(one, make_examples(one.vocab), updates=15)
    twins = make_ensemble(MEMBER, MEMBER)
    examples = make_examples(twins.vocab)
    twins.initialize(lambda: examples)
    for member in twins.get_pipe("nested_spancat").model.layers:
        member.from_bytes(one.get_pipe("nested_spancat").model.to_bytes())
    for a, b in zip(texts(one), texts(twins)):
        a, b = one(a), twins(b)
        assert spans_of(a) == spans_of(b)
        numpy.testing.assert_allclose(
            a.spans["sc"].attrs["scores"], b.spans["sc"].attrs["scores"], atol=1e-6
        )
