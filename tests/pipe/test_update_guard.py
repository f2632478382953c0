"""An update that is not finite changes nothing, and many of them end the training."""

import logging
import math
from dataclasses import dataclass
from io import StringIO

import numpy
import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span
from spacy.training import Example
from spacy.training.initialize import init_nlp
from spacy.training.loop import train as train_nlp
from spacy.util import registry
from thinc.api import Model, fix_random_seed

from spacy_nested_ner.model.bridge import scorer_slot
from spacy_nested_ner.model.finite import find_non_finite_weight
from spacy_nested_ner.pipe.saved_pipe import SavedPipe
from spacy_nested_ner.user_error import UserError
from tests.pipelines import SENTENCES, TINY_ENCODER, make_examples, spans_of

# documents with this word have vectors, or gradients of weights, that are not finite
FORWARD, BACKWARD = "forward", "backward"


@registry.architectures("tests.PoisonedEncoder.v1")
def build_poisoned_encoder() -> Model:
    resolved = registry.resolve({"model": TINY_ENCODER})["model"]
    return Model("poisoned", _forward, init=_init, layers=[resolved], dims={"nO": 32})


def _init(model, X=None, Y=None):
    model.layers[0].initialize(X=X)


def _forward(model, docs, is_train):
    Y, backprop = model.layers[0](docs, is_train)
    Y = [y.copy() for y in Y]
    for doc, y in zip(docs, Y):
        if any(token.text == FORWARD for token in doc):
            y[0] = numpy.nan

    def poisoned_backprop(dY):
        dX = backprop(dY)
        if any(token.text == BACKWARD for doc in docs for token in doc):
            node = next(node for node in model.walk() if node.has_grad("W"))
            node.get_grad("W")[:] = numpy.inf
        return dX

    return Y, poisoned_backprop


def make_poisoned_nlp(*, shared: bool = False, **model):
    fix_random_seed(0)
    nlp = spacy.blank("en")
    tok2vec = {"@architectures": "tests.PoisonedEncoder.v1"}
    if shared:
        nlp.add_pipe("tok2vec", config={"model": tok2vec})
        tok2vec = {"@architectures": "spacy.Tok2VecListener.v1", "width": 32}
    scorer = {"@architectures": "spacy_nested_ner.GlobalPointer.v1", "tok2vec": tok2vec}
    nlp.add_pipe("nested_spancat", config={"model": {**scorer, **model}})
    optimizer = nlp.initialize(lambda: make_examples(nlp.vocab))
    return nlp, optimizer


def make_bad_example(nlp, word, id=None):
    words = ["the", word, "ZED", "gene"]
    reference = Doc(nlp.vocab, words=words)
    reference.spans["sc"] = [Span(reference, 2, 4, label="DNA")]
    if id is not None:
        reference.user_data["id"] = id
    return Example(Doc(nlp.vocab, words=words), reference)


def step(nlp, optimizer, *batches):
    """One update as in `spacy train`, with the gradients of some batches."""
    losses = {}
    for batch in batches:
        nlp.update(batch, sgd=False, losses=losses)
    for _, pipe in nlp.pipeline:
        pipe.finish_update(optimizer)
    return losses


def state_of(nlp, optimizer):
    models = [pipe.model.to_bytes() for _, pipe in nlp.pipeline]
    tables = optimizer.mom1, optimizer.mom2, optimizer.averages or {}
    arrays = [{key: array.tobytes() for key, array in table.items()} for table in tables]
    return models, arrays, dict(optimizer.nr_update)


@dataclass
class BrokenLoss:
    loss: object
    value: float

    def __call__(self, logits, gold, grid, **options):
        loss, parts = self.loss(logits, gold, grid, **options)
        return loss * self.value, parts


