"""The losses and the layer that only experiments use."""

import math

import numpy
import pytest
import spacy
import torch
from thinc.api import fix_random_seed, registry

from benchmarks.controls import build_linear_cross_entropy, make_eiou, make_scaled
from benchmarks.near_misses import (
    Contrast,
    MarginEMC,
    Mixed,
    SoftBinaryCrossEntropy,
    SoftEMC,
    near_misses,
)
from spacy_nested_ner.encoders.pretrained import encoder_shims
from spacy_nested_ner.losses.competing_spans import span_cost
from spacy_nested_ner.losses.span_losses import (
    EMC,
    BinaryCrossEntropy,
    EIoU,
    EIoUEMC,
)
from spacy_nested_ner.model.grid import SpanGrid
from tests.pipelines import TINY_ENCODER, make_examples, make_nlp

LENGTHS, WIDTH, LABELS = (5, 3), 4, 2
GRID = SpanGrid(LENGTHS, max_width=WIDTH)
# in the second document two gold spans of one label overlap
GOLD = torch.tensor([[1, 1, 0], [0, 3, 0], [3, 0, 1], [5, 1, 0], [6, 1, 0]])


@pytest.fixture
def logits():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(8, WIDTH, LABELS, dtype=torch.float64, generator=generator)


def reference(S, *, margin=0.0, softness=0.0):
    """Cell by cell."""
    total = 0.0
    for offset, n in zip((0, 5), LENGTHS):
        for label in range(LABELS):
            golds = [
                (r, r + c)
                for r, c, a in GOLD.tolist()
                if a == label and offset <= r < offset + n
            ]
            negative, positive = [1.0], [1.0]
            for s in range(offset, offset + n):
                for e in range(s, min(offset + n, s + WIDTH)):
                    x = float(S[s, e - s, label])
                    shares = [
                        (min(e, b) - max(s, a) + 1) / (max(e, b) - min(s, a) + 1)
                        for a, b in golds
                    ]
                    iou = max([0.0, *shares])
                    if (s, e) in golds:
                        positive.append(math.exp(-x))
                        continue
                    t = softness * iou
                    negative.append((1 - t) * math.exp(x + margin * iou))
                    positive.append(t * math.exp(-x))
            total += math.log(sum(negative)) + math.log(sum(positive))
    return total / (len(LENGTHS) * LABELS)


@pytest.mark.parametrize(
    ("loss", "options"),
    [
        (EMC(), {}),
        (MarginEMC(1.5), {"margin": 1.5}),
        (MarginEMC(-1.0), {"margin": -1.0}),
        (SoftEMC(0.3), {"softness": 0.3}),
    ],
)
def test_losses_that_know_near_misses_are_their_formulas(loss, options, logits):
    assert float(loss(logits, GOLD, GRID)[0]) == pytest.approx(reference(logits, **options))


def test_soft_cross_entropy_is_that_of_targets_in_proportion_to_the_overlap(logits):
    target = torch.zeros_like(logits)
    for cell, iou in zip(*near_misses(GOLD, GRID)):
        target[tuple(cell)] = 0.3 * iou
    target[tuple(GOLD.unbind(1))] = 1.0
    cell = torch.nn.functional.binary_cross_entropy_with_logits(
        logits, target, weight=GRID.valid[..., None].double(), reduction="sum"
    )
    loss, _ = SoftBinaryCrossEntropy(0.3)(logits, GOLD, GRID)
    assert float(loss) == pytest.approx(float(cell) / (2 * LABELS))


@pytest.mark.parametrize(
    "loss", [MarginEMC(1.5), SoftEMC(0.3), SoftBinaryCrossEntropy(0.3), Contrast()]
)
def test_their_gradients_are_right(loss, logits):
    S = logits.requires_grad_()
    assert torch.autograd.gradcheck(lambda S: loss(S, GOLD, GRID)[0], (S,))


