"""On a CUDA device: what the CPU says. Run with `python -m pytest -m gpu`."""

import pytest
import spacy
import torch
from spacy.util import registry
from thinc.api import use_ops

from spacy_nested_ner.losses.span_losses import EMC, BinaryCrossEntropy, EIoUEMC
from spacy_nested_ner.model.global_pointer import GlobalPointer
from spacy_nested_ner.model.grid import SpanGrid
from spacy_nested_ner.model.span_logits import SpanLogits

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here"),
]

LENGTHS = [40, 0, 25, 1]
GOLD = torch.tensor([[3, 4, 0], [3, 2, 0], [41, 0, 1], [65, 0, 2]])


def loss_and_gradients(device: str, efficient: bool, loss):
    torch.manual_seed(0)
    scorer = GlobalPointer(24, 3, head_size=16, efficient=efficient).to(device)
    X = torch.randn(sum(LENGTHS), 24).to(device).requires_grad_()
    grid = SpanGrid(LENGTHS, max_width=12, device=torch.device(device))
    logits = scorer(X, grid)
    value, _ = loss(logits, GOLD.to(device), grid)
    gradients = torch.autograd.grad(value, [X, *scorer.parameters()])
    return [x.detach().cpu() for x in (logits[grid.valid], value, *gradients)]


@pytest.mark.parametrize("loss", [EMC(), BinaryCrossEntropy(2.0), EIoUEMC(0.5)], ids=str)
@pytest.mark.parametrize("efficient", [False, True])
def test_scores_loss_and_gradients_agree_with_the_cpu(efficient, loss):
    on_cpu, on_gpu = (loss_and_gradients(d, efficient, loss) for d in ("cpu", "cuda"))
    for expected, found in zip(on_cpu, on_gpu):
        torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_the_same_spans_survive_the_threshold():
    S = torch.randn(66, 12, 3, generator=torch.Generator().manual_seed(0))
    found = []
    for device in ("cpu", "cuda"):
        grid = SpanGrid(LENGTHS, max_width=12, device=torch.device(device))
        scores = SpanLogits.from_dense(grid, S.to(device))
        cells, _ = scores.above(torch.zeros(3, device=device))
        found.append(sorted(cells.tolist()))
    assert found[0] == found[1]
    assert found[0]


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_a_pretrained_encoder_predicts_and_learns_like_on_the_cpu(tiny_transformer, precision):
    """Autocast rounds, so the lower precisions are close, not equal."""
    docs = [spacy.blank("en").make_doc(text) for text in ("a gene in bx", "", "binds " * 400)]
    vectors, gradients = [], []
    for device in ("cpu", "cuda"):
        with use_ops("numpy" if device == "cpu" else "cupy"):
            encoder = registry.architectures.get("spacy_nested_ner.HuggingFaceEncoder.v1")(
                tiny_transformer, precision="float32" if device == "cpu" else precision
            )
            encoder.initialize()
            vectors.append([encoder.ops.to_numpy(y) for y in encoder.predict(docs)])
            Y, backprop = encoder.begin_update(docs)
            backprop(Y)
            module = encoder.shims[0].slot.built.module
            gradients.append([weight.grad for weight in module.parameters()])
    exact = precision == "float32"
    for expected, found in zip(*vectors):
        assert found.dtype == expected.dtype
        assert found == pytest.approx(expected, abs=1e-4 if exact else 0.1)
    assert all(grad.isfinite().all() for grad in gradients[1] if grad is not None)