@pytest.mark.parametrize("shared", [False, True], ids=["inline", "shared"])
@pytest.mark.parametrize("efficient", [False, True], ids=["plain", "efficient"])
@pytest.mark.parametrize("where", [FORWARD, BACKWARD, "loss", "weights"])
def test_an_update_that_is_not_finite_changes_neither_weights_nor_optimizer(
    shared, efficient, where
):
    nlp, optimizer = make_poisoned_nlp(shared=shared, efficient=efficient)
    pipe = nlp.get_pipe("nested_spancat")
    good = make_examples(nlp.vocab)
    step(nlp, optimizer, good)  # there are moments, and gradients of zero
    batch = good
    if where in (FORWARD, BACKWARD):
        batch = [*good, make_bad_example(nlp, where)]
    elif where == "loss":
        pipe.loss = BrokenLoss(pipe.loss, math.inf)
    else:
        model = nlp.get_pipe("tok2vec" if shared else "nested_spancat").model
        node = next(node for node in model.walk() if node.name == "hashembed")
        node.get_param("E")[:] = numpy.nan
    before = state_of(nlp, optimizer)
    losses = step(nlp, optimizer, batch)
    assert state_of(nlp, optimizer) == before
    assert losses["nested_spancat"] == 0.0
    assert all(map(math.isfinite, losses.values()))
    if where != "weights":
        pipe.loss = getattr(pipe.loss, "loss", pipe.loss)
        assert step(nlp, optimizer, good)["nested_spancat"] > 0.0
        assert state_of(nlp, optimizer) != before


def test_nlp_update_with_an_optimizer_skips_it_as_well():
    nlp, optimizer = make_poisoned_nlp()
    good = make_examples(nlp.vocab)
    nlp.update(good, sgd=optimizer)
    before = state_of(nlp, optimizer)
    nlp.update([make_bad_example(nlp, FORWARD)], sgd=optimizer)
    assert state_of(nlp, optimizer) == before
    nlp.update(good, sgd=optimizer)
    assert state_of(nlp, optimizer) != before


@pytest.mark.parametrize("order", [0, 1])
def test_the_good_batches_of_an_accumulated_gradient_count(order):
    nlp, optimizer = make_poisoned_nlp(shared=True)
    good, bad = make_examples(nlp.vocab), [make_bad_example(nlp, FORWARD)]
    step(nlp, optimizer, *((good, bad), (bad, good))[order])
    both, _, n_updates = state_of(nlp, optimizer)
    assert n_updates
    nlp, optimizer = make_poisoned_nlp(shared=True)
    untrained, *_ = state_of(nlp, optimizer)
    step(nlp, optimizer, good)
    alone, *_ = state_of(nlp, optimizer)
    assert both == alone != untrained


def test_the_guilty_documents_are_named(caplog):
    caplog.set_level(logging.WARNING, logger="spacy")
    nlp, optimizer = make_poisoned_nlp()
    bad = [make_bad_example(nlp, FORWARD, "report-7"), make_bad_example(nlp, FORWARD)]
    step(nlp, optimizer, [*make_examples(nlp.vocab), *bad])
    (record,) = caplog.records
    message = record.getMessage()
    assert "'report-7'" in message
    assert f"'the {FORWARD} ZED gene'" in message
    assert "nothing of interest" not in message


@pytest.mark.parametrize("where", [FORWARD, BACKWARD])
def test_ten_in_a_row_end_the_training_and_nine_do_not(where):
    nlp, optimizer = make_poisoned_nlp()
    good, bad = make_examples(nlp.vocab), [make_bad_example(nlp, where, "report-7")]
    for _ in range(2):
        for _ in range(9):
            step(nlp, optimizer, bad)
        step(nlp, optimizer, good)
    for _ in range(9):
        step(nlp, optimizer, bad)
    with pytest.raises(UserError, match="report-7"):
        step(nlp, optimizer, bad)


def write_corpus(folder, nlp):
    docs = [eg.reference for eg in make_examples(nlp.vocab)]
    DocBin(docs=docs, store_user_data=True).to_disk(folder / "dev.spacy")
    bad = make_bad_example(nlp, BACKWARD, "report-7").reference
    DocBin(docs=[*docs, bad], store_user_data=True).to_disk(folder / "train.spacy")


def make_training(folder, nlp):
    """As `spacy train` prepares it."""
    config = nlp.config.copy()
    config["paths"].update({part: str(folder / f"{part}.spacy") for part in ("train", "dev")})
    config["training"].update(max_steps=60, eval_frequency=20, patience=0, gpu_allocator=None)
    config["training"]["batcher"] = {"@batchers": "spacy.batch_by_sequence.v1", "size": 1}
    (folder / "out").mkdir()
    return init_nlp(config)


@pytest.mark.slow
def test_spacy_train_goes_on_without_a_bad_document(tmp_path, caplog):
    caplog.set_level(logging.WARNING, logger="spacy")
    nlp, _ = make_poisoned_nlp(shared=True)
    write_corpus(tmp_path, nlp)
    nlp, _ = train_nlp(make_training(tmp_path, nlp), tmp_path / "out", stdout=StringIO())
    skipped = [x.getMessage() for x in caplog.records if "report-7" in x.getMessage()]
    assert len(skipped) == 10  # one in each of ten epochs of six documents
    loaded = spacy.load(tmp_path / "out" / "model-last")
    doc = loaded(Doc(loaded.vocab, words=SENTENCES[0][0].split()))
    assert spans_of(doc)