@pytest.mark.parametrize("loss", [MarginEMC(1.5), SoftEMC(0.3)])
def test_without_gold_they_are_emc(loss, logits):
    none = GOLD[:0]
    assert torch.equal(loss(logits, none, GRID)[0], EMC()(logits, none, GRID)[0])


def test_a_near_miss_takes_the_gold_span_that_it_has_most_of():
    cells, iou = near_misses(GOLD, GRID)
    found = {tuple(cell): float(x) for cell, x in zip(cells.tolist(), iou)}
    assert found[5, 2, 0] == pytest.approx(2 / 3)
    assert found[6, 0, 0] == pytest.approx(1 / 2)
    assert (5, 1, 0) not in found  # gold
    assert (3, 2, 1) not in found  # over the end of its document


def test_contrast_is_the_surprise_at_gold_among_its_neighbours(logits):
    expected = []
    for row, column, label in GOLD.tolist():
        offset, n = (0, 5) if row < 5 else (5, 3)
        golds = [
            (r, r + c) for r, c, a in GOLD.tolist() if a == label and offset <= r < offset + n
        ]
        here = (row, row + column)
        neighbours = [
            float(logits[s, e - s, label])
            for s in range(offset, offset + n)
            for e in range(s, min(offset + n, s + WIDTH))
            if is_nearest(here, (s, e), golds)
        ]
        total = sum(math.exp(x) for x in neighbours)
        expected.append(math.log(total) - float(logits[row, column, label]))
    loss, parts = Contrast()(logits, GOLD, GRID)
    assert float(loss) == pytest.approx(sum(expected) / len(expected))
    assert parts["contrast"] == loss


def is_nearest(here, span, golds):
    """Whether no gold span that overlaps has a lower `losses.span_cost` than this one."""
    costs = {
        gold: float(span_cost(*map(torch.tensor, (*span, *gold)), geometry="length"))
        for gold in golds
        if span[0] <= gold[1] and span[1] >= gold[0]
    }
    return here in costs and costs[here] == min(costs.values())


def test_a_mixture_is_what_it_is_made_of(logits):
    mixed = Mixed(0.4, EIoU(), BinaryCrossEntropy())
    parts = [float(loss(logits, GOLD, GRID)[0]) for loss in (EIoU(), BinaryCrossEntropy())]
    loss, named = mixed(logits, GOLD, GRID)
    assert float(loss) == pytest.approx(0.4 * parts[0] + 0.6 * parts[1])
    assert set(named) == {"eiou", "bce"}
    assert mixed.logit_scale == BinaryCrossEntropy.logit_scale
    same = Mixed(0.4, EIoU(), EMC())(logits, GOLD, GRID)[0]
    assert torch.allclose(same, EIoUEMC(beta=0.4)(logits, GOLD, GRID)[0])


def test_the_control_is_the_loss_times_its_factor(logits):
    scaled = make_scaled(EMC(), 0.3)
    assert torch.equal(scaled(logits, GOLD, GRID)[0], 0.3 * EMC()(logits, GOLD, GRID)[0])
    assert scaled.logit_scale == EMC.logit_scale


def test_the_boundary_term_alone_is_what_eiou_emc_adds(logits):
    both, _ = EIoUEMC(beta=0.4)(logits, GOLD, GRID)
    eiou, _ = make_eiou()(logits, GOLD, GRID)
    emc, _ = EMC()(logits, GOLD, GRID)
    assert torch.allclose(both, 0.4 * eiou + 0.6 * emc)


def test_cross_entropy_reaches_the_logits_as_p_minus_y():
    fix_random_seed(0)
    X, Y = numpy.zeros((2, 3), dtype="f"), numpy.zeros((2, 2), dtype="f")
    layer = build_linear_cross_entropy().initialize(X=X, Y=Y)
    linear = layer.layers[0]
    X[:] = [[40, 0, 1], [0, -40, 1]]  # far out, where the squared error has no gradient
    Y[:] = [[0, 1], [1, 0]]
    p, backprop = layer(X, is_train=True)
    logits = X @ linear.get_param("W").T + linear.get_param("b")
    assert p == pytest.approx(1 / (1 + numpy.exp(-logits)), rel=1e-4)
    backprop(p - Y)
    assert linear.get_grad("W") == pytest.approx((p - Y).T @ X, rel=1e-5)


