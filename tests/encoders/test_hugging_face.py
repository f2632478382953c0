"""The encoder over tiny models of nine architectures."""

from concurrent.futures import ThreadPoolExecutor

import numpy
import pytest
import spacy
import torch
from spacy.tokens import Doc
from spacy.util import registry
from thinc.api import Adam, fix_random_seed, set_dropout_rate

from spacy_nested_ner.encoders.hugging_face import arrange
from tests.transformer import KINDS, save_tiny_transformer

transformers = pytest.importorskip("transformers")
NLP = spacy.blank("en")
CPU = torch.device("cpu")
SHORT = ["Gene in bx binds, in-x.", "ZED", "the 'bx' (gene) in 5"]
TEXTS = [
    *SHORT,
    "",
    "\n\n",
    " a \n\n b ",
    "🙂 é 疾病",
    "שלום x עולם",
    "\u200b x \x07 \u0301",
    "binds " * 100,
    "in" * 300,
]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("encoders")
    return {kind: save_tiny_transformer(root / kind, kind) for kind in KINDS}


def build(folder, precision="float32", **settings):
    """In float32, unless a test asks for another type: "auto" rounds on some CPUs."""
    architecture = registry.architectures.get("spacy_nested_ner.HuggingFaceEncoder.v1")
    return architecture(folder, precision=precision, **settings)


def make_encoder(folder, **settings):
    encoder = build(folder, **settings)
    encoder.initialize()
    return encoder


def module_of(encoder):
    return encoder.shims[0].slot.built.module


def make_docs(texts=TEXTS):
    return [NLP.make_doc(text) for text in texts]