@pytest.mark.slow
def test_spacy_train_that_ends_leaves_good_weights_on_disk(tmp_path):
    nlp, _ = make_poisoned_nlp()
    write_corpus(tmp_path, nlp)
    nlp = make_training(tmp_path, nlp)
    pipe = nlp.get_pipe("nested_spancat")
    n_updates = 0

    def finish_update(sgd, update=pipe.finish_update):
        nonlocal n_updates
        n_updates += 1
        if n_updates == 30:  # between the second and the third evaluation
            node = next(node for node in pipe.model.walk() if node.has_param("W"))
            node.get_param("W")[:] = numpy.nan
        update(sgd)

    pipe.finish_update = finish_update
    with pytest.raises(UserError):
        train_nlp(nlp, tmp_path / "out", stdout=StringIO())
    assert n_updates == 39
    for name in ("model-last", "model-best"):
        model = spacy.load(tmp_path / "out" / name).get_pipe("nested_spancat").model
        assert find_non_finite_weight(model) is None


def test_without_the_guard_the_weights_would_not_be_finite():
    nlp, optimizer = make_poisoned_nlp()
    pipe = nlp.get_pipe("nested_spancat")
    example = make_bad_example(nlp, BACKWARD)
    scores, backprop = pipe.model.begin_update([example.predicted])
    backprop(pipe.get_loss([example], scores)[1])
    pipe.model.finish_update(optimizer)
    assert find_non_finite_weight(pipe.model)


def test_prediction_refuses_a_document_and_names_it():
    nlp, optimizer = make_poisoned_nlp()
    step(nlp, optimizer, make_examples(nlp.vocab))
    docs = [Doc(nlp.vocab, words=words) for words in (["ZED"], [FORWARD, "ZED"], ["gene"])]
    with pytest.raises(UserError, match=FORWARD):
        nlp.get_pipe("nested_spancat").predict(docs)
    assert nlp.get_pipe("nested_spancat").predict(docs[::2])


@pytest.mark.parametrize("value", [numpy.nan, numpy.inf])
@pytest.mark.parametrize("efficient", [False, True], ids=["plain", "efficient"])
def test_prediction_refuses_weights_of_the_scorer(efficient, value):
    nlp, _ = make_poisoned_nlp(efficient=efficient)
    pipe = nlp.get_pipe("nested_spancat")
    layer = "label_bias" if efficient else "projection"
    scorer = scorer_slot(pipe.model.get_ref("head")).built
    getattr(scorer, layer).bias.data[0] = value
    with pytest.raises(UserError):
        nlp("the BRX gene promoter")


@pytest.mark.parametrize("shared", [False, True], ids=["inline", "shared"])
@pytest.mark.parametrize("in_encoder", [False, True])
def test_weights_that_are_not_finite_are_neither_saved_nor_loaded(
    tmp_path, monkeypatch, shared, in_encoder
):
    nlp, _ = make_poisoned_nlp(shared=shared)
    pipe = nlp.get_pipe("nested_spancat")
    nlp.to_disk(tmp_path / "good")
    if in_encoder:
        model = nlp.get_pipe("tok2vec").model if shared else pipe.model
        # a row that no document of the tests uses may be the only one
        node = next(node for node in model.walk() if node.name == "hashembed")
        node.get_param("E")[-1, -1] = numpy.inf
    else:
        scorer_slot(pipe.model.get_ref("head")).built.projection.bias.data[-1] = numpy.nan
    before = (tmp_path / "good" / "nested_spancat" / "model").read_bytes()
    for save in (lambda: nlp.to_disk(tmp_path / "good"), nlp.to_bytes):
        with pytest.raises(UserError):
            save()
    assert (tmp_path / "good" / "nested_spancat" / "model").read_bytes() == before
    monkeypatch.setattr(SavedPipe, "_check_weights", lambda self: None)
    nlp.to_disk(tmp_path / "bad")
    saved = nlp.to_bytes()
    monkeypatch.undo()
    with pytest.raises(UserError):
        spacy.load(tmp_path / "bad")
    with pytest.raises(UserError):
        make_poisoned_nlp(shared=shared)[0].from_bytes(saved)