SCALED = {
    "scaled_spancat": {
        "model": {
            "@architectures": "spacy.SpanCategorizer.v1",
            "tok2vec": TINY_ENCODER,
            "reducer": {"@layers": "spacy.mean_max_reducer.v1", "hidden_size": 8},
            "scorer": {"@layers": "spacy.LinearLogistic.v1"},
        },
        "suggester": {"@misc": "spacy.ngram_suggester.v1", "sizes": [1, 2, 3]},
        "scorer": None,
    },
    "scaled_span_finder": {
        "model": {
            "@architectures": "spacy.SpanFinder.v1",
            "tok2vec": TINY_ENCODER,
            "scorer": {"@layers": "spacy.LinearLogistic.v1", "nO": 2},
        },
        "max_length": None,
    },
}


@pytest.mark.parametrize("factory", SCALED)
def test_a_scaled_pipe_of_spacy_learns_at_its_own_rate(factory):
    nlp = spacy.blank("en")
    settings = {"spans_key": "sc", "threshold": 0.5, "learn_rate_scale": 5.0}
    pipe = nlp.add_pipe(factory, config={**SCALED[factory], **settings})
    examples = make_examples(nlp.vocab)
    nlp.initialize(lambda: examples)
    nlp.update(examples, sgd=False)
    scales = []

    def optimizer(key, weights, gradient, *, lr_scale=1.0):
        scales.append(lr_scale)
        return weights, gradient

    pipe.finish_update(optimizer)
    assert set(scales) == {5.0}


def test_layer_decay_slows_down_each_lower_layer(tiny_transformer):
    tok2vec = {
        "@architectures": "spacy_nested_ner.HuggingFaceEncoder.v1",
        "name": tiny_transformer,
        "precision": "float32",
    }
    nlp = make_nlp(model={"tok2vec": tok2vec})
    examples = make_examples(nlp.vocab)
    nlp.initialize(lambda: examples)
    (slot,) = (shim.slot for shim in encoder_shims(nlp.get_pipe("nested_spancat").model))
    before = {name: weight.detach().clone() for name, weight in slot.named_parameters()}
    make = registry.optimizers.get("benchmarks.LayerDecay.v1")
    adam = {"learn_rate": 0.001, "beta1": 0.9, "beta2": 0.999, "L2": 0.0, "grad_clip": 0.0}
    adam.update(L2_is_weight_decay=True, use_averages=False, eps=1e-8)
    nlp.update(examples, sgd=make(**adam, decay=0.5, layers=slot.built.n_layers))
    # the first step of Adam is the learn rate wherever there is a gradient
    steps = {
        name: float((weight.detach() - before[name]).abs().max())
        for name, weight in slot.named_parameters()
    }
    names = ("layer.1.output.dense.bias", "layer.0.output.dense.bias", "word_embeddings.weight")
    for name, expected in zip(names, (0.0005, 0.00025, 0.000125)):
        (step,) = (step for full, step in steps.items() if full.endswith(name))
        assert step == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("losses", "benchmarks.Scaled.v1"),
        ("losses", "benchmarks.EIoU.v1"),
        ("losses", "benchmarks.MarginEMC.v1"),
        ("losses", "benchmarks.SoftEMC.v1"),
        ("losses", "benchmarks.SoftBinaryCrossEntropy.v1"),
        ("losses", "benchmarks.Contrast.v1"),
        ("losses", "benchmarks.Mixed.v1"),
        ("layers", "benchmarks.LinearCrossEntropy.v1"),
        ("optimizers", "benchmarks.LayerDecay.v1"),
    ],
)
def test_the_names_in_the_experiments_are_registered(kind, name):
    assert callable(registry.get(kind, name))