def plain_vectors(folder, doc, pooling):
    """Vectors of tokens from transformers alone, in a slow and obvious way."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    pieces = tokenizer(doc.text, return_offsets_mapping=True, return_tensors="pt")
    offsets = pieces.pop("offset_mapping")[0].tolist()
    # the tiny models take no types of tokens
    inputs = {name: pieces[name] for name in ("input_ids", "attention_mask")}
    with torch.no_grad():
        vectors = model(**inputs).last_hidden_state[0].numpy()
    rows = []
    for token in doc:
        span = token.idx, token.idx + len(token)
        own = [
            vectors[k]
            for k, (start, end) in enumerate(offsets)
            if max(start, span[0]) < min(end, span[1])
        ]
        rows.append(own[0] if pooling == "first" else numpy.mean(own, axis=0))
    return numpy.stack(rows)


@pytest.mark.parametrize("pooling", ["mean", "first"])
@pytest.mark.parametrize("kind", KINDS)
def test_short_texts_have_the_vectors_of_a_plain_forward_pass(folders, kind, pooling):
    encoder = make_encoder(folders[kind], pooling=pooling)
    docs = make_docs(SHORT)
    for doc, Y in zip(docs, encoder.predict(docs)):
        expected = plain_vectors(folders[kind], doc, pooling)
        numpy.testing.assert_allclose(Y, expected, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_every_token_has_a_vector_that_no_other_document_changes(folders, kind):
    encoder = make_encoder(folders[kind], max_batch=500)
    docs = make_docs()
    together = encoder.predict(docs)
    for i in reversed(range(len(docs))):
        assert together[i].shape == (len(docs[i]), 16)
        assert (abs(together[i]).max(axis=1) > 0).all()
        (alone,) = encoder.predict([docs[i]])
        numpy.testing.assert_allclose(together[i], alone, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_the_longest_window_is_what_the_encoder_takes(folders, kind):
    encoder = make_encoder(folders[kind])
    assert encoder.shims[0].slot.sizes_for(encoder.shims[0].slot.built) == (64, 16)
    with pytest.raises(ValueError, match=r"window=65 .* 64 "):
        make_encoder(folders[kind], window=65)


@pytest.mark.parametrize("kind", KINDS)
def test_all_weights_learn_and_bytes_keep_them(folders, kind):
    encoder = make_encoder(folders[kind])
    docs = make_docs()
    before = {k: w.detach().clone() for k, w in module_of(encoder).named_parameters()}
    Y, backprop = encoder.begin_update(docs)
    # not the sum, which a normalised vector does not change
    backprop([numpy.random.default_rng(0).normal(size=y.shape).astype("f") for y in Y])
    encoder.finish_update(Adam(0.01))
    moved = {
        name
        for name, weight in module_of(encoder).named_parameters()
        if not torch.equal(weight, before[name])
    }
    # the bias of a key changes all scores of a query alike
    unmoved = set(before) - moved
    assert all(name.endswith((".key.bias", ".k_lin.bias", ".k.bias")) for name in unmoved)
    other = build("no folder").from_bytes(encoder.to_bytes())
    for y, z in zip(encoder.predict(docs), other.predict(docs)):
        numpy.testing.assert_array_equal(y, z)


def test_gradients_are_those_of_a_plain_forward_pass(folders):
    encoder = make_encoder(folders["bert"])
    without_dropout(encoder)
    doc = make_docs()[0]
    (Y,), backprop = encoder.begin_update([doc])
    dY = numpy.random.default_rng(0).normal(size=Y.shape).astype("f")
    backprop([dY])
    plain = transformers.AutoModel.from_pretrained(folders["bert"], add_pooling_layer=False)
    inputs = encoder.shims[0].slot.built.tokenizer.encode(doc.text)
    own = encoder.shims[0].slot.built.tokenizer.encode(doc.text, add_special_tokens=False)
    vectors = plain.eval()(input_ids=torch.tensor([inputs.ids])).last_hidden_state[0, 1:-1]
    pooled = [
        vectors[
            [k for k, (start, end) in enumerate(own.offsets) if t.idx <= start < t.idx + len(t)]
        ]
        for t in doc
    ]
    torch.stack([pieces.mean(0) for pieces in pooled]).backward(torch.tensor(dY))
    for (name, weight), expected in zip(
        module_of(encoder).named_parameters(), plain.parameters(), strict=True
    ):
        torch.testing.assert_close(weight.grad, expected.grad, atol=1e-5, rtol=1e-4, msg=name)


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_of_several_batches_add_up(folders, kind):
    encoder = make_encoder(folders[kind], max_batch=64)
    without_dropout(encoder)
    docs = make_docs()
    n_batches = len(arrange(encoder.shims[0].slot, docs, torch.device("cpu")).batches)
    assert n_batches > 3
    random = numpy.random.default_rng(0)
    dY = [random.normal(size=y.shape).astype("f") for y in encoder.predict(docs)]
    expected = {name: 0.0 for name, _ in module_of(encoder).named_parameters()}
    for doc, d in zip(docs, dY):
        encoder.begin_update([doc])[1]([d])
        for name, weight in module_of(encoder).named_parameters():
            if weight.grad is not None:
                expected[name] += weight.grad.clone()
                weight.grad = None
    encoder.begin_update(docs)[1](dY)
    for name, weight in module_of(encoder).named_parameters():
        if weight.grad is None:
            assert not numpy.any(expected[name]), name
        else:
            assert not weight.grad.is_sparse
            torch.testing.assert_close(weight.grad, expected[name], atol=1e-4, rtol=1e-4)


def without_dropout(encoder):
    for module in module_of(encoder).modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        # attention of transformers 5 reads the rate itself
        for name in ("dropout_prob", "attention_dropout"):
            if isinstance(getattr(module, name, None), float):
                setattr(module, name, 0.0)


def test_a_mix_of_layers_begins_as_their_mean_and_learns(folders):
    encoder = make_encoder(folders["bert"], layers="mix", pooling="first")
    doc = make_docs(["a b"])[0]
    tokenizer = transformers.AutoTokenizer.from_pretrained(folders["bert"])
    plain = transformers.AutoModel.from_pretrained(folders["bert"]).eval()
    ids = tokenizer(doc.text, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        layers = plain(input_ids=ids, output_hidden_states=True).hidden_states
    assert len(layers) == 3
    expected = torch.stack(layers).mean(0)[0, 1:-1].numpy()
    numpy.testing.assert_allclose(encoder.predict([doc])[0], expected, atol=1e-5)
    (Y,), backprop = encoder.begin_update([doc])
    backprop([numpy.random.default_rng(0).normal(size=Y.shape).astype("f")])
    encoder.finish_update(Adam(0.01))
    assert len(set(encoder.shims[0].slot.mix.tolist())) > 1
    other = build("no folder", layers="mix", pooling="first").from_bytes(encoder.to_bytes())
    numpy.testing.assert_array_equal(other.predict([doc])[0], encoder.predict([doc])[0])


@pytest.mark.parametrize(
    ("kind", "settings", "frozen"),
    [
        ("bert", {"frozen_embeddings": True}, ("embeddings.word_embeddings",)),
        ("bert", {"frozen_layers": 1}, ("embeddings.", "encoder.layer.0.")),
        ("distilbert", {"frozen_layers": 1}, ("embeddings.", "transformer.layer.0.")),
        ("modernbert", {"frozen_layers": 1}, ("embeddings.", "layers.0.")),
        ("deberta-v2", {"frozen_layers": 1}, ("embeddings.", "encoder.layer.0.")),
        ("electra", {"frozen_layers": 1}, ("embeddings", "encoder.layer.0.")),
        ("albert", {"frozen_layers": 2}, ("",)),
        ("mpnet", {"frozen_layers": 2}, ("",)),
    ],
)
def test_frozen_weights_stay(folders, kind, settings, frozen):
    encoder = make_encoder(folders[kind], **settings)
    before = {k: w.detach().clone() for k, w in module_of(encoder).named_parameters()}
    for _ in range(2):
        Y, backprop = encoder.begin_update(make_docs())
        backprop([numpy.random.default_rng(0).normal(size=y.shape).astype("f") for y in Y])
        encoder.finish_update(Adam(0.01))
    for name, weight in module_of(encoder).named_parameters():
        if name.startswith(frozen):
            assert torch.equal(weight, before[name]), name
    moved = [
        k for k, w in module_of(encoder).named_parameters() if not torch.equal(w, before[k])
    ]
    assert bool(moved) == (frozen != ("",))


def test_training_has_the_dropout_of_the_encoder_and_prediction_none(folders):
    encoder = make_encoder(folders["bert"])
    # training.dropout of the config is for other layers
    set_dropout_rate(encoder, 0.9)
    docs = make_docs(SHORT)
    fix_random_seed(1)
    first, _ = encoder.begin_update(docs)
    predicted = encoder.predict(docs)
    second, _ = encoder.begin_update(docs)
    assert abs(first[0] - second[0]).max() > 1e-2
    assert abs(first[0] - predicted[0]).max() > 1e-2
    numpy.testing.assert_array_equal(predicted[0], encoder.predict(docs)[0])


def test_threads_predict_what_one_thread_does_while_another_one_trains(folders):
    encoder = make_encoder(folders["bert"])
    docs = make_docs()
    expected = encoder.predict(docs)

    def predict(seed):
        order = numpy.random.default_rng(seed).permutation(len(docs))
        return order, encoder.predict([docs[i] for i in order])

    with ThreadPoolExecutor(8) as pool:
        runs = [pool.submit(predict, seed) for seed in range(40)]
        runs_of_training = [pool.submit(encoder.begin_update, docs) for _ in range(8)]
        for run in runs:
            order, found = run.result()
            for i, Y in zip(order, found):
                numpy.testing.assert_allclose(Y, expected[i], atol=1e-5)
    for run in runs_of_training:
        assert abs(run.result()[0][0] - expected[0]).max() > 1e-3


IS_TORCH_2_4 = torch.__version__.startswith("2.4.")


@pytest.mark.parametrize(
    "kind",
    [
        "bert",
        pytest.param(
            "modernbert",
            marks=pytest.mark.skipif(
                IS_TORCH_2_4, reason="PyTorch 2.4 computes gradients that are not finite"
            ),
        ),
    ],
)
def test_bfloat16_is_close_and_follows_the_weights(folders, kind):
    exact = make_encoder(folders[kind], precision="float32")
    rounded = make_encoder(folders[kind], precision="bfloat16")
    docs = make_docs()
    for y, z in zip(exact.predict(docs), rounded.predict(docs)):
        assert z.dtype == numpy.float32
        assert cosine(y, z) > 0.998
    assert any(
        (y != z).any() for y, z in zip(exact.predict(docs), rounded.predict(docs)) if len(y)
    )
    before = rounded.predict(docs)[0]
    for encoder in (exact, rounded):
        without_dropout(encoder)
        Y, backprop = encoder.begin_update(docs)
        backprop([numpy.random.default_rng(0).normal(size=y.shape).astype("f") for y in Y])
        encoder.finish_update(Adam(0.01))
    assert module_of(rounded).get_input_embeddings().weight.dtype == torch.float32
    after = rounded.predict(docs)[0]
    assert abs(after - before).max() > 1e-2
    assert cosine(after, exact.predict(docs)[0]) > 0.99


def cosine(y, z):
    return (y * z).sum() / max(numpy.sqrt((y * y).sum() * (z * z).sum()), 1e-9) if y.size else 1


def test_gradient_checkpointing_computes_twice_for_the_same_gradients(folders):
    gradients, calls = [], []
    for checkpointing in (False, True):
        encoder = make_encoder(folders["bert"], gradient_checkpointing=checkpointing)
        query = encoder.shims[0].slot._form("training").encoder.layer[0].attention.self.query
        query.register_forward_hook(lambda *_: calls.append(checkpointing))  # noqa: B023
        fix_random_seed(3)
        Y, backprop = encoder.begin_update(make_docs(SHORT))
        n_batches = len(arrange(encoder.shims[0].slot, make_docs(SHORT), CPU).batches)
        backprop([numpy.ones_like(y) * y for y in Y])
        gradients.append([w.grad for w in module_of(encoder).parameters()])
    assert (calls.count(False), calls.count(True)) == (n_batches, 2 * n_batches)
    for plain, again in zip(*gradients):
        torch.testing.assert_close(plain, again, atol=1e-5, rtol=1e-4)


def test_window_overlap_and_largest_batch_are_those_of_the_config(folders):
    # 100 pieces: windows of 18 and two special tokens begin every 15 pieces
    docs = make_docs(["a " * 100])
    slot = make_encoder(folders["bert"], window=20, overlap=3, max_batch=50).shims[0].slot
    shapes = [tuple(ids.shape) for ids, _ in arrange(slot, docs, CPU).batches]
    assert sum(n for n, _ in shapes) == 7
    assert {length for _, length in shapes} == {20}
    assert max(n for n, _ in shapes) == 2


def test_an_encoder_without_gradient_checkpointing_says_so(folders):
    with pytest.raises(ValueError, match="gradient_checkpointing"):
        make_encoder(folders["mpnet"], gradient_checkpointing=True)


def test_documents_without_tokens_have_no_vectors_and_no_gradient(folders):
    encoder = make_encoder(folders["bert"])
    docs = [Doc(NLP.vocab), Doc(NLP.vocab)]
    assert [y.shape for y in encoder.predict(docs)] == [(0, 16)] * 2
    assert encoder.predict([]) == []
    Y, backprop = encoder.begin_update(docs)
    backprop(Y)
    assert all(w.grad is None for w in module_of(encoder).parameters())


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["bert", "roberta", "xlm-r"])
def test_a_token_of_50_000_characters_is_not_cut(folders, kind):
    encoder = make_encoder(folders[kind])
    docs = make_docs(["in" * 25_000, "in" * 24_000 + "bx" * 1_000])
    Y, Z = encoder.predict(docs)
    assert len(Y) == len(Z) == 1
    assert abs(Y).max() > 0
    # BERT's tokenizer makes one unknown piece of a word of more than 100 characters
    assert (abs(Y - Z).max() > 1e-4) == (kind != "bert")


@pytest.mark.parametrize(
    "settings",
    [
        {"window": 0},
        {"overlap": -1},
        {"window": 10, "overlap": 8},
        {"frozen_layers": -1},
        {"frozen_layers": 3},
        {"max_batch": 0},
        {"precision": "float16"},
    ],
)
def test_settings_that_do_not_fit_are_refused(folders, settings):
    if torch.cuda.is_available() and "precision" in settings:
        pytest.skip("float16 fits here")
    name, value = list(settings.items())[-1]
    with pytest.raises(ValueError, match=f'{name}="?{value}'):
        make_encoder(folders["bert"], **settings)


def test_layers_that_share_their_weights_cannot_be_frozen_one_by_one(folders):
    with pytest.raises(ValueError, match="frozen_layers=1"):
        make_encoder(folders["albert"], frozen_layers=1)


def test_initialising_again_keeps_what_was_learnt(folders):
    encoder = make_encoder(folders["bert"])
    next(iter(module_of(encoder).parameters())).data += 1.0
    before = encoder.predict(make_docs())[0]
    encoder.initialize()
    numpy.testing.assert_array_equal(encoder.predict(make_docs())[0], before)
